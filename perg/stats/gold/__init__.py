"""Gold labels from votes: majority, Dawid-Skene, MACE, and which items go in."""
