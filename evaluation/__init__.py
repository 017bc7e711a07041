"""Questions, runs, completions, responses and judgments. Knows nothing of people labelling."""

__version__ = "0.1.0"
