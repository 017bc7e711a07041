"""`Idempotency-Key`: a POST that starts something may be sent again, and starts it once.

The answer is stored in the transaction of the work, so that there is no answer without the work and no work without the
answer: a crash leaves neither, and the request may simply be sent again.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec, TypeVar

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.actor import actor_of
from core.errors import Conflict, DomainError
from core.models import IdempotencyKey, User

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
LONGEST_KEY = 200
STORED_HEADERS = ("Location", "Retry-After")
CHUNK = 1 << 20

P = ParamSpec("P")
V = TypeVar("V", bound=APIView)


def idempotent(
    handler: Callable[Concatenate[V, Request, P], Response],
) -> Callable[Concatenate[V, Request, P], HttpResponseBase]:
    """Decorate a view's `post`: with the header, the work is done once, and its answer is given again for a day.

    Not for an answer that holds a secret: it would be stored. An answer that is an error is not stored.
    """

    @wraps(handler)
    def answered(self: V, request: Request, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        key = request.headers.get(HEADER)
        if key is None:
            return handler(self, request, *args, **kwargs)
        if not (key.isascii() and key.isprintable() and 1 <= len(key) <= LONGEST_KEY):
            raise DomainError(
                f"The header {HEADER} takes 1 to {LONGEST_KEY} printable ASCII characters.",
                code="idempotency_key_invalid",
                field=HEADER,
            )
        with transaction.atomic():
            return _once(request, key, lambda: handler(self, request, *args, **kwargs))

    answered.is_idempotent = True  # type: ignore[attr-defined] # the API's schema names the header
    return answered


def _once(request: Request, key: str, work: Callable[[], Response]) -> HttpResponseBase:
    user = actor_of(request)
    if not _is_mine(user, key):
        raise Conflict(
            "The first request with this key is still at work.", code="idempotency_key_in_use", field=HEADER
        )
    fingerprint = _fingerprint(request)
    stored = IdempotencyKey.objects.filter(user=user, key=key, expires_at__gt=timezone.now()).first()
    if stored is None:
        response = work()
        if response.status_code < HTTPStatus.BAD_REQUEST:
            store(response, request, user=user, key=key, fingerprint=fingerprint)
        return response
    if stored.fingerprint != fingerprint:
        raise DomainError(
            "This key came with another request before. A new request needs a new key.",
            code="idempotency_key_reused",
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            field=HEADER,
        )
    headers = {**stored.headers, REPLAYED: "true"}
    return HttpResponse(stored.body, status=stored.status, headers=headers, content_type="application/json")


def _is_mine(user: User, key: str) -> bool:
    """Whether nobody else is at work under this key; until the transaction's end, nobody else will be.

    By an advisory lock, which ends with the transaction, however that ends: nothing is left of a crash.
    """
    digest = hashlib.sha256(f"idempotency {user.pk} {key}".encode()).digest()
    number = int.from_bytes(digest[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        row = cursor.fetchone()
    return bool(row and row[0])


def store(response: Response, request: Request, *, user: User, key: str, fingerprint: str) -> None:
    """Store an answer. Those that nobody needs any more go at the same time: no sweep has to be remembered."""
    now = timezone.now()
    IdempotencyKey.objects.filter(user=user, expires_at__lte=now).delete()
    IdempotencyKey.objects.create(
        user=user,
        key=key,
        method=request.method or "",
        path=request.get_full_path()[: IdempotencyKey._meta.get_field("path").max_length],
        fingerprint=fingerprint,
        status=response.status_code,
        headers={name: response.headers[name] for name in STORED_HEADERS if name in response.headers},
        body=JSONRenderer().render(response.data).decode(),
        expires_at=now + timedelta(hours=settings.IDEMPOTENCY_HOURS),
    )


def _fingerprint(request: Request) -> str:
    """Of method, address and body. An upload's parts count, not the boundary between them, which is another each
    time.
    """
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    data = request.data
    if isinstance(data, QueryDict):
        for name in sorted(data):
            for value in data.getlist(name):
                digest.update(f"\n{name}\n".encode())
                _update(digest, value)
    else:
        digest.update(json.dumps(data, sort_keys=True).encode())
    return digest.hexdigest()


def _update(digest: "hashlib._Hash", value: object) -> None:
    if not isinstance(value, UploadedFile):
        digest.update(str(value).encode())
        return
    for chunk in value.chunks(CHUNK):
        digest.update(chunk)
    value.seek(0)
