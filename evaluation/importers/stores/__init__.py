"""Checked values into the database; what is there already is found again."""
