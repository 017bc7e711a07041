"""What waits for a person: on the home page and over REST."""
