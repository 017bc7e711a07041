"""Forms of labelling, by subject."""
