"""What the newest validation reports on all criteria of a campaign say, in a few queries however many these are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import F, QuerySet
from django.db.models.fields.json import KT

from annotations.models import Campaign, Criterion, ValidationReport
from annotations.models.validation import ReportStatus
from annotations.validation.selectors.input_hash import criteria_digests
from annotations.validation.selectors.reports import staleness_by
from perg.stats.base.estimate import Estimate
from perg.stats.base.result import load

State = Literal["none", "computing", "ready", "current", "stale", "failed"]

METHODS = ("powered", "rogan_gladen", "human")
"""The corrected rates of a judge, by their keys in the document."""


@dataclass(frozen=True, slots=True)
class JudgeOnCriterion:
    """What a report says of one judge: its verdict, the rate by its own word, and the corrected one.

    `verdict` and `code` are null where there is none, and `no_verdict` says why. `own_rate` is null where rates are
    undefined; `corrected_rate`, too, where no method is fit to be reported. `method` is that of the corrected rate.
    """

    judge: str
    n: int
    verdict: str | None
    code: str | None
    sentence: str
    no_verdict: str
    own_rate: Estimate | None
    corrected_rate: Estimate | None
    method: str


@dataclass(frozen=True, slots=True)
class CriterionReport:
    """A criterion and what its newest report says of the judges.

    `state`: there is no report ("none"), one is being computed, it is current or stale ("ready": nobody has looked
    which), or the newest one failed.
    `stale` says why it is stale. While a newer one is computed, or where that failed, what is said is as of the last
    one that was ready, and `report` and `finished_at` are its; null: there is none. `rate_undefined`: why judges have
    no rates.
    """

    key: str
    title: str
    part_of: str
    kind: str
    state: State
    stale: str
    report: int | None
    finished_at: str | None
    items: int | None
    labelled: int | None
    rate_undefined: str
    judges: tuple[JudgeOnCriterion, ...]


def criteria_reports(campaign: Campaign, *, checked: bool = True) -> list[CriterionReport]:
    """All criteria of a campaign of imported ratings, in their order; of a campaign on runs, none.

    `checked`: whether to tell current reports from stale ones, which reads all ratings.
    """
    criteria = list(campaign.criteria.all())
    if not criteria:
        return []
    ready = {report.criterion_id: report for report in _ready(campaign)}
    newest = dict(_newest(campaign).values_list("criterion_id", "status"))
    to_check = [criterion.pk for criterion in criteria if criterion.pk in ready] if checked else []
    digests = criteria_digests(to_check) if to_check else {}
    reports = []
    for criterion in criteria:
        report = ready.get(criterion.pk)
        stale = None
        if report is not None and criterion.pk in digests:
            stale = staleness_by(campaign, report, digests[criterion.pk])
        reports.append(_said(criterion, report, stale, newest.get(criterion.pk)))
    return reports


def _newest(campaign: Campaign) -> QuerySet[ValidationReport]:
    """The newest report on each criterion, whatever its state."""
    reports = campaign.validation_reports.filter(criterion__isnull=False)
    return reports.order_by("criterion_id", "-pk").distinct("criterion_id")


def _ready(campaign: Campaign) -> QuerySet[ValidationReport]:
    """The newest on each criterion that is ready, with the parts of its document, which is long."""
    rates = "document__rates__runs__0__alignment_failure"
    return (
        _newest(campaign)
        .filter(status=ReportStatus.READY)
        .defer("document")
        .annotate(
            summary=F("document__summary"),
            judges=F("document__judges"),
            rates=F(f"{rates}__judges"),
            rate_undefined=KT(f"{rates}__undefined"),
            rates_undefined=KT("document__rates__undefined"),
        )
    )


def _said(
    criterion: Criterion, report: Any, stale: str | None, newest: str | None
) -> CriterionReport:  # Any: a report with the annotations of `_ready`
    summary = {} if report is None else report.summary
    return CriterionReport(
        key=criterion.key,
        title=criterion.title,
        part_of=criterion.part_of,
        kind=criterion.kind,
        state=_state(report is not None, stale, newest),
        stale=stale or "",
        report=None if report is None else report.pk,
        finished_at=None if report is None else report.finished_at.isoformat(),
        items=summary.get("items"),
        labelled=summary.get("labelled"),
        rate_undefined="" if report is None else report.rate_undefined or report.rates_undefined or "",
        judges=() if report is None else tuple(_judges(report.judges, report.rates or [])),
    )


def _state(is_ready: bool, stale: str | None, newest: str | None) -> State:
    """`stale` is None where nobody has looked."""
    if newest in ValidationReport.STATES.unfinished:
        return "computing"
    if newest == ReportStatus.FAILED:
        return "failed"
    if not is_ready:
        return "none"
    if stale is None:
        return "ready"
    return "stale" if stale else "current"


def _judges(judges: list[dict[str, Any]], rates: list[dict[str, Any]]) -> Iterator[JudgeOnCriterion]:
    """The judges of a document with their rates. Any: JSON."""
    by_judge = {rate["judge"]: rate["rates"] for rate in rates}
    for judge in judges:
        verdict, of_judge = judge["verdict"] or {}, by_judge.get(judge["name"])
        corrected = None if of_judge is None else _recommended(of_judge)
        yield JudgeOnCriterion(
            judge=judge["name"],
            n=judge["n"],
            verdict=verdict.get("kind"),
            code=verdict.get("code"),
            sentence=verdict.get("sentence", ""),
            no_verdict=judge.get("no_verdict") or "",
            own_rate=None if of_judge is None else load(Estimate, of_judge["naive"]["estimate"]),
            corrected_rate=None if corrected is None else load(Estimate, corrected["estimate"]),
            method="" if corrected is None else corrected["method"],
        )


def _recommended(rates: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The rate to report with a judge. Any: JSON."""
    return next((rates[key] for key in METHODS if rates[key]["method"] == rates.get("recommended")), None)
