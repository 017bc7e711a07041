"""Gold releases, what differs between two of them, and what the validation report says when one is made."""

from dataclasses import dataclass
from typing import Literal, TypedDict

from django.db import connection
from django.db.models import OuterRef, Prefetch, QuerySet, Subquery

from annotations.models import Assignment, Campaign, GoldRelease, Label, Task
from annotations.validation.selectors.reports import ReportsNow, reports_now
from perg.stats.base.result import Json

DifferenceKind = Literal["added", "removed", "changed"]

# A task is changed where its gold is. A release tells more of a task than that, and some of it, such as a judge's
# scores or by which rule labels that agree were decided, changes without any difference to the gold.
IS_CHANGED = """
    before.followed IS DISTINCT FROM after.followed OR before.score IS DISTINCT FROM after.score
"""
JOINED = """
    FROM (SELECT * FROM annotations_goldlabel WHERE release_id = %(before)s) AS before
    FULL JOIN (SELECT * FROM annotations_goldlabel WHERE release_id = %(after)s) AS after
        ON after.task_id = before.task_id
"""
COUNTS = f"""
    SELECT count(*) FILTER (WHERE before.id IS NULL), count(*) FILTER (WHERE after.id IS NULL),
        count(*) FILTER (WHERE before.id IS NOT NULL AND after.id IS NOT NULL AND ({IS_CHANGED})),
        count(*) FILTER (WHERE before.id IS NOT NULL AND after.id IS NOT NULL AND NOT ({IS_CHANGED}))
    {JOINED}
"""
KINDS: dict[DifferenceKind, str] = {
    "added": "before.id IS NULL",
    "removed": "after.id IS NULL",
    "changed": f"before.id IS NOT NULL AND after.id IS NOT NULL AND ({IS_CHANGED})",
}
ROWS = """
    SELECT coalesce(after.task_id, before.task_id) AS task, coalesce(after.record, before.record) ->> 'question',
        before.followed, before.score, before.status, after.followed, after.score, after.status
    {joined}
    WHERE ({kind}) AND coalesce(after.task_id, before.task_id) > %(behind)s
    ORDER BY task LIMIT %(limit)s
"""


class VerdictFigure(TypedDict):
    """A judge's verdict, as the report gave it; floors have none."""

    judge: str
    n: int
    kind: str
    sentence: str


class ReportFigures(TypedDict):
    """The newest validation report when a release was made; without a report, `undefined` says so and the rest is
    empty. `stale` says why the report was no longer true at that moment, empty where it was.
    """

    report: int | None
    undefined: str | None
    computed_at: str
    code_version: str
    stale: str
    alpha: Json | None
    alpha_followed: Json | None
    raters: int
    verdicts: list[VerdictFigure]


@dataclass(frozen=True, slots=True)
class GoldSide:
    """What a release says of a task."""

    followed: bool | None
    score: float | None
    status: str


@dataclass(frozen=True, slots=True)
class GoldDifference:
    """A task on which two releases differ; None on the side where it is not in."""

    task: int
    question: str
    before: GoldSide | None
    after: GoldSide | None


@dataclass(frozen=True, slots=True)
class ReleaseDifferences:
    """How many tasks a later release has added, removed, changed and kept."""

    before: GoldRelease
    after: GoldRelease
    added: int
    removed: int
    changed: int
    same: int

    def rows(self, kind: DifferenceKind, *, behind: int = 0, limit: int = 50) -> list[GoldDifference]:
        """The differences of a kind on tasks whose key is above `behind`, in the order of their keys."""
        statement = ROWS.format(joined=JOINED, kind=KINDS[kind])
        known = {"before": self.before.pk, "after": self.after.pk, "behind": behind, "limit": limit}
        with connection.cursor() as cursor:
            cursor.execute(statement, known)
            return [
                GoldDifference(task, question or "", _side(*sides[:3]), _side(*sides[3:]))
                for task, question, *sides in cursor.fetchall()
            ]


def release_differences(before: GoldRelease, after: GoldRelease) -> ReleaseDifferences:
    """What the later release `after` has changed of `before`; the two are of one campaign."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, {"before": before.pk, "after": after.pk})
        added, removed, changed, same = cursor.fetchone()
    return ReleaseDifferences(before, after, added, removed, changed, same)


def left_out_tasks(campaign: Campaign, keys: list[int]) -> list[Task]:
    """Tasks with what they are about, and their votes in `given_votes`, in the order of their keys."""
    tasks = (
        campaign.tasks.filter(pk__in=keys)
        .select_related("response__item__question", "response__item__preference", "response__item__run")
        .prefetch_related(Prefetch("assignments", queryset=_votes(), to_attr="given_votes"))
        .order_by("pk")
    )
    return list(tasks)


def _votes() -> QuerySet[Assignment]:
    """Votes with the score in force."""
    newest = Label.objects.filter(assignment=OuterRef("pk")).order_by("-revision").values("score")[:1]
    votes = Assignment.objects.voting().select_related("member__user")
    return votes.annotate(score=Subquery(newest)).order_by("pk")


def report_figures(campaign: Campaign) -> ReportFigures:
    """What the campaign's newest validation report says, and whether it is still true."""
    return figures_of_report(reports_now(campaign))


def figures_of_report(now: ReportsNow) -> ReportFigures:
    """What the newest report that is ready says, where it is known whether that is still true."""
    ready = now.ready
    if ready is None or ready.finished_at is None:
        return ReportFigures(
            report=None,
            undefined="no validation report had been computed",
            computed_at="",
            code_version="",
            stale="",
            alpha=None,
            alpha_followed=None,
            raters=0,
            verdicts=[],
        )
    document: Json = ready.document or {}  # not loaded as a report: a release reads these keys alone
    return ReportFigures(
        report=ready.pk,
        undefined=None,
        computed_at=ready.finished_at.isoformat(),
        code_version=ready.code_version,
        stale=now.stale,
        alpha=document["people"]["alpha"],
        alpha_followed=document["people"]["alpha_followed"],
        raters=len(document["people"]["people"]),
        verdicts=[
            VerdictFigure(
                judge=judge["name"],
                n=judge["n"],
                kind=verdict["kind"],
                sentence=verdict["sentence"],
            )
            for judge in document["judges"]
            if (verdict := judge["verdict"]) is not None
        ],
    )


def _side(followed: bool | None, score: float | None, status: str | None) -> GoldSide | None:
    return None if status is None else GoldSide(followed, score, status)


RATERS = """
    SELECT DISTINCT rater FROM annotations_goldlabel, jsonb_object_keys(record -> %s) AS rater
    WHERE release_id = %s ORDER BY rater
"""


def raters_of(release: GoldRelease, column: str) -> list[str]:
    """Names in a RATINGS column of a release, in order."""
    with connection.cursor() as cursor:
        cursor.execute(RATERS, [column, release.pk])
        return [rater for (rater,) in cursor.fetchall()]
