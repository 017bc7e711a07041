"""The session engine: sessions in PostgreSQL behind a cache, in rows that say whose each is.

This is the way that Django's documentation gives for sessions with columns of their own.
"""

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import cached_db

from core.users.sessions.sign_in import SEEN, SIGN_IN

Model = Any  # perg_site.models.Session, which cannot be imported before the apps are ready


class SessionStore(cached_db.SessionStore):
    cache_key_prefix = "perg_site.session:"

    @classmethod
    def get_model_class(cls) -> Model:
        from core.models import Session

        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Model:
        row: Model = super().create_model_instance(data)
        sign_in = data.get(SIGN_IN)
        if SESSION_KEY not in data or sign_in is None:
            return row
        row.user_id = int(data[SESSION_KEY])
        row.public_id = sign_in["id"]
        row.address, row.user_agent = sign_in["address"], sign_in["user_agent"]
        row.began_at = datetime.fromtimestamp(sign_in["at"], UTC)
        row.last_seen_at = datetime.fromtimestamp(data.get(SEEN, sign_in["at"]), UTC)
        return row
