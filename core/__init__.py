"""Ground floor of the server: it knows no question, no run and no campaign."""
