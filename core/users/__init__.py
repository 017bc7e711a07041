"""People: how they log in, what acts for them, and who administers them."""
