"""Texts: differences of words, what is unseen in them, JSON, cells of spreadsheets, uploads."""
