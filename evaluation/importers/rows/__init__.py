"""Rows as checked values, in whichever layout a file has them. No database."""
