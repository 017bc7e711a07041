"""Imported items as raters see them, with the ratings that they have: from a number to the items behind it."""
