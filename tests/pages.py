"""What a page says, as one line of text."""

import re

from django.test import Client
from django.urls import reverse


def page_text(client: Client, route: str, *keys: int, **query: str | int) -> str:
    response = client.get(reverse(route, args=keys), query)
    assert response.status_code == 200
    return one_line(response.content.decode())


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)
