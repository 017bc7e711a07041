"""What is read here. Nothing writes."""
