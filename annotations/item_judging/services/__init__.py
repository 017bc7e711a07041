"""Services of judging imported items."""
