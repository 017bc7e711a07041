"""Texts that are made to be slow to read, and everything that reads texts of models, users or files."""
