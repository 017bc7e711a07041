"""What an item needs next: generation, judging, and moving a run on."""
