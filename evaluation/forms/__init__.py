"""Forms of the evaluation's pages."""
