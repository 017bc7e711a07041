"""Views of judging imported items."""
