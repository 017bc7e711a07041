"""Primary keys, and other whole numbers, in texts from outside."""

LARGEST_KEY = 2**63 - 1


def key_in(text: str | None) -> int | None:
    """A primary key, or another number that fits its column; None: the text is none."""
    text = text or ""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST_KEY))):
        return None
    return int(text) if int(text) <= LARGEST_KEY else None
