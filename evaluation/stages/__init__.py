"""What to ask next and how to read the reply. Pure: no Django, no network."""
