"""Files into campaigns."""
