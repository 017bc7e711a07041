"""How many labels are needed, and which come next."""
