"""Redis as a cache that may be lost, and whether it was out of reach a moment ago."""
