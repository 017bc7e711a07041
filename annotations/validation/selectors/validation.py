"""What a validation report is computed from, read in a few queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Length

from annotations.labelling.selectors.item_votes import has_votes
from annotations.labelling.selectors.labels import votes
from annotations.models import Adjudication, Campaign, Criterion, Task
from annotations.models.task import TaskKind, TaskState
from annotations.validation.selectors.criteria import criterion_named
from annotations.validation.selectors.imported_ratings import OF_THE_REPORT, imported_input, told_apart
from core.db.whole_numbers import whole_numbers
from evaluation.models import Judge, Judgment, Response
from evaluation.models.dataset import PreferenceCategory
from evaluation.models.endpoint import JudgeOrigin
from evaluation.models.item import Condition
from evaluation.models.judgment import JudgmentStatus
from perg.stats.base.proportions import Flags
from perg.stats.base.resampling import Clusters
from perg.stats.base.terms import FOLLOWING
from perg.stats.files.rating_set import RatingSet
from perg.stats.items.validation_input import ValidationInput
from perg.stats.ratings.ratings import SCALE, Ratings, RatingTable


def has_ratings(campaign: Campaign, criterion: Criterion | None = None) -> bool:
    """Whether there is anything to report on: a rating by a person or a judge."""
    if campaign.is_imported:
        return criterion is not None and (criterion.ratings.exists() or has_votes(criterion))
    return votes(campaign).exists() or _judgments(campaign).exists()


def validation_input(campaign: Campaign, criterion: Criterion | None = None) -> ValidationInput:
    """The ratings and items of a campaign, as they are now: the same number of queries whatever its size.

    Imported ratings are those by the criterion, which need not be named where it is the only one. Raises
    CriterionNeeded.
    """
    if not campaign.is_imported:
        return _campaign_input(campaign)
    criterion = criterion or criterion_named(campaign, None)
    if criterion is None:
        raise ValueError("the campaign has no criterion")
    return imported_input(criterion)


# --- Campaigns on runs --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Item:
    """A personalised response that a judge has scored or that is a task, and what it answers to."""

    response: int
    length: int
    answer: str
    item: int
    position: int
    question: int
    preference: int | None
    gold_option: str
    source: str
    category: str
    preference_category: str | None
    run: str
    method: str
    setting: str
    model: str


def _campaign_input(campaign: Campaign) -> ValidationInput:
    judgments = whole_numbers(_judgments(campaign).values_list("judge", "replicate", "response", "score"))
    drawn = list(_regular(campaign).values_list("response", "stratum", "inclusion_probability"))
    items = _items(campaign, {*np.unique(judgments[:, 2]).tolist(), *(response for response, _, _ in drawn)})
    rows = {item.response: row for row, item in enumerate(items)}
    people = _people(campaign, rows)
    judges = _judges(judgments, rows, taken=people)
    table = RatingTable(
        units=tuple(rows),
        raters=(*people, *judges.scores),
        values=_columns([*people.values(), *judges.scores.values()], len(rows)),
    )
    baseline = _baseline_answers(campaign)
    sample = _sample(drawn, rows)
    return ValidationInput(
        ratings=RatingSet("ordinal", table, (), tuple(people), tuple(judges.scores), missing=0),
        threshold=float(campaign.threshold),
        clusters=_whole(item.question for item in items),
        facets=_facets(items),
        response_length=np.array([item.length for item in items], dtype=np.float64),
        position=np.array([item.position for item in items], dtype=np.float64),
        baseline_correct=_flags(baseline.get(item.item) == item.gold_option for item in items),
        answer_correct=_flags(item.answer == item.gold_option for item in items),
        stratum=sample.stratum,
        inclusion=sample.inclusion,
        run=[item.run for item in items],
        pairing=_numbered((item.question, item.preference) for item in items),
        gold=_gold(campaign, rows),
        replicates=judges.replicates(tuple(rows)),
        judge_kinds=judges.kinds,
        terms=FOLLOWING,
    )


def _items(campaign: Campaign, keys: set[int]) -> list[_Item]:
    """The items of these responses, in the order of the runs and their items."""
    responses = (
        Response.objects.filter(condition=Condition.PERSONALISED)
        .filter(
            Q(item__run__in=campaign.runs.all())
            | Exists(_regular(campaign).filter(response=OuterRef("pk")))  # of a run taken out of the campaign
        )
        .order_by("item__run_id", "item__position")
    )
    rows = responses.values_list(
        "pk",
        Length("text"),
        "answer",
        "item",
        "item__position",
        "item__question",
        "item__preference",
        "item__question__gold_option",
        "item__question__source",
        "item__question__category",
        "item__preference__category",
        "item__run__name",
        "item__run__method",
        "item__run__setting",
        "item__run__endpoint__model",
    )
    return [_Item(*row) for row in rows if row[0] in keys]


def _facets(items: Sequence[_Item]) -> dict[str, list[str | None]]:
    """What the items are sliced by; an empty cell is no slice."""

    labels: dict[str | None, str] = {category.value: category.label for category in PreferenceCategory}
    return {
        "source": [item.source or None for item in items],
        "category": [item.category or None for item in items],
        "preference category": [labels.get(item.preference_category) for item in items],
        "model": [item.model for item in items],
        "method": [item.method for item in items],
        "setting": [item.setting for item in items],
        "answer correct": ["correct" if item.answer == item.gold_option else "incorrect" for item in items],
    }


def _baseline_answers(campaign: Campaign) -> dict[int, str]:
    """By item."""
    baseline = Response.objects.filter(item__run__in=campaign.runs.all(), condition=Condition.BASELINE)
    return dict(baseline.values_list("item", "answer"))


@dataclass(frozen=True, slots=True)
class _Sample:
    stratum: list[str]
    inclusion: Ratings


def _sample(drawn: Iterable[tuple[int, str, float]], rows: Mapping[int, int]) -> _Sample:
    """Stratum and inclusion probability of the tasks; other items were not drawn."""
    stratum, inclusion = [""] * len(rows), np.full(len(rows), np.nan)
    for response, of_stratum, probability in drawn:
        stratum[rows[response]] = of_stratum
        inclusion[rows[response]] = probability
    return _Sample(stratum, inclusion)


def _people(campaign: Campaign, rows: Mapping[int, int]) -> dict[str, Ratings]:
    """The votes of each person, by user name in alphabetical order."""
    labels = votes(campaign).values_list(
        "assignment__member__user__username", "assignment__task__response", "score"
    )
    people: dict[str, Ratings] = {}
    for person, response, score in labels.order_by("assignment__member__user__username"):
        if person not in people:
            people[person] = np.full(len(rows), np.nan)
        people[person][rows[response]] = score
    return people


def _gold(campaign: Campaign, rows: Mapping[int, int]) -> Ratings:
    """The adjudicators' decisions in force."""
    in_force = (
        Adjudication.objects.filter(task__campaign=campaign, task__state=TaskState.ADJUDICATED)
        .order_by("task_id", "-revision")
        .distinct("task_id")
    )
    gold = np.full(len(rows), np.nan)
    for response, score in in_force.values_list("task__response", "score"):
        gold[rows[response]] = score
    return gold


@dataclass(frozen=True, slots=True)
class _Judges:
    """First replicates and, of judges that rate more than once, all replicates, by the judge's name."""

    scores: dict[str, Ratings]
    repeated: dict[str, dict[str, Ratings]]
    kinds: dict[str, str]

    def replicates(self, units: tuple[int, ...]) -> dict[str, RatingTable]:
        """As tables over the same units."""
        return {
            judge: RatingTable(units, tuple(columns), _columns(list(columns.values()), len(units)), SCALE)
            for judge, columns in self.repeated.items()
        }


def _judges(table: Clusters, rows: Mapping[int, int], *, taken: Iterable[str]) -> _Judges:
    """All judges by their judgments (judge, replicate, response, score), in rows of `table`.

    One that is called as a person is gets its kind behind its name.
    """
    place = _places(rows, table[:, 2])
    known = {judge.pk: judge for judge in Judge.objects.select_related("endpoint")}
    people = {*OF_THE_REPORT, *taken}
    judges = _Judges({}, {}, {})
    for key in sorted(np.unique(table[:, 0]).tolist(), key=lambda key: known[key].name):
        judge = known[key]
        name = told_apart(judge.name, people | set(judges.scores), "judge")
        columns = {}
        for replicate in np.unique(table[table[:, 0] == key, 1]).tolist():
            chosen = (table[:, 0] == key) & (table[:, 1] == replicate)
            column = np.full(len(rows), np.nan)
            column[place[chosen]] = table[chosen, 3]
            columns[f"replicate {replicate}"] = column
        judges.scores[name] = columns.get("replicate 1", np.full(len(rows), np.nan))
        judges.kinds[name] = _kind(judge)
        if len(columns) > 1:
            judges.repeated[name] = columns
    return judges


def _kind(judge: Judge) -> str:
    if judge.origin == JudgeOrigin.IMPORTED:
        return "imported judge"
    return "floor" if judge.is_floor else "judge"


def _scored() -> QuerySet[Judgment]:
    return Judgment.objects.filter(status=JudgmentStatus.SCORED)


def _judgments(campaign: Campaign) -> QuerySet[Judgment]:
    """Scores of the personalised responses of the campaign's runs, all replicates."""
    return _scored().filter(
        response__item__run__in=campaign.runs.all(), response__condition=Condition.PERSONALISED
    )


def _regular(campaign: Campaign) -> QuerySet[Task]:
    return Task.objects.filter(campaign=campaign, kind=TaskKind.REGULAR).order_by()


# --- Arrays -------------------------------------------------------------------------------------------------


def _columns(columns: Sequence[Ratings], rows: int) -> Ratings:
    return np.column_stack(columns) if columns else np.empty((rows, 0))


def _whole(values: Iterable[int]) -> Clusters:
    return np.fromiter(values, dtype=np.int64)


def _flags(values: Iterable[bool]) -> Flags:
    return np.fromiter(values, dtype=np.bool_)


def _numbered(keys: Iterable[object]) -> Clusters:
    """Numbers that are equal where the keys are."""
    numbers: dict[object, int] = {}
    return _whole(numbers.setdefault(key, len(numbers)) for key in keys)


def _places(rows: Mapping[int, int], responses: Clusters) -> Clusters:
    """The row of each response."""
    keys, places = _whole(rows), _whole(rows.values())
    order = np.argsort(keys)
    return places[order][np.searchsorted(keys[order], responses)]
