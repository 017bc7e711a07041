"""The REST API as a whole: authentication, limits, and its schema."""
