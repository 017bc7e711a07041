"""What a page says, as one line of text."""

import re

from django.test import Client
from django.urls import reverse


def page_text(client: Client, route: str, *keys: int, status: int = 200, **query: str | int) -> str:
    response = client.get(reverse(route, args=keys), query)
    assert response.status_code == status
    return one_line(response.content.decode())


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)
