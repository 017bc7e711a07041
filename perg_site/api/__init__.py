"""The REST API as a whole: who asks, how often, and what it says of itself."""
