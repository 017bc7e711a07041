"""Selectors of judging imported items."""
