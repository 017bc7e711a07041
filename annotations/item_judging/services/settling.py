"""Turning finished replies into ratings, or into reasons for none. Safe to run any number of times at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from annotations.item_judging.selectors.judges import REFUSED
from annotations.item_judging.selectors.questions import Question
from annotations.item_judging.services.asking import Asking, asking_of
from annotations.item_judging.services.queueing import queue_calls
from annotations.models import ImportedRating, ItemJudge, ItemJudgment
from annotations.models.imported import RatedBy
from annotations.models.item_judge import ItemJudgmentState, JudgingState
from evaluation.engine.calls.causes import CALL_FAILED
from evaluation.engine.calls.costs import MOST_MONEY, NOTHING
from evaluation.engine.calls.recording import CUT_OFF
from evaluation.llm.replies import storable
from evaluation.llm.requests import ChatRequest
from evaluation.models import Completion
from evaluation.models.completion import CompletionStatus
from perg.rubrics.answers import option_keys
from perg.rubrics.criterion import Criterion as Definition
from perg.rubrics.replies import AMBIGUOUS, UNREADABLE, ReadAnswer, read_reply

CHUNK = 200
LONGEST_EXPLANATION = 20_000


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What a reply says: the answer to each question by its key, and which of those that need one have none."""

    answers: Mapping[str, ReadAnswer]
    unanswered: Sequence[str]

    @property
    def reason(self) -> str:
        return self.answers[self.unanswered[0]].unscored_reason if self.unanswered else ""

    @property
    def explanation(self) -> str:
        texts = [answer.explanation for answer in self.answers.values() if answer.explanation]
        return storable(texts[0])[:LONGEST_EXPLANATION] if texts else ""

    @property
    def is_unreadable(self) -> bool:
        """Whether asking once more may help."""
        return any(self.answers[key].unscored_reason in (UNREADABLE, AMBIGUOUS) for key in self.unanswered)


def verdicts_of(completion: Completion, definitions: Sequence[Definition]) -> Verdicts:
    """What a finished call says, or why nothing."""
    match completion.status:
        case CompletionStatus.SUCCEEDED:
            answers = read_reply(definitions, completion.text, cut_off=completion.error_code == CUT_OFF)
        case CompletionStatus.REFUSED:
            answers = {definition.key: ReadAnswer(None, "", REFUSED) for definition in definitions}
        case _:
            reason = f"{CALL_FAILED}{completion.error_code}"
            answers = {definition.key: ReadAnswer(None, "", reason) for definition in definitions}
    asked = {
        definition.key: answers[definition.key]
        for definition in definitions
        if _is_asked(definition, definitions, answers)
    }
    has_answer = any(answer.answer is not None for answer in asked.values())
    required = {definition.key for definition in definitions if definition.required or not has_answer}
    unanswered = [key for key, answer in asked.items() if answer.answer is None and key in required]
    return Verdicts(asked, unanswered)


def _is_asked(
    definition: Definition, definitions: Sequence[Definition], answers: Mapping[str, ReadAnswer]
) -> bool:
    """Whether the condition of a criterion holds; where the answer that it depends on is missing, it does."""
    condition = definition.only_if
    if condition is None:
        return True
    other = next(other for other in definitions if other.key == condition.criterion)
    answer = answers[other.key].answer
    return answer is None or bool({*option_keys(other, float(answer))} & {*condition.answers})


@transaction.atomic
def settle_judgments(*, judge_id: int) -> int:
    """Settle a chunk of the judge's replies, and give their number.

    Rows that another worker is settling are skipped. An unreadable reply is asked for once more, if the judge goes on.
    """
    judgments = list(
        ItemJudgment.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .filter(
            judge=judge_id,
            state=ItemJudgmentState.PENDING,
            completion__status__in=CompletionStatus.finished(),
        )
        .select_related("completion")
        .order_by("pk")[:CHUNK]
    )
    if not judgments:
        return 0
    judge = (
        ItemJudge.objects.select_for_update(of=("self",), no_key=True)
        .select_related("endpoint", "campaign")
        .get(pk=judge_id)
    )
    _pay(judge, judgments)
    asking, ratings, again = (
        asking_of(judge),
        list[ImportedRating](),
        list[tuple[ItemJudgment, ChatRequest]](),
    )
    for judgment in judgments:
        assert judgment.completion is not None
        verdicts = verdicts_of(judgment.completion, asking.definitions(judgment.criterion))
        ratings += _ratings(judge, judgment, asking, verdicts)
        lacking = [
            key for key in verdicts.unanswered if not judgment.unanswered or key in judgment.unanswered
        ]
        if lacking and verdicts.is_unreadable and judgment.first_completion_id is None:
            first = ChatRequest.from_json(judgment.completion.request)
            again.append(
                (judgment, asking.request_again(first, judgment.completion.text, judgment.criterion))
            )
        _settle(judgment, verdicts, lacking)
    ImportedRating.objects.bulk_create(ratings, ignore_conflicts=True)
    ItemJudgment.objects.bulk_update(
        judgments, ["state", "unanswered", "reason", "explanation", "settled_at", "reserved", "counted"]
    )
    if ratings:
        ItemJudge.objects.filter(pk=judge.pk).update(rated_at=timezone.now())
    if again and judge.state == JudgingState.RUNNING:
        _ask_again(judge, again)
    return len(judgments)


def _pay(judge: ItemJudge, judgments: Sequence[ItemJudgment]) -> None:
    """Add what the calls have cost to the judge's sum, each once."""
    for judgment in judgments:
        assert judgment.completion is not None
        judge.reserved -= judgment.reserved
        judgment.reserved = NOTHING
        cost = judgment.completion.cost
        if judgment.is_paid and cost is not None:
            judge.spent = min(judge.spent + max(cost - judgment.counted, NOTHING), MOST_MONEY)
            judgment.counted = cost
    judge.save(update_fields=["reserved", "spent"])


def _ratings(
    judge: ItemJudge, judgment: ItemJudgment, asking: Asking, verdicts: Verdicts
) -> list[ImportedRating]:
    """The answers that are still lacking, as ratings."""
    ratings = []
    for question in asking.calls[judgment.criterion]:
        read = verdicts.answers.get(question.key)
        if read is None or read.answer is None:
            continue
        if judgment.unanswered and question.key not in judgment.unanswered:
            continue
        ratings += [
            ImportedRating(
                criterion_id=criterion,
                item_id=judgment.item_id,
                rater=judge.rater(judgment.replicate),
                kind=RatedBy.JUDGE,
                value=value,
                explanation=storable(read.explanation or verdicts.explanation)[:LONGEST_EXPLANATION],
                swapped=judgment.swapped,
            )
            for criterion, value in _values(question, read, judgment)
        ]
    return ratings


def _values(question: Question, read: ReadAnswer, judgment: ItemJudgment) -> list[tuple[int, str]]:
    assert read.answer is not None
    values = question.stored(read.answer, swapped=judgment.swapped)
    return [(criterion, storable(value)) for criterion, value in values if value]


def _settle(judgment: ItemJudgment, verdicts: Verdicts, lacking: Sequence[str]) -> None:
    judgment.state = ItemJudgmentState.UNSCORED if lacking else ItemJudgmentState.SCORED
    judgment.unanswered = list(lacking)
    judgment.reason = verdicts.answers[lacking[0]].unscored_reason[:200] if lacking else ""
    judgment.explanation, judgment.settled_at = verdicts.explanation, timezone.now()


def _ask_again(judge: ItemJudge, again: Sequence[tuple[ItemJudgment, ChatRequest]]) -> None:
    """Ask once more for what was unreadable, as far as the budget allows; the rest stays unscored."""
    for judgment, _ in again:
        judgment.first_completion = judgment.completion
    queue_calls(judge, again, room=len(again))
