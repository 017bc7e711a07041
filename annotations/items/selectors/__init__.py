"""Imported items by their ratings, and what a page shows of each."""
