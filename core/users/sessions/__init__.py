"""Sessions: where they are kept, how long they last, how they end."""
