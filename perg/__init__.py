"""Whether an LLM judge can be trusted, as a library: statistics and a client. No server, no Django.

    from perg import Client

`perg.stats` alone imports no HTTP client, so `Client` is loaded on first use.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perg.client import Client

__version__ = "0.1.0"
"""The only place for the version: pyproject.toml, the server and the documents it writes read it here."""

__all__ = ["Client", "__version__"]


def __getattr__(name: str) -> Any:
    if name == "Client":
        from perg.client import Client

        return Client
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
