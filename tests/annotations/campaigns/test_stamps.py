"""Stamps of long logs: counted once up to where nothing can come in between any more, and never wrongly the same."""

import pytest
from django.core.cache import cache
from django.db import connection

from annotations.campaigns.selectors import stamps
from annotations.campaigns.selectors.stamps import log_stamp
from annotations.models import AuditEvent
from tests import build

pytestmark = pytest.mark.django_db(transaction=True)

ADD = """
    INSERT INTO annotations_auditevent (at, campaign_id, action, subject, details)
    VALUES (now(), %s, %s, '', '{}')
"""


def test_the_stamp_of_a_long_log_is_that_of_all_its_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever of it is counted once for all, and whatever another connection has not committed yet."""
    cache.clear()
    monkeypatch.setattr(stamps, "SETTLING", 2)
    campaign = build.campaign(build.run_with_items(1), [build.person()], overlap=1)
    other = connection.copy()
    seen = [log_stamp(campaign)]
    try:
        for action in ("label.submitted", "gold.released", "label.submitted", "label.revised"):
            other.cursor().execute(ADD, [campaign.pk, action])
            counted = AuditEvent.objects.filter(campaign=campaign).exclude(action__startswith="gold.").count()
            assert log_stamp(campaign).split("/")[1] == str(counted)
            seen.append(log_stamp(campaign))
        other.set_autocommit(False)
        other.cursor().execute(ADD, [campaign.pk, "label.submitted"])  # has its number, and is not committed
        AuditEvent.objects.create(campaign=campaign, action="label.revised")
        cache.set(f"log/{campaign.pk}", None)
        for _ in range(3):
            seen.append(log_stamp(campaign))
        other.commit()
        seen.append(log_stamp(campaign))
    finally:
        other.close()
    cache.clear()
    assert log_stamp(campaign) == seen[-1]
    assert len(set(seen)) == 1 + 3 + 1 + 1  # the release and the last two looks changed nothing


def test_a_restored_backup_does_not_pass_for_the_log_that_was_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cache.clear()
    monkeypatch.setattr(stamps, "SETTLING", 0)
    campaign = build.campaign(build.run_with_items(1), [build.person()], overlap=1)
    before = log_stamp(campaign)
    assert cache.get(f"log/{campaign.pk}") is not None
    last = AuditEvent.objects.filter(campaign=campaign).latest("pk").pk
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE annotations_auditevent DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM annotations_auditevent WHERE id = %s", [last])
        cursor.execute("ALTER TABLE annotations_auditevent ENABLE TRIGGER USER")
    AuditEvent.objects.create(pk=last, campaign=campaign, action="label.submitted")
    AuditEvent.objects.create(campaign=campaign, action="label.submitted")
    after = log_stamp(campaign)
    cache.clear()
    assert after == log_stamp(campaign) != before
