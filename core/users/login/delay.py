"""A limit on wrong passwords by name, over all addresses: the more there were, the longer the pause before the next.

Nobody is locked out: a pause ends after two minutes at most, whatever comes in meanwhile; and a browser that has
logged in before does not wait at all (`core.users.login.known_browser`). So a guesser with any number of addresses
has about 700 guesses a day, and cannot keep the owner away from where they work.
"""

from django.db import connection
from django.utils.crypto import salted_hmac

from core.models import WrongPasswords

FREE_ATTEMPTS = 20
LONGEST_PAUSE = 120
FORGOTTEN_AFTER_HOURS = 24

PAUSE = (
    f"LEAST(POWER(2, LEAST(counted.attempts - {FREE_ATTEMPTS}, 30)), {LONGEST_PAUSE}) * INTERVAL '1 second'"
)
OLD = f"statement_timestamp() - INTERVAL '{FORGOTTEN_AFTER_HOURS} hours'"

# One statement, so that many attempts at the same moment do not all pass; the ORM has no conditional upsert.
COUNT_ATTEMPT = f"""
INSERT INTO {WrongPasswords._meta.db_table} AS counted (name_hash, attempts, last_at)
VALUES (%s, 1, statement_timestamp())
ON CONFLICT (name_hash) DO UPDATE
SET attempts = CASE WHEN counted.last_at < {OLD} THEN 1 ELSE LEAST(counted.attempts + 1, 1000000) END,
    last_at = statement_timestamp()
WHERE counted.attempts < {FREE_ATTEMPTS} OR counted.last_at + {PAUSE} <= statement_timestamp()
RETURNING attempts
"""
SECONDS_TO_WAIT = f"""
SELECT EXTRACT(EPOCH FROM counted.last_at + {PAUSE} - statement_timestamp())
FROM {WrongPasswords._meta.db_table} AS counted
WHERE name_hash = %s AND attempts >= {FREE_ATTEMPTS}
"""
FORGET_OLD = f"DELETE FROM {WrongPasswords._meta.db_table} WHERE last_at < {OLD}"


def count_attempt(name: str) -> bool:
    """Count an attempt as a wrong one until it turns out right; False where its password may not be looked at yet.

    An attempt that is refused is not counted, so it does not make the pause longer.
    """
    with connection.cursor() as cursor:
        cursor.execute(COUNT_ATTEMPT, [_hash_of(name)])
        row = cursor.fetchone()
        if row is not None and row[0] == 1:  # a new name: nobody has to remember a sweep
            cursor.execute(FORGET_OLD)
    return row is not None


def seconds_to_wait(name: str) -> int:
    """How long until the next attempt's password is looked at; 0: at once."""
    with connection.cursor() as cursor:
        cursor.execute(SECONDS_TO_WAIT, [_hash_of(name)])
        row = cursor.fetchone()
    return max(int(row[0]) + 1, 0) if row is not None and row[0] > 0 else 0


def forget(name: str) -> None:
    """The password was right."""
    WrongPasswords.objects.filter(name_hash=_hash_of(name)).delete()


def _hash_of(name: str) -> str:
    return salted_hmac(
        "perg_site.login_delay", name.casefold().encode("utf-8", "surrogatepass"), algorithm="sha256"
    ).hexdigest()
