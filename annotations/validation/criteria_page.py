"""The criteria of a campaign as its pages show them: a line for each, in groups, with the signs of verdicts."""

from collections.abc import Sequence
from dataclasses import dataclass

from annotations.models import Campaign
from annotations.models.imported import AnswerKind
from annotations.validation.page import NO_VERDICT, SIGNS, Tone
from annotations.validation.selectors.criteria_reports import (
    CriterionReport,
    JudgeOnCriterion,
    State,
    criteria_reports,
)

STATES: dict[State, str] = {
    "none": "not computed",
    "computing": "being computed",
    "ready": "computed",
    "current": "current",
    "stale": "out of date",
    "failed": "failed",
}


@dataclass(frozen=True, slots=True)
class JudgeLine:
    """What a report says of a judge, with the sign and tone of its verdict."""

    said: JudgeOnCriterion
    tone: Tone
    sign: str
    verdict: str


@dataclass(frozen=True, slots=True)
class CriterionLine:
    """A criterion, its kind and the state of its report in words, and a line for each judge."""

    said: CriterionReport
    kind: str
    state: str
    judges: tuple[JudgeLine, ...]


@dataclass(frozen=True, slots=True)
class CriteriaGroup:
    """Criteria that are the labels of one question; a question of its own has no `name`."""

    name: str
    lines: tuple[CriterionLine, ...]


@dataclass(frozen=True, slots=True)
class CriteriaPage:
    """All criteria. `outdated`: how many have no report that is current, and none under way."""

    groups: tuple[CriteriaGroup, ...]
    count: int
    outdated: int

    @property
    def lines(self) -> dict[str, CriterionLine]:
        """The line of each criterion, by its key."""
        return {line.said.key: line for group in self.groups for line in group.lines}


def criteria_page(campaign: Campaign, *, checked: bool = True) -> CriteriaPage:
    """The criteria of imported ratings; those of one multilabel question together, where the first of them is.

    `checked`: whether to tell current reports from stale ones, which reads all ratings.
    """
    reports = criteria_reports(campaign, checked=checked)
    return CriteriaPage(
        groups=tuple(_groups(reports)),
        count=len(reports),
        outdated=sum(report.state in ("none", "stale", "failed") for report in reports),
    )


def _groups(reports: Sequence[CriterionReport]) -> list[CriteriaGroup]:
    groups: dict[str, list[CriterionReport]] = {}
    for report in reports:
        groups.setdefault(report.part_of or f"\0{report.key}", []).append(report)
    return [
        CriteriaGroup(lines[0].part_of, tuple(_line(report) for report in lines)) for lines in groups.values()
    ]


def _line(report: CriterionReport) -> CriterionLine:
    return CriterionLine(
        report,
        AnswerKind(report.kind).label,
        STATES[report.state],
        tuple(_judge(judge) for judge in report.judges),
    )


def _judge(judge: JudgeOnCriterion) -> JudgeLine:
    verdict = judge.verdict or NO_VERDICT
    tone, sign = SIGNS.get(verdict, ("none", ""))
    return JudgeLine(judge, tone, sign, verdict)
