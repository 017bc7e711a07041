"""Somebody who asks the REST API, logged in as in a browser."""

import json
from collections.abc import Mapping
from typing import Any

from django.test import Client

from core.models import User


class Person:
    def __init__(self, user: User) -> None:
        self.user = user
        self._client = Client()
        self._client.force_login(user)

    def get(self, path: str, query: Mapping[str, Any] | None = None, **headers: Any) -> Any:
        return self._client.get(f"/api/v1/{path}", query or {}, headers=headers)

    def send(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        return self._client.generic(
            method, f"/api/v1/{path}", json.dumps(body or {}), "application/json", headers=headers
        )

    def post(self, path: str, body: object = None, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)


def results(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.content
    rows: list[dict[str, Any]] = answer.json()["results"]
    return rows
