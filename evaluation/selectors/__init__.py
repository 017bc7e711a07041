"""Reading the evaluation's tables. Nothing here writes."""
