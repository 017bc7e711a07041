"""Pages of the evaluation, for staff."""
