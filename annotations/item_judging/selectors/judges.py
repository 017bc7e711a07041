"""Judges of imported items: those of a campaign, how far each is, and what went wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from annotations.models import Campaign, ImportedRating, ItemJudge, ItemJudgment
from annotations.models.imported import RatedBy
from annotations.models.item_judge import ItemJudgmentState, JudgingState
from annotations.models.validation import ReportStatus
from core.errors import NotFound
from core.models import User
from evaluation.engine.calls.causes import CALL_FAILED
from evaluation.models import Endpoint
from evaluation.models.endpoint import Provider

REPLIES_SHOWN = 20
REFUSED = "the judge refused"
NOTHING_SHOWN = "the item has no texts to show"
NOT_A_PAIR = "the item does not have two outputs to compare"
FINAL_REASONS = (REFUSED, NOTHING_SHOWN, NOT_A_PAIR)
"""Reasons for no answer that would be the same again."""


def usable_endpoints(person: User | None) -> QuerySet[Endpoint]:
    """Endpoints that can judge items and that the person may call: those who may launch runs may call all.

    Rules judge PERG's responses only, and records repeat what was said of them. None: a command on the server.
    """
    endpoints = Endpoint.objects.exclude(provider__in=[Provider.RECORDED, Provider.HEURISTIC])
    return endpoints if person is None or person.is_staff else endpoints.none()


def item_judge_of(campaign: Campaign, judge_id: int) -> ItemJudge:
    """A judge of the campaign. Raises NotFound."""
    judges = campaign.item_judges.select_related("campaign", "endpoint", "created_by")
    judge = judges.filter(pk=judge_id).first()
    if judge is None:
        raise NotFound("There is no such judge.")
    return judge


def judges_going_on() -> QuerySet[ItemJudge]:
    """Judges for which a worker may have something to do: those that run, and those whose last calls come back."""
    pending = ItemJudgment.objects.filter(judge=OuterRef("pk"), state=ItemJudgmentState.PENDING)
    return ItemJudge.objects.filter(Q(state=JudgingState.RUNNING) | Exists(pending))


@dataclass(frozen=True, slots=True)
class JudgingProgress:
    """A judge and how many of its calls are in which state; `unscored` leaves out those that failed."""

    judge: ItemJudge
    waiting: int = 0
    pending: int = 0
    scored: int = 0
    unscored: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        return self.waiting + self.pending + self.scored + self.unscored + self.failed

    @property
    def settled(self) -> int:
        return self.scored + self.unscored + self.failed

    @property
    def is_moving(self) -> bool:
        """Whether the counts change by themselves."""
        return self.judge.state == JudgingState.RUNNING or self.pending > 0

    @property
    def money_left(self) -> Decimal | None:
        budget = self.judge.money_budget
        return None if budget is None else max(budget - self.judge.spent, Decimal(0))


def judging_of(judges: Sequence[ItemJudge]) -> list[JudgingProgress]:
    """How far these judges are: two queries, whatever their number."""
    failed = Q(state=ItemJudgmentState.UNSCORED, reason__startswith=CALL_FAILED)
    counts: dict[int, dict[str, int]] = {}
    rows = (
        ItemJudgment.objects.filter(judge__in=[judge.pk for judge in judges])
        .order_by()
        .values("judge", "state")
        .annotate(n=Count("pk"), failures=Count("pk", filter=failed))
    )
    for row in rows:
        of_judge = counts.setdefault(row["judge"], {})
        of_judge[row["state"]] = row["n"] - row["failures"]
        of_judge["failed"] = of_judge.get("failed", 0) + row["failures"]
    return [JudgingProgress(judge, **counts.get(judge.pk, {})) for judge in judges]


def judges_of(campaign: Campaign) -> list[JudgingProgress]:
    """The judges of a campaign with how far they are, the newest version of each name first."""
    return judging_of(list(campaign.item_judges.select_related("endpoint", "created_by")))


@dataclass(frozen=True, slots=True)
class CriterionCount:
    """How many answers to a criterion a judge has given and not given; a label of several is a criterion of its own."""

    key: str
    scored: int
    unscored: int


def counts_by_criterion(judge: ItemJudge) -> list[CriterionCount]:
    """Answers of a judge by question, in the order of its questions."""
    questions = [question for question in judge.questions if question["rows"]]
    rows = {min(question["rows"].values()): question["definition"]["key"] for question in questions}
    ratings = (
        ImportedRating.objects.filter(criterion__in=rows, rater__in=judge.raters, kind=RatedBy.JUDGE)
        .order_by()
        .values_list("criterion")
        .annotate(n=Count("pk"))
    )
    scored = {rows[criterion]: n for criterion, n in ratings}
    with connection.cursor() as cursor:
        # The ORM cannot group by the members of an array.
        cursor.execute(
            "SELECT key, count(*) FROM annotations_itemjudgment CROSS JOIN LATERAL unnest(unanswered) AS key"
            " WHERE judge_id = %s AND state = 'unscored' GROUP BY key",
            [judge.pk],
        )
        unscored: dict[str, int] = dict(cursor.fetchall())
    return [CriterionCount(key, scored.get(key, 0), unscored.get(key, 0)) for key in rows.values()]


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Why calls brought no answer, or not all: how many, a message of the server, and whether asking again may help."""

    reason: str
    count: int
    example: str

    @property
    def can_be_retried(self) -> bool:
        return self.reason not in FINAL_REASONS

    @property
    def error_code(self) -> str:
        """Of a call that failed; else empty."""
        return self.reason.removeprefix(CALL_FAILED) if self.reason.startswith(CALL_FAILED) else ""


def unanswered_by_reason(judge: ItemJudge) -> list[Unanswered]:
    """Why judgments are unscored, the commonest reason first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT judgment.reason, count(*), coalesce(max(left(completion.error_message, 500)), '')
            FROM annotations_itemjudgment AS judgment
            LEFT JOIN evaluation_completion AS completion ON completion.id = judgment.completion_id
            WHERE judgment.judge_id = %s AND judgment.state = 'unscored'
            GROUP BY judgment.reason ORDER BY 2 DESC, 1
            """,
            [judge.pk],
        )
        return [Unanswered(*row) for row in cursor.fetchall()]


def calls_tried_again(judge: ItemJudge) -> dict[str, int]:
    """Calls that have failed and wait for their next try, by the error code."""
    pending = judge.judgments.filter(state=ItemJudgmentState.PENDING)
    rows = pending.exclude(completion__error_code="").filter(completion__finished_at__isnull=True)
    counts = rows.order_by().values_list("completion__error_code").annotate(n=Count("pk"))
    return dict(counts.order_by("-n"))


def last_replies(judge: ItemJudge) -> list[ItemJudgment]:
    """The replies that came last, with what they are about."""
    judgments = judge.judgments.filter(settled_at__isnull=False).select_related("item", "completion")
    judgments = judgments.defer("completion__raw_reply", "completion__request", "item__exhibit")
    return list(judgments.order_by("-settled_at", "-pk")[:REPLIES_SHOWN])


def report_is_stale(campaign: Campaign) -> bool:
    """Whether a judge has rated items by a criterion since the newest report on it was asked for, or there is none."""
    judges = campaign.item_judges.filter(rated_at__isnull=False).values_list("rated_at", "questions")
    reports = campaign.validation_reports.filter(status=ReportStatus.READY).order_by()
    newest = dict(reports.values_list("criterion").annotate(asked_at=Max("created_at")))
    for rated_at, questions in judges:
        for criterion in (row for question in questions for row in question["rows"].values()):
            asked_at = newest.get(criterion) or newest.get(None)
            if asked_at is None or asked_at < rated_at:
                return True
    return False
