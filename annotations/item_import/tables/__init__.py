"""What a table of items and ratings holds, and what becomes of it: pure functions, no database."""
