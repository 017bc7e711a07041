"""What a page says, as one line of text, however its template is laid out."""

import re

from django.test import Client
from django.urls import reverse

BLOCKS = "dd|div|dl|dt|h[1-6]|li|p|section|table|tbody|td|th|thead|tr|ul"
BOXES = "a|button|label"


def page_text(client: Client, route: str, *keys: int, **query: str | int) -> str:
    response = client.get(reverse(route, args=keys), query)
    assert response.status_code == 200
    return one_line(response.content.decode())


def one_line(text: str) -> str:
    """Blanks count as a browser sees them: as one, and not at all at the edges of what has lines of its own."""
    text = re.sub(r"\s+", " ", text)
    text = re.sub(rf" ?(</?(?:{BLOCKS})\b[^>]*>) ?", r"\1", text)
    return re.sub(rf" (</(?:{BOXES})>)", r"\1", re.sub(rf"(<(?:{BOXES})\b[^>]*>) ", r"\1", text))
