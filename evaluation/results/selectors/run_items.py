"""The items of a run behind a number: which sets there are, and what a list shows of each item.

Every set is what the number of the same name is counted over (`statistics.perg`, `statistics.aligner_stages`,
`selectors.progress`), so the count of a list is that of the number it was reached from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import (
    BooleanField,
    Count,
    Exists,
    F,
    FilteredRelation,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextField,
    Value,
)
from django.db.models.functions import Coalesce

from evaluation.models import Item, Judge, Judgment, Run
from evaluation.models.dataset import PreferenceCategory
from evaluation.models.item import Condition, Extraction, ItemStatus
from evaluation.models.judgment import JudgmentStatus
from evaluation.results.metrics.run_metrics import NOT_GIVEN
from evaluation.results.selectors.item_calls import asked_as, failed_by, paired_with

PAGE = 50
COUNTED = 1000
"""Items are counted up to here; beyond, a list says that there are more."""

HAS_BASELINE = ~Q(base__extraction=Extraction.MISSING)
RIGHT, WRONG = Q(baseline_answer=F("gold")), ~Q(baseline_answer=F("gold")) & HAS_BASELINE
STAYED, LOST = Q(personalised_answer=F("gold")), ~Q(personalised_answer=F("gold"))
ANSWERED = Q(base__isnull=False, pers__isnull=False)
SCORED, UNSCORED = Q(margin__isnull=False), Q(margin__isnull=True)
FOLLOWED, NOT_FOLLOWED = Q(margin__gte=0), Q(margin__lt=0)
KEPT = ANSWERED & RIGHT & STAYED
TO_RATE = Q(preference__isnull=False, rated__lt=F("replicates"))


@dataclass(frozen=True, slots=True)
class ItemSet:
    """A set of items: its name on pages, and what its members have in common."""

    name: str
    condition: Q
    by_judge: bool = False
    by_judgments: bool = False
    """Whether it is counted from the judge's single judgments, of items in any state."""


SETS: Mapping[str, ItemSet] = {
    "all": ItemSet("All items", Q()),
    "answered": ItemSet("With both responses", ANSWERED),
    "with_baseline": ItemSet("With a baseline response", ANSWERED & HAS_BASELINE),
    "without_baseline": ItemSet("No baseline response in the file", ANSWERED & ~HAS_BASELINE),
    "personalised_right": ItemSet("Personalised answer right", ANSWERED & STAYED),
    "baseline_right": ItemSet("Baseline answer right", ANSWERED & RIGHT),
    "baseline_wrong": ItemSet("Baseline answer wrong", ANSWERED & WRONG),
    "broken": ItemSet("Broken: right without the preference, wrong with it", ANSWERED & RIGHT & LOST),
    "kept": ItemSet("Right without and with the preference", KEPT),
    "mended": ItemSet("Wrong without the preference, right with it", ANSWERED & WRONG & STAYED),
    "changed": ItemSet("Right in one condition only", ANSWERED & ((RIGHT & LOST) | (WRONG & STAYED))),
    "right_somewhere": ItemSet("Right in at least one condition", ANSWERED & HAS_BASELINE & (RIGHT | STAYED)),
    "no_baseline_letter": ItemSet(
        "No option letter in the baseline response", ANSWERED & HAS_BASELINE & Q(baseline_answer="")
    ),
    "no_personalised_letter": ItemSet(
        "No option letter in the personalised response", ANSWERED & Q(personalised_answer="")
    ),
    "not_followed": ItemSet(
        "Baseline right, preference not followed, by the judge",
        ANSWERED & RIGHT & NOT_FOLLOWED,
        by_judge=True,
    ),
    "not_robust": ItemSet(
        "Baseline right, then wrong or not followed, by the judge",
        ANSWERED & RIGHT & SCORED & (LOST | NOT_FOLLOWED),
        by_judge=True,
    ),
    "scored": ItemSet("Baseline right, scored by the judge", ANSWERED & RIGHT & SCORED, by_judge=True),
    "unscored": ItemSet(
        "Baseline right, not scored by the judge", ANSWERED & RIGHT & UNSCORED, by_judge=True
    ),
    "fell_back": ItemSet("Aligner's reply unreadable, fell back", ANSWERED & RIGHT & Q(fell_back=True)),
    "aligner_broke": ItemSet("Aligner broke a right answer", ANSWERED & RIGHT & LOST & Q(fell_back=False)),
    "acted_on_irrelevant": ItemSet(
        "Irrelevant preference acted on, answer still right", KEPT & Q(fell_back=False, is_changed=True)
    ),
    "aligned_not_followed": ItemSet(
        "Aligner kept the answer, preference not followed",
        KEPT & Q(fell_back=False) & NOT_FOLLOWED,
        by_judge=True,
    ),
    "aligned_unscored": ItemSet(
        "Aligner kept the answer, not scored by the judge",
        KEPT & Q(fell_back=False) & UNSCORED,
        by_judge=True,
    ),
    "aligned_followed": ItemSet(
        "Aligner kept the answer, preference followed", KEPT & Q(fell_back=False) & FOLLOWED, by_judge=True
    ),
    "left_alone": ItemSet(
        "Aligner kept the answer and the text", KEPT & Q(fell_back=False, is_changed=False)
    ),
    "failed": ItemSet("Failed: not answered", Q(status=ItemStatus.FAILED)),
    "pending": ItemSet("Still being answered", Q(status=ItemStatus.PENDING)),
    "done": ItemSet("Answered", Q(status=ItemStatus.DONE)),
    "finished": ItemSet("Answered, or failed", Q(status__in=[ItemStatus.DONE, ItemStatus.FAILED])),
    "judge_scored": ItemSet("Scored by the judge", SCORED, by_judge=True),
    "judge_unscored": ItemSet(
        "Left without a score by the judge", Q(is_unscored=True), by_judge=True, by_judgments=True
    ),
    "judge_waiting": ItemSet(
        "Answered, not rated by the judge yet",
        Q(pers__isnull=False) & TO_RATE,
        by_judge=True,
        by_judgments=True,
    ),
    "judge_to_do": ItemSet(
        "Not rated by the judge yet, answered or not",
        (Q(pers__isnull=False) | ~Q(status=ItemStatus.FAILED)) & TO_RATE,
        by_judge=True,
        by_judgments=True,
    ),
    "judge_not_asked": ItemSet(
        "Failed, so that the judge is not asked", Q(status=ItemStatus.FAILED, pers__isnull=True)
    ),
}


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Which items of a run are wanted; what is None does not filter. A slice's value is as results name it."""

    show: str = "all"
    judge: Judge | None = None
    source: str | None = None
    category: str | None = None
    preference: str | None = None
    preference_category: str | None = None
    cause: str | None = None
    reason: str | None = None
    text: str | None = None
    score: int | None = None
    stage: str | None = None
    call: str | None = None
    endpoint: int | None = None
    error: str | None = None
    common: Run | None = None
    only: Run | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge says of an item in a list."""

    judge: str
    score: int | None
    unscored_reason: str


def run_items(run: Run, filters: ItemFilter) -> QuerySet[Item]:
    """The wanted items of a run by position, with their answers: `gold`, `baseline_answer`, `personalised_answer`.

    `margin` is how far the judge's scores together lie above its threshold, None where it gave none.
    """
    item_set = SETS[filters.show]
    items = (
        Item.objects.filter(run=run)
        .select_related("question", "preference")
        .annotate(
            base=FilteredRelation("responses", condition=Q(responses__condition=Condition.BASELINE)),
            pers=FilteredRelation("responses", condition=Q(responses__condition=Condition.PERSONALISED)),
            gold=F("question__gold_option"),
            baseline_answer=F("base__answer"),
            personalised_answer=F("pers__answer"),
            fell_back=F("pers__fell_back"),
        )
        .order_by("position")
    )
    if item_set.by_judge:
        items = items.annotate(margin=_margin(filters.judge))
    if item_set.by_judgments and filters.judge is not None:
        items = items.annotate(
            rated=_rated(filters.judge),
            replicates=Value(filters.judge.replicates),
            is_unscored=_unscored(filters.judge),
        )
    if filters.show in {"acted_on_irrelevant", "left_alone"}:
        items = items.annotate(is_changed=_differ())
    return items.filter(item_set.condition & _slice(run, filters) & _reached(run, filters))


def page_of(items: QuerySet[Item], *, after: int) -> tuple[list[Item], bool]:
    """The items behind position `after`, a page of them, and whether there are more."""
    page = list(items.filter(position__gt=after)[: PAGE + 1])
    return page[:PAGE], len(page) > PAGE


def count_of(items: QuerySet[Item]) -> tuple[int, bool]:
    """How many items there are, counted up to COUNTED, and whether there are more."""
    count = items.order_by()[: COUNTED + 1].count()
    return min(count, COUNTED), count > COUNTED


def verdicts_on(items: Sequence[Item]) -> Mapping[int, list[Verdict]]:
    """What judges say of the items, by item, by name of the judge. One query."""
    verdicts: dict[int, list[Verdict]] = {item.pk: [] for item in items}
    judgments = (
        Judgment.objects.filter(response__item__in=list(verdicts))
        .exclude(status=JudgmentStatus.PENDING)
        .order_by("judge__name", "replicate")
        .values_list("response__item", "judge__name", "score", "unscored_reason")
    )
    for item, judge, score, reason in judgments:
        verdicts[item].append(Verdict(judge, score, reason))
    return verdicts


def _margin(judge: Judge | None) -> Subquery:
    """Sum of the judge's scores less threshold times their number: the mean reaches the threshold from 0 on."""
    scores = Judgment.objects.filter(
        response=OuterRef("pers__pk"), judge=judge, status=JudgmentStatus.SCORED
    ).order_by()
    threshold = judge.threshold if judge else 0
    return Subquery(
        scores.values("response").annotate(margin=Sum("score") - threshold * Count("pk")).values("margin"),
        output_field=IntegerField(),
    )


def _rated(judge: Judge) -> Coalesce:
    """How many of the judge's replicates have come to an end, with a score or without."""
    judgments = (
        Judgment.objects.filter(response=OuterRef("pers__pk"), judge=judge)
        .exclude(status=JudgmentStatus.PENDING)
        .order_by()
    )
    counted = judgments.values("response").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _unscored(judge: Judge) -> Exists:
    return Exists(
        Judgment.objects.filter(response=OuterRef("pers__pk"), judge=judge, status=JudgmentStatus.UNSCORED)
    )


def _differ() -> Func:
    """Whether the two responses differ in more than white space, as `results.metrics.aligner_failures` has it."""
    return Func(
        _plain("base__text"),
        _plain("pers__text"),
        template="(%(expressions)s)",
        arg_joiner=" <> ",
        output_field=BooleanField(),
    )


def _plain(field: str) -> Func:
    blanks = Value(" \t\n\r\f\v")
    trimmed = Func(F(field), blanks, function="btrim", output_field=TextField())
    return Func(
        trimmed,
        Value("[ \t\n\r\f\v]+"),
        Value(" "),
        Value("g"),
        function="regexp_replace",
        output_field=TextField(),
    )


def _slice(run: Run, filters: ItemFilter) -> Q:
    """The condition of the slice and of the reasons."""
    condition = Q()
    for field, value in {
        "question__source": filters.source,
        "question__category": filters.category,
        "preference__text": filters.preference,
        "preference__category": filters.preference_category,
    }.items():
        if value is None:
            continue
        if field == "preference__category":
            value = _category(value)
        if value not in {"", NOT_GIVEN}:
            condition &= Q(**{field: value})
        elif field.startswith("preference"):
            condition &= Q(preference__isnull=True)
        else:
            condition &= Q(**{field: ""})
    if filters.cause is not None:
        condition &= Q(failure=filters.cause)
    if filters.reason is not None:
        unscored = Judgment.objects.filter(
            response__item__run=run, status=JudgmentStatus.UNSCORED, unscored_reason=filters.reason
        )
        if filters.judge is not None:
            unscored = unscored.filter(judge=filters.judge)
        condition &= Q(pk__in=unscored.values("response__item"))
    if filters.text:
        condition &= Q(question__text__icontains=filters.text)
    return condition


def _reached(run: Run, filters: ItemFilter) -> Q:
    """The condition of scores, calls, and of a run that this one is compared with."""
    condition = Q()
    if filters.score is not None:
        scores = Judgment.objects.filter(
            response__item__run=run, status=JudgmentStatus.SCORED, score=filters.score
        )
        if filters.judge is not None:
            scores = scores.filter(judge=filters.judge)
        condition &= Q(pk__in=scores.values("response__item"))
    if filters.stage is not None:
        condition &= asked_as(run, filters.stage, filters.call or "wanted")
    if filters.error is not None:
        condition &= failed_by(run, endpoint=filters.endpoint, error=filters.error)
    if filters.common is not None:
        condition &= paired_with(run, filters.common)
    if filters.only is not None:
        condition &= ~paired_with(run, filters.only)
    return condition


def _category(shown: str) -> str:
    """The value of a preference category that results name by its label."""
    by_label: dict[str, str] = {str(label): value for value, label in PreferenceCategory.choices}
    return by_label.get(shown, shown)
