"""Tables and figures of the evaluation as files."""
