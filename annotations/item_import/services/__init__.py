"""What is done here, in transactions."""
