"""What a rater sees of an item, as safe HTML: texts, code, JSON, chats and traces, whatever stands in them."""
