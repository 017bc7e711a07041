"""Reading the tables of labelling, by subject. Nothing here writes."""
