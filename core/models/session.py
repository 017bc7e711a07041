"""Sessions of the web site: Django's own, which also know whose they are and where they began."""

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models


class Session(AbstractBaseSession):
    """A session. All but `session_key`, `session_data` and `expire_date` is copied from the data when they are saved,
    so that it can be listed and ended; it is empty while nobody is logged in.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="sessions"
    )
    public_id = models.UUIDField(
        null=True, help_text="Names the session without its key. Not unique while the key changes."
    )
    address = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=200, blank=True)
    began_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True, help_text="To a few minutes.")

    class Meta(AbstractBaseSession.Meta):
        indexes = [models.Index(fields=["user", "-began_at"], name="session_person_index")]
