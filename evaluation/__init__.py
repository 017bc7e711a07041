"""Questions, runs, completions, responses and judgments. Knows nothing of people labelling."""
