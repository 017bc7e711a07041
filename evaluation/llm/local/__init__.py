"""A model in the worker's own process, by way of torch and transformers.

Both are imported where they are used, never at the top of a module: the web process and workers without a GPU import
this package and do without them.
"""

from evaluation.llm.local.provider import LocalProvider

__all__ = ["LocalProvider"]
