"""The quality of people who label, and how far they agree."""
