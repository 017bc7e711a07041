"""Which items of a run a number of calls stands for, and which two runs have in common, as conditions on `Item`."""

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import Exact

from evaluation.models import Item, ItemCall, Judgment, Response, Run
from evaluation.models.completion import UNANSWERED, CompletionStatus
from evaluation.models.item import Condition, ItemStatus
from evaluation.models.run import Setting
from evaluation.stages.plan import Method, Stage, stages_of

CALLS = {
    "wanted": "Wanted",
    "succeeded": "Succeeded",
    "failed": "Failed",
    "waiting": "Waiting",
    "not_asked": "Not asked: the item failed before",
}
"""How the call of an item in a stage stands, as `selectors.progress.StageProgress` counts it."""


def asked_as(run: Run, stage: str, call: str) -> Q:
    """Items whose call in the stage stands as `call`, a key of CALLS."""
    calls = ItemCall.objects.filter(item=OuterRef("pk"), stage=stage)
    has_call = Q(Exists(calls))
    if call == "succeeded":
        return Q(Exists(calls.filter(completion__status=CompletionStatus.SUCCEEDED)))
    if call == "failed":
        return Q(Exists(calls.filter(completion__status__in=UNANSWERED)))
    is_for_all = stage in set(Stage) and Stage(stage) in stages_of(Method(run.method))
    if call == "not_asked":
        return (~has_call & Q(status=ItemStatus.FAILED)) if is_for_all else Q(pk=None)
    if call == "waiting":
        finished = calls.filter(completion__status__in=CompletionStatus.finished())
        to_ask = (~has_call & ~Q(status=ItemStatus.FAILED)) if is_for_all else Q(pk=None)
        return (has_call & ~Q(Exists(finished))) | to_ask
    return Q() if is_for_all else has_call


def failed_by(run: Run, *, endpoint: int | None, error: str) -> Q:
    """Items of the run that want a call, of theirs or of a judge, which ended for this cause without an answer."""
    ended: dict[str, object] = {"completion__status__in": UNANSWERED, "completion__error_code": error}
    if endpoint is not None:
        ended["completion__endpoint"] = endpoint
    calls = ItemCall.objects.filter(item__run=run, **ended)
    judgments = Judgment.objects.filter(response__item__run=run, **ended)
    return Q(pk__in=calls.values("item")) | Q(pk__in=judgments.values("response__item"))


def paired_with(run: Run, other: Run) -> Q:
    """Items that the other run has with both responses, too: those that `results.metrics.comparison` pairs."""
    counterparts = _answered(other)
    if pairs_by_question(run, other):
        own, others = _answered_of_question(run), _answered_of_question(other)
        # Equally often: then all items of the question are paired, one with one.
        return Q(Exists(counterparts)) & Q(Exact(own, others))
    repeated = counterparts.filter(repetition=OuterRef("repetition"))
    told_nothing = repeated.filter(preference__isnull=True)
    told_the_same = repeated.filter(preference__text=OuterRef("preference__text"))
    return (Q(preference__isnull=True) & Q(Exists(told_nothing))) | Q(Exists(told_the_same))


def _answered(run: Run) -> QuerySet[Item]:
    """The items of the run on the outer item's question that have both responses."""
    items = Item.objects.filter(run=run, question=OuterRef("question")).order_by()
    for condition in Condition:
        items = items.filter(Exists(Response.objects.filter(item=OuterRef("pk"), condition=condition)))
    return items


def _answered_of_question(run: Run) -> Subquery:
    counted = _answered(run).values("question").annotate(number=Count("pk")).values("number")
    return Subquery(counted, output_field=IntegerField())


def pairs_by_question(run: Run, other: Run) -> bool:
    """Whether only one of the two runs tells preferences that are relevant, so that questions alone can pair items."""
    return (run.setting == Setting.IRRELEVANT) != (other.setting == Setting.IRRELEVANT)
