"""Campaigns, tasks, labels, agreement and gold: what people add to the evaluation's responses."""
