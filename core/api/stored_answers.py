"""Where the answers to requests with an idempotency key are stored: a table beside the work itself."""

import hashlib
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from core.api.idempotency import StoredAnswer
from core.models import IdempotencyKey, User


class DatabaseStore:
    """The store that settings name, see `core.api.idempotency.AnswerStore`."""

    def is_mine(self, *, user: User, key: str) -> bool:
        """By an advisory lock, which ends with the transaction, however that ends: nothing is left of a crash."""
        digest = hashlib.sha256(f"idempotency {user.pk} {key}".encode()).digest()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_try_advisory_xact_lock(%s)", [int.from_bytes(digest[:8], "big", signed=True)]
            )
            row = cursor.fetchone()
        return bool(row and row[0])

    def answer(self, *, user: User, key: str) -> StoredAnswer | None:
        row = IdempotencyKey.objects.filter(user=user, key=key, expires_at__gt=timezone.now()).first()
        return StoredAnswer(row.fingerprint, row.status, row.headers, row.body) if row else None

    def save(self, answer: StoredAnswer, *, user: User, key: str, method: str, path: str) -> None:
        """Those that nobody needs any more go at the same time: no sweep has to be remembered."""
        now = timezone.now()
        IdempotencyKey.objects.filter(user=user, expires_at__lte=now).delete()
        IdempotencyKey.objects.create(
            user=user,
            key=key,
            method=method,
            path=path[: IdempotencyKey._meta.get_field("path").max_length],
            fingerprint=answer.fingerprint,
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            expires_at=now + timedelta(hours=settings.IDEMPOTENCY_HOURS),
        )
