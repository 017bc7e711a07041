"""Wrong passwords of a name, whatever address they came from."""

from django.db import models


class WrongPasswords(models.Model):
    """How many wrong passwords there were for a name since the last right one.

    In the database and not in the cache: it holds while Redis is away, and no restart forgets it. Of the name there is
    only a keyed hash, as people also type passwords into that field; it need not be the name of an account.
    """

    name_hash = models.CharField(max_length=64, primary_key=True)
    attempts = models.PositiveIntegerField(help_text="Those whose password was looked at.")
    last_at = models.DateTimeField(help_text="When the last of them was looked at.")

    class Meta:
        verbose_name_plural = "wrong passwords"
        indexes = [models.Index(fields=["last_at"], name="wrong_passwords_time_index")]

    def __str__(self) -> str:
        return f"{self.attempts} for {self.name_hash[:8]}…"
