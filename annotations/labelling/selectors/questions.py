"""What people are asked of imported items: the criteria of a campaign as questions, each with its rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from annotations.models import Campaign, Criterion
from perg.rubrics.criterion import Criterion as Definition
from perg.rubrics.criterion import problem_of_order


@dataclass(frozen=True, slots=True)
class AskedCriterion:
    """A question, and the rows that its answer is a rating of: of `multilabel` one for each label, else one."""

    definition: Definition
    rows: tuple[Criterion, ...]


def asked_criteria(campaign: int) -> list[AskedCriterion]:
    """What the campaign with this key asks, in order."""
    return questions_of(Criterion.objects.filter(campaign=campaign, is_asked=True).order_by("position"))


def asked_definitions(campaign: int) -> list[Definition]:
    """The same, without the rows."""
    return [question.definition for question in asked_criteria(campaign)]


def questions_of(rows: Iterable[Criterion]) -> list[AskedCriterion]:
    """Rows that can all be asked, as questions."""
    rows_of: dict[str, list[Criterion]] = {}
    for row in rows:
        rows_of.setdefault(question_of(row), []).append(row)
    return [AskedCriterion(definition_of(of[0]), tuple(of)) for of in rows_of.values()]


@dataclass(frozen=True, slots=True)
class Askable:
    """A question of a campaign for its lead to choose; `problem` says why it cannot be asked."""

    key: str
    rows: tuple[Criterion, ...]
    problem: str

    @property
    def name(self) -> str:
        """The question, or the key where there is none."""
        question = self.rows[0].definition.get("question") or (
            "" if self.rows[0].part_of else self.rows[0].question
        )
        return str(question or self.key)

    @property
    def is_asked(self) -> bool:
        return self.rows[0].is_asked

    @property
    def kind(self) -> str:
        """What its answers are, in words."""
        return "Any of several labels" if self.rows[0].part_of else self.rows[0].get_kind_display()


def askable_criteria(campaign: Campaign) -> list[Askable]:
    """All criteria of a campaign, in order, the labels of one question together."""
    rows_of: dict[str, list[Criterion]] = {}
    for row in campaign.criteria.order_by("position"):
        rows_of.setdefault(question_of(row), []).append(row)
    return [Askable(key, tuple(rows), _problem(key, rows)) for key, rows in rows_of.items()]


def problem_of_choice(rows: Sequence[Criterion]) -> str:
    """Why these rows, each of which can be asked, cannot be asked together; empty: they can."""
    return problem_of_order(tuple(question.definition for question in questions_of(rows)))


def question_of(row: Criterion) -> str:
    """The key by which the criterion is answered."""
    return str(row.definition.get("key") or row.part_of or row.key)


def _problem(key: str, rows: Sequence[Criterion]) -> str:
    if any(not row.definition for row in rows):
        return f"“{key}” cannot be asked: only its ratings are known, not the question with its answers."
    try:
        definition = definition_of(rows[0])
    except ValidationError:
        return f"“{key}” cannot be asked: its definition is not valid."
    if len(rows) > 1 and (definition.kind != "multilabel" or len(rows) != len(definition.options)):
        return f"“{key}” cannot be asked: its labels are not those of one question."
    return ""


def definition_of(row: Criterion) -> Definition:
    """Raises pydantic.ValidationError."""
    return Definition.model_validate(row.definition)
