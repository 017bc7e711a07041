"""The validation report: all of it at once, with its definitions."""
