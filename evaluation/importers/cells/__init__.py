"""What a single cell says: nested values, answers, the parts of a question."""
