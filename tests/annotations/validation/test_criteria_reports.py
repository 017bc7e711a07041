"""Reports on several criteria of one campaign: each of its own input, and none of the others'."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from annotations.models import Campaign, Criterion, ImportedItem, ImportedRating, ValidationReport
from annotations.models.validation import ReportStatus
from annotations.validation.selectors.criteria import CriterionNeeded, criterion_named
from annotations.validation.selectors.criteria_reports import criteria_reports
from annotations.validation.selectors.input_hash import input_hash
from annotations.validation.selectors.judge_trust import latest_verdicts
from annotations.validation.selectors.reports import reports_now, reports_on
from annotations.validation.selectors.validation import validation_input
from annotations.validation.services.validation import (
    computed_report,
    prune_reports,
    report_settings,
    request_all_reports,
    request_report,
)
from core.errors import Conflict, NotFound
from core.jobs.leasing import run_job
from core.models import AuditEvent
from perg.stats.base.result import dump
from perg.stats.items.validation_input import ValidationSettings
from tests import build
from tests.rated_criteria import CRITERIA, HOSTILE, campaign_of_criteria, rate
from tests.rating_inputs import QUICK

pytestmark = pytest.mark.django_db

SETTINGS = dump(QUICK)


@pytest.fixture
def campaign() -> Campaign:
    return campaign_of_criteria()


@pytest.fixture
def correct(campaign: Campaign) -> Criterion:
    return campaign.criteria.get(key="correct")


@pytest.fixture
def tone(campaign: Campaign) -> Criterion:
    return campaign.criteria.get(key=HOSTILE)


def computed(campaign: Campaign, criterion: Criterion) -> ValidationReport:
    return run_job(request_report(campaign=campaign, criterion=criterion, settings=QUICK))


def test_a_criterion_is_found_by_its_key_and_must_be_named_where_there_are_several(
    campaign: Campaign,
) -> None:
    for key in CRITERIA:
        criterion = criterion_named(campaign, key)
        assert criterion is not None
        assert criterion.key == key
    with pytest.raises(NotFound):
        criterion_named(campaign, "nothing")
    with pytest.raises(CriterionNeeded) as needed:
        criterion_named(campaign, None)
    assert needed.value.extra == {"criteria": list(CRITERIA)}
    for function in (validation_input, lambda of: computed_report(of, QUICK)):
        with pytest.raises(CriterionNeeded):
            function(campaign)
    with pytest.raises(CriterionNeeded):
        request_report(campaign=campaign, settings=QUICK)


def test_a_campaign_on_runs_has_no_criterion_to_name() -> None:
    campaign = build.campaign(build.run_with_items(1), [build.person()], overlap=1)
    assert criterion_named(campaign, None) is None
    with pytest.raises(NotFound):
        criterion_named(campaign, "correct")


def test_a_key_of_another_campaign_is_not_found(campaign: Campaign) -> None:
    other = campaign_of_criteria({"theirs": CRITERIA["correct"]}, items=2, name="other")
    with pytest.raises(NotFound):
        criterion_named(campaign, "theirs")
    assert criterion_named(other, None) == other.criteria.get()


def test_each_criterion_has_a_report_of_its_own_ratings(
    campaign: Campaign, correct: Criterion, tone: Criterion
) -> None:
    first, second = computed(campaign, correct), computed(campaign, tone)
    assert (first.criterion, second.criterion) == (correct, tone)
    assert first.document is not None
    assert second.document is not None
    assert first.document["summary"]["failures"] == ["no"]
    assert second.document["summary"]["threshold"] == 3
    assert first.input_hash != second.input_hash
    requested = AuditEvent.objects.filter(action="validation_report.requested").order_by("pk")
    assert [event.details["criterion"] for event in requested] == ["correct", HOSTILE]
    ended = AuditEvent.objects.filter(action="validation_report.computed").order_by("pk")
    assert [event.details["criterion"] for event in ended] == ["correct", HOSTILE]


def test_a_fresh_report_is_used_again_for_its_own_criterion_only(
    campaign: Campaign, correct: Criterion, tone: Criterion
) -> None:
    report = computed(campaign, correct)
    assert request_report(campaign=campaign, criterion=correct, settings=QUICK) == report
    assert request_report(campaign=campaign, criterion=tone, settings=QUICK) != report


def test_one_unfinished_report_for_each_criterion(
    campaign: Campaign, correct: Criterion, tone: Criterion
) -> None:
    waiting = request_report(campaign=campaign, criterion=correct, settings=QUICK)
    assert request_report(campaign=campaign, criterion=correct, settings=QUICK) == waiting
    with pytest.raises(Conflict):
        request_report(campaign=campaign, criterion=correct, settings=ValidationSettings(epsilon=0.1))
    other = request_report(campaign=campaign, criterion=tone, settings=ValidationSettings(epsilon=0.1))
    assert other.is_unfinished
    with (
        pytest.raises(IntegrityError, match="validationreport_one_at_a_time"),
        transaction.atomic(),
    ):
        ValidationReport.objects.create(campaign=campaign, criterion=tone, settings={})


def change_rating(criterion: Criterion) -> None:
    ImportedRating.objects.filter(criterion=criterion, rater="gpt").update(
        value=(criterion.categories or ["7"])[0]
    )


def change_swapped(criterion: Criterion) -> None:
    ImportedRating.objects.filter(criterion=criterion, rater="gpt").update(swapped=True)


def change_meaning(criterion: Criterion) -> None:
    Criterion.objects.filter(pk=criterion.pk).update(warnings=["Another scale."])


def one_rating_less(criterion: Criterion) -> None:
    ImportedRating.objects.filter(criterion=criterion, rater="cal", item__external_id="q3").delete()


@pytest.mark.parametrize("change", [change_rating, change_swapped, change_meaning, one_rating_less])
def test_what_happens_to_one_criterion_makes_its_report_stale_and_no_other(
    campaign: Campaign, correct: Criterion, tone: Criterion, change: object
) -> None:
    computed(campaign, correct)
    computed(campaign, tone)
    assert callable(change)
    change(tone)
    assert reports_now(campaign, correct).stale == ""
    assert "have changed since" in reports_now(campaign, tone).stale
    states = {report.key: (report.state, bool(report.stale)) for report in criteria_reports(campaign)}
    assert states["correct"] == ("current", False)
    assert states[HOSTILE] == ("stale", True)
    assert states["length"] == ("none", False)


def test_an_item_that_only_others_rated_by_changes_nothing(
    campaign: Campaign, correct: Criterion, tone: Criterion
) -> None:
    before = input_hash(campaign, SETTINGS, criterion=correct), input_hash(campaign, SETTINGS, criterion=tone)
    item = ImportedItem.objects.create(campaign=campaign, external_id="new", position=1000)
    rate(tone, [item])
    assert input_hash(campaign, SETTINGS, criterion=correct) == before[0]
    assert input_hash(campaign, SETTINGS, criterion=tone) != before[1]


@pytest.mark.parametrize("change", [{"cluster": "c"}, {"attributes": {"source": "z"}}])
def test_what_is_known_of_an_item_is_part_of_every_hash(
    campaign: Campaign, correct: Criterion, tone: Criterion, change: dict[str, object]
) -> None:
    before = [input_hash(campaign, SETTINGS, criterion=criterion) for criterion in (correct, tone)]
    ImportedItem.objects.filter(campaign=campaign, external_id="q1").update(**change)
    after = [input_hash(campaign, SETTINGS, criterion=criterion) for criterion in (correct, tone)]
    assert all(was != now for was, now in zip(before, after, strict=True))


def test_the_question_and_key_are_shown_and_not_hashed(campaign: Campaign, correct: Criterion) -> None:
    before = input_hash(campaign, SETTINGS, criterion=correct)
    Criterion.objects.filter(pk=correct.pk).update(question="Right?", key="right", position=99)
    assert input_hash(campaign, SETTINGS, criterion=correct) == before


def test_reports_are_pruned_for_each_criterion(
    campaign: Campaign, correct: Criterion, tone: Criterion, settings: pytest.FixtureRequest
) -> None:
    settings.VALIDATION_REPORTS_KEPT = 1  # type: ignore[attr-defined]
    ready = computed(campaign, correct)
    others = [computed(campaign, tone)]
    for value in ("1", "5"):
        ImportedRating.objects.filter(criterion=tone, rater="gpt").update(value=value)
        others.append(computed(campaign, tone))
    assert list(reports_on(campaign, tone)) == [others[-1]]
    assert list(reports_on(campaign, correct)) == [ready]
    assert prune_reports(campaign=campaign, criterion=correct) == 0
    pruned = AuditEvent.objects.filter(action="validation_report.pruned")
    assert {event.details["criterion"] for event in pruned} == {HOSTILE}


def test_all_reports_are_requested_at_once_except_those_that_are_current_or_under_way(
    campaign: Campaign, correct: Criterion, tone: Criterion
) -> None:
    ready = run_job(request_report(campaign=campaign, criterion=correct, settings=report_settings()))
    waiting = request_report(campaign=campaign, criterion=tone, settings=QUICK)
    Criterion.objects.create(
        campaign=campaign, key="unrated", position=50, kind="binary", scale="nominal"
    )  # nobody rated by it
    reports = request_all_reports(campaign=campaign, settings=report_settings())
    assert [report.criterion and report.criterion.key for report in reports] == list(CRITERIA)
    assert reports[:2] == [ready, waiting]
    assert {report.status for report in reports[2:]} == {ReportStatus.QUEUED}
    assert request_all_reports(campaign=campaign, settings=report_settings()) == reports


def test_where_nothing_is_rated_there_is_nothing_to_report(campaign: Campaign, correct: Criterion) -> None:
    ImportedRating.objects.filter(criterion=correct).delete()
    with pytest.raises(Conflict) as refused:
        request_report(campaign=campaign, criterion=correct, settings=QUICK)
    assert refused.value.code == "nothing_rated"
    ImportedRating.objects.all().delete()
    with pytest.raises(Conflict):
        request_all_reports(campaign=campaign, settings=QUICK)


def test_the_lines_have_what_the_documents_say(campaign: Campaign) -> None:
    for criterion in campaign.criteria.all():
        computed(campaign, criterion)
    lines = {line.key: line for line in criteria_reports(campaign)}
    assert list(lines) == list(CRITERIA)
    for criterion in campaign.criteria.all():
        line, document = lines[criterion.key], reports_on(campaign, criterion).get().document
        assert document is not None
        assert (line.state, line.labelled, line.items) == ("current", 60, 60)
        assert [judge.judge for judge in line.judges] == [judge["name"] for judge in document["judges"]]
        for said, judge in zip(line.judges, document["judges"], strict=True):
            assert (said.verdict, said.code, said.n) == (
                judge["verdict"]["kind"],
                judge["verdict"]["code"],
                60,
            )
    rates = reports_on(campaign, campaign.criteria.get(key="correct")).get().document
    assert rates is not None
    of_gpt = rates["rates"]["runs"][0]["alignment_failure"]["judges"]
    for rate_of, said in zip(of_gpt, lines["correct"].judges, strict=True):
        assert said.own_rate is not None
        assert said.own_rate.value == rate_of["rates"]["naive"]["estimate"]["value"]
        methods = {one["method"]: one for one in rate_of["rates"].values() if isinstance(one, dict)}
        chosen = methods.get(rate_of["rates"]["recommended"])
        assert said.method == ("" if chosen is None else chosen["method"])
        if chosen is not None:
            assert said.corrected_rate is not None
            assert said.corrected_rate.low == chosen["estimate"]["low"]
    assert lines["length"].judges[0].own_rate is None
    assert "not stated" in lines["length"].rate_undefined


def test_while_a_newer_report_is_made_or_where_it_failed_the_last_one_is_told(
    campaign: Campaign, correct: Criterion
) -> None:
    ready = computed(campaign, correct)
    change_rating(correct)
    request_report(campaign=campaign, criterion=correct, settings=QUICK)
    (line, *_) = criteria_reports(campaign)
    assert (line.state, line.report, len(line.judges)) == ("computing", ready.pk, 2)
    reports_on(campaign, correct).filter(status="queued").update(
        status="failed", failure="x", failure_code="broken_off", finished_at=ready.finished_at
    )
    (line, *_) = criteria_reports(campaign)
    assert (line.state, line.report, len(line.judges)) == ("failed", ready.pk, 2)


def test_the_number_of_queries_does_not_grow_with_the_criteria(campaign: Campaign) -> None:
    few = campaign_of_criteria({"only": CRITERIA["correct"]}, items=5, name="few")
    request_all_reports(campaign=campaign, settings=QUICK)
    for report in campaign.validation_reports.unfinished():
        run_job(report)
    run_job(request_report(campaign=few, settings=QUICK))

    def queries(of: Campaign) -> int:
        with CaptureQueriesContext(connection) as captured:
            criteria_reports(of)
        return len(captured)

    assert queries(campaign) == queries(few) == 7


def test_verdicts_on_a_judge_are_told_for_each_criterion(
    campaign: Campaign, correct: Criterion, tone: Criterion
) -> None:
    computed(campaign, correct)
    computed(campaign, tone)
    single = campaign_of_criteria({"only": CRITERIA["correct"]}, items=20, name="single")
    run_job(request_report(campaign=single, settings=QUICK))
    said = latest_verdicts()["gpt"]
    assert {(verdict.campaign, verdict.criterion) for verdict in said} == {
        ("several", "correct"),
        ("several", HOSTILE),
        ("single", ""),
    }
    assert all("<b>" not in verdict.address and "&" not in verdict.address for verdict in said)
