"""Which cached figures a page asks for again. Signed by the page, whose view has checked who may see them."""

from django.core import signing

SALT = "cached figures"


def signed_figures(name: str, back: str) -> str:
    """The name of the figures and the address of the page that waits for them."""
    return signing.dumps([name, back], salt=SALT)


def read_figures(signed: str) -> tuple[str, str] | None:
    """Name and address, or None where they are not signed by us."""
    try:
        name, back = signing.loads(signed, salt=SALT)
    except signing.BadSignature:
        return None
    return name, back
