"""Keys of endpoints: which environment variables may hold one, where it may be sent, and how it stays secret."""
