"""Stamps of what figures of a campaign are computed from: another stamp, and the figures may be others, too.

They are cheap, and on the safe side: a stamp may change where no figure does, but no figure without its stamp.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from pydantic import TypeAdapter

from annotations.models import Campaign
from core.models.audit import named
from core.redis.cache import read_cache, write_cache

WITHOUT_EFFECT = ("validation_report.", "gold.", "export.")
"""What is read out of a campaign and changes nothing in it, by the beginning of the action."""


SETTLING = 1_000
"""So many entries are counted for every stamp; beyond that, those that can be are counted once for all."""

KEPT_SECONDS = 7 * 24 * 3600

LOG = f"""
    SELECT tail.last, tail.entries,
        (SELECT at FROM core_auditevent WHERE id = coalesce(tail.last, %(settled)s)),
        (SELECT at FROM core_auditevent WHERE id = %(settled)s)
    FROM (
        SELECT max(id) AS last, count(*) AS entries FROM core_auditevent
        WHERE scope = %(scope)s AND id > %(settled)s AND id <= %(up_to)s
            AND {" AND ".join(f"NOT starts_with(action, '{beginning}')" for beginning in WITHOUT_EFFECT)}
    ) AS tail
"""

# A transaction that writes an entry holds this lock from before the entry gets its number until it is committed.
IS_BEING_WRITTEN = """
    SELECT EXISTS (
        SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
        WHERE relation = 'core_auditevent'::regclass AND mode = 'RowExclusiveLock'
            AND datname = current_database()
    )
"""

EVERY_ENTRY = 2**63 - 1


@dataclass(frozen=True, slots=True)
class _Settled:
    """A campaign's log up to an entry (`last`, of the time `at`) before which none can come any more."""

    last: int = 0
    at: datetime | None = None
    entries: int = 0


_SETTLED = TypeAdapter(_Settled)


def log_stamp(campaign: Campaign) -> str:
    """Of people's labels, decisions, tasks and settings.

    Whatever changes one of them writes the audit log in the same transaction, and nothing leaves the log. Its last
    entry alone would not do: one with a lower number may be committed after it. So the entries are counted; of a long
    log only those since it was last counted, up to where none can come in between any more.
    """
    settled = _settled(campaign)
    last, entries, at, settled_at = _log(campaign, settled)
    if settled_at != settled.at:  # A backup was restored, and the numbers mean other entries.
        settled = _Settled()
        last, entries, at, _ = _log(campaign, settled)
    if entries > SETTLING and last is not None:
        _settle(campaign, settled, last)
    settings = (campaign.threshold, campaign.minimum_seconds)
    # Its time, too: after a backup is restored, other entries get the same numbers.
    log = (last or settled.last or None, settled.entries + entries, at and at.timestamp())
    return "/".join(str(part) for part in (*log, *settings))


def _log(
    campaign: Campaign, settled: _Settled, up_to: int = EVERY_ENTRY
) -> tuple[int | None, int, datetime | None, datetime | None]:
    """Behind what is settled: the last entry and how many there are; the time of the last of all; the settled one's."""
    with connection.cursor() as cursor:
        cursor.execute(LOG, {"scope": named(campaign), "settled": settled.last, "up_to": up_to})
        last, entries, at, settled_at = cursor.fetchone()
    return last, entries, at, settled_at


def _settled(campaign: Campaign) -> _Settled:
    return read_cache(_key(campaign), _SETTLED) or _Settled()


def _settle(campaign: Campaign, settled: _Settled, last: int) -> None:
    """Note how many entries there are up to `last`, which is known, if nobody writes one that might come before it.

    Nobody does who did not when `last` was known already: a later entry gets a higher number. Each of the statements
    has to see what was committed before it, so this is not for transactions.
    """
    if connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        cursor.execute(IS_BEING_WRITTEN)
        (is_being_written,) = cursor.fetchone()
    if is_being_written:
        return
    _, entries, at, _ = _log(campaign, settled, last)
    settled_now = _Settled(last, at, settled.entries + entries)
    write_cache(_key(campaign), settled_now, _SETTLED, KEPT_SECONDS)


def _key(campaign: Campaign) -> str:
    return f"log/{campaign.pk}"
