"""What the evaluation does: launch judging, move runs on, queue, claim and record completions."""
