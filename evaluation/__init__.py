"""Questions, runs, completions, responses and judgments. Knows nothing of people labelling."""

from perg import __version__

__all__ = ["__version__"]
