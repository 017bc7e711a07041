"""Tables of the evaluation: runs' metrics, items, responses, judgments, questions, preferences, calls.

Leads get what belongs to the items of their campaign; all of it is for staff.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import BooleanField, Case, Exists, F, OuterRef, Q, QuerySet, Value, When

from annotations.exports.tables.columns import (
    Column,
    Filter,
    FilterKind,
    Kind,
    Row,
    Scope,
    Source,
    Table,
    of_queryset,
)
from annotations.models import Task
from evaluation.models import Completion, Item, Judgment, Preference, Question, Response, Run
from evaluation.models.result import RunChange
from evaluation.results.metrics.run_metrics import RunOutcomes
from perg.stats.base.estimate import Estimate
from perg.stats.base.result import load
from perg.stats.runs.perg_metrics import PergMetrics

CAMPAIGN = Filter(
    "campaign",
    FilterKind.CAMPAIGN,
    "Campaign",
    help_text="Only what belongs to the items of this campaign.",
)
RUN = Filter("run", FilterKind.RUN, "Run")

ITEM_COLUMNS = (
    Column("run", Kind.INTEGER, "Key of the run.", "item__run_id"),
    Column("run_name", Kind.TEXT, "Name of the run.", "item__run__name"),
    Column("model", Kind.TEXT, "The model that answered.", "item__run__endpoint__model"),
    Column("method", Kind.TEXT, "How it was prompted.", "item__run__method"),
    Column("setting", Kind.TEXT, "Which preferences it was told.", "item__run__setting"),
    Column("position", Kind.INTEGER, "Place of the item in the run.", "item__position"),
)
CALL_COLUMNS = (
    Column("input_tokens", Kind.INTEGER, "Tokens read by the call.", "completion__input_tokens"),
    Column("output_tokens", Kind.INTEGER, "Tokens written by the call.", "completion__output_tokens"),
    Column("seconds", Kind.NUMBER, "Duration of the call.", "completion__seconds"),
    Column("cost", Kind.NUMBER, "US dollars; empty: unpriced, or not called here.", "completion__cost"),
)


def _of_campaign(scope: Scope, item: str) -> Q:
    """Condition: the row's item, at this path, has a task in the scope's campaign."""
    if scope.campaign is None:
        return Q()
    return Q(Exists(Task.objects.filter(campaign=scope.campaign, response__item=OuterRef(item))))


def _narrowed(scope: Scope, rows: QuerySet[Any], **paths: str) -> QuerySet[Any]:
    """By those of the scope's filters that are given; `paths`: what of the row each of them fits."""
    lookups = {path: scope.filters.get(name) for name, path in paths.items()}
    return rows.filter(**{path: value for path, value in lookups.items() if value})


# --- Responses --------------------------------------------------------------------------------------------------

RESPONSES = (
    Column("response", Kind.INTEGER, "Key of the response.", "pk"),
    Column("item", Kind.INTEGER, "Key of the item.", "item_id"),
    *ITEM_COLUMNS,
    Column("question", Kind.INTEGER, "Key of the question.", "item__question_id"),
    Column("preference", Kind.INTEGER, "Key of the relevant preference.", "item__preference_id"),
    Column("condition", Kind.TEXT, "baseline: without preferences; personalised: with them."),
    Column("text", Kind.TEXT, "What the model wrote."),
    Column("answer", Kind.TEXT, "The option letter it commits to; empty: none."),
    Column("is_correct", Kind.FLAG, "Whether that is the question's gold option."),
    Column("extraction", Kind.TEXT, "How the letter was found."),
    Column("extraction_rule", Kind.TEXT, "The rule that found it."),
    Column("thoughts", Kind.TEXT, "What the aligner says it did."),
    Column("fell_back", Kind.FLAG, "Whether the baseline stands in for an unreadable reply of the aligner."),
    *CALL_COLUMNS,
)


def responses(scope: Scope) -> Source:
    rows = Response.objects.filter(_of_campaign(scope, "item")).order_by("pk")
    rows = _narrowed(scope, rows, run="item__run", condition="condition")
    is_correct = Case(
        When(answer=F("item__question__gold_option"), then=Value(True)),
        default=Value(False),
        output_field=BooleanField(),
    )
    return of_queryset(RESPONSES, rows.annotate(is_correct=is_correct))


# --- Judgments --------------------------------------------------------------------------------------------------

JUDGMENTS = (
    Column("judgment", Kind.INTEGER, "Key of the judgment.", "pk"),
    Column("response", Kind.INTEGER, "Key of the personalised response.", "response_id"),
    Column("item", Kind.INTEGER, "Key of the item.", "response__item_id"),
    Column("run", Kind.INTEGER, "Key of the run.", "response__item__run_id"),
    Column("run_name", Kind.TEXT, "Name of the run.", "response__item__run__name"),
    Column("judge", Kind.TEXT, "Name of the judge.", "judge__name"),
    Column("replicate", Kind.INTEGER, "Which of the judge's ratings of this response, from 1."),
    Column("status", Kind.TEXT, "scored, unscored or pending."),
    Column("score", Kind.INTEGER, "1 to 5: how far the preference is followed."),
    Column("followed", Kind.FLAG, "Whether the score reaches the judge's threshold; empty: no score."),
    Column("explanation", Kind.TEXT, "What the judge says of it."),
    Column("unscored_reason", Kind.TEXT, "Why there is no score."),
    *CALL_COLUMNS,
    Column("created_at", Kind.TIME, "When it was made."),
)


def judgments(scope: Scope) -> Source:
    rows = Judgment.objects.filter(_of_campaign(scope, "response__item")).order_by("pk")
    rows = _narrowed(scope, rows, run="response__item__run")
    followed = Case(
        When(score__isnull=True, then=Value(None)),
        When(score__gte=F("judge__threshold"), then=Value(True)),
        default=Value(False),
        output_field=BooleanField(null=True),
    )
    return of_queryset(JUDGMENTS, rows.annotate(followed=followed))


# --- Items ------------------------------------------------------------------------------------------------------

ITEMS = (
    Column("item", Kind.INTEGER, "Key of the item.", "pk"),
    Column("run", Kind.INTEGER, "Key of the run.", "run_id"),
    Column("run_name", Kind.TEXT, "Name of the run.", "run__name"),
    Column("model", Kind.TEXT, "The model that answered.", "run__endpoint__model"),
    Column("method", Kind.TEXT, "How it was prompted.", "run__method"),
    Column("setting", Kind.TEXT, "Which preferences it was told.", "run__setting"),
    Column("position", Kind.INTEGER, "Place in the run, from 1."),
    Column("question", Kind.INTEGER, "Key of the question.", "question_id"),
    Column("question_text", Kind.TEXT, "The question.", "question__text"),
    Column("options", Kind.TEXTS, "Its options, A first.", "question__options"),
    Column("gold_option", Kind.TEXT, "Letter of the right one.", "question__gold_option"),
    Column("source", Kind.TEXT, "The benchmark it is from.", "question__source"),
    Column("category", Kind.TEXT, "Its category there.", "question__category"),
    Column("preference", Kind.INTEGER, "Key of the relevant preference.", "preference_id"),
    Column("preference_text", Kind.TEXT, "The relevant preference.", "preference__text"),
    Column("preference_category", Kind.TEXT, "Its category.", "preference__category"),
    Column("irrelevant_preferences", Kind.TEXTS, "Irrelevant preferences shown with it.", "irrelevant"),
    Column("status", Kind.TEXT, "done, pending or failed."),
    Column("failure", Kind.TEXT, "Why it failed."),
)


def items(scope: Scope) -> Source:
    rows = _narrowed(scope, Item.objects.filter(_of_campaign(scope, "pk")).order_by("pk"), run="run")
    irrelevant = ArrayAgg(
        "shown_irrelevant__preference__text",
        order_by=["shown_irrelevant__position"],
        filter=Q(shown_irrelevant__isnull=False),
        default=Value([]),
    )
    return of_queryset(ITEMS, rows.annotate(irrelevant=irrelevant))


# --- Questions and preferences ----------------------------------------------------------------------------------

QUESTIONS = (
    Column("question", Kind.INTEGER, "Key of the question.", "pk"),
    Column("dataset", Kind.TEXT, "The dataset it is in.", "dataset__name"),
    Column("external_id", Kind.TEXT, "Its id in the file it came from."),
    Column("text", Kind.TEXT, "The question."),
    Column("options", Kind.TEXTS, "Its options, A first."),
    Column("gold_option", Kind.TEXT, "Letter of the right one."),
    Column("source", Kind.TEXT, "The benchmark it is from."),
    Column("category", Kind.TEXT, "Its category there."),
)
PREFERENCES = (
    Column("preference", Kind.INTEGER, "Key of the preference.", "pk"),
    Column("catalogue", Kind.TEXT, "The catalogue it is in.", "catalogue__name"),
    Column("version", Kind.INTEGER, "Version of the catalogue.", "catalogue__version"),
    Column("text", Kind.TEXT, "The preference, one sentence."),
    Column("category", Kind.TEXT, "What it is about."),
    Column("kind", Kind.TEXT, "relevant or irrelevant to how a question is answered."),
)


def questions(scope: Scope) -> Source:
    rows = _narrowed(scope, Question.objects.order_by("pk"), dataset="dataset")
    return of_queryset(QUESTIONS, _asked_in(scope, rows, "question"))


def preferences(scope: Scope) -> Source:
    rows = _narrowed(scope, Preference.objects.order_by("pk"), catalogue="catalogue")
    return of_queryset(PREFERENCES, _asked_in(scope, rows, "preference"))


def _asked_in(scope: Scope, rows: QuerySet[Any], field: str) -> QuerySet[Any]:
    """Those that an item of the scope's campaign has in this field."""
    if scope.campaign is None:
        return rows
    tasks = Task.objects.filter(campaign=scope.campaign)
    return rows.filter(pk__in=tasks.values(f"response__item__{field}_id"))


# --- Runs' metrics ----------------------------------------------------------------------------------------------

RUN_METRICS = (
    Column("run", Kind.INTEGER, "Key of the run."),
    Column("run_name", Kind.TEXT, "Name of the run."),
    Column("model", Kind.TEXT, "The model that answered."),
    Column("method", Kind.TEXT, "How it was prompted."),
    Column("setting", Kind.TEXT, "Which preferences it was told."),
    Column("judge", Kind.TEXT, "The judge whose verdicts the metric rests on; empty: it needs none."),
    Column(
        "metric", Kind.TEXT, "breakage_rate, alignment_failure, robustness_error, … (docs/statistics.md)."
    ),
    Column("value", Kind.NUMBER, "The estimate; empty: undefined."),
    Column("low", Kind.NUMBER, "Lower end of its 95% interval."),
    Column("high", Kind.NUMBER, "Upper end of its 95% interval."),
    Column("n", Kind.INTEGER, "Units that it rests on."),
    Column("undefined", Kind.TEXT, "Why there is no value."),
)


def run_metrics(scope: Scope) -> Source:
    """A row per run, metric and judge; of runs whose prepared result is not current, computed again."""
    runs = _narrowed(scope, Run.objects.select_related("endpoint", "result").order_by("pk"), run="pk")
    if scope.campaign is not None:
        runs = runs.filter(campaigns=scope.campaign)

    def rows() -> Iterator[Row]:
        for run in runs.iterator(chunk_size=100):
            facts = (run.pk, run.name, run.model_name, run.method, run.setting)
            for judge, metric, estimate in _estimates(_metrics(run)):
                yield (*facts, judge, metric, *_parts(estimate))

    return Source(
        columns=RUN_METRICS,
        rows=rows,
        count=lambda limit: sum(1 for _ in islice(rows(), limit)),
    )


RATES = (
    "baseline_accuracy",
    "personalised_accuracy",
    "breakage_rate",
    "performance_variation",
)


def _parts(estimate: Estimate) -> Row:
    return (estimate.value, estimate.low, estimate.high, estimate.n, estimate.undefined)


def _metrics(run: Run) -> PergMetrics:
    result = getattr(run, "result", None)
    if result is not None and not RunChange.objects.filter(run_id=run.pk).exists():
        return load(PergMetrics, result.metrics)
    return RunOutcomes(run).metrics()


def _estimates(metrics: PergMetrics) -> Iterator[tuple[str, str, Estimate]]:
    """(judge, metric, estimate)."""
    for metric in RATES:
        yield "", metric, getattr(metrics, metric)
    yield "", "baseline_delivery_failure", metrics.delivery_failure.baseline
    yield "", "personalised_delivery_failure", metrics.delivery_failure.personalised
    for judge, estimate in metrics.alignment_failure.items():
        yield judge, "alignment_failure", estimate
    for judge, estimate in metrics.robustness_error.items():
        yield judge, "robustness_error", estimate


# --- Calls ------------------------------------------------------------------------------------------------------

COMPLETIONS = (
    Column("completion", Kind.INTEGER, "Key of the call.", "pk"),
    Column("endpoint", Kind.TEXT, "The endpoint called.", "endpoint__name"),
    Column("model", Kind.TEXT, "Its model.", "endpoint__model"),
    Column("run", Kind.INTEGER, "Key of the run that pays.", "run_id"),
    Column("request", Kind.DOCUMENT, "What was asked."),
    Column("status", Kind.TEXT, "succeeded, refused, failed, pending or leased."),
    Column("attempts", Kind.INTEGER, "How often it was called."),
    Column("text", Kind.TEXT, "What came back."),
    Column("input_tokens", Kind.INTEGER, "Tokens read."),
    Column("output_tokens", Kind.INTEGER, "Tokens written."),
    Column("seconds", Kind.NUMBER, "Duration of the last call."),
    Column("cost", Kind.NUMBER, "US dollars; empty: unpriced."),
    Column("error_code", Kind.TEXT, "Why it failed, for programs."),
    Column("error_message", Kind.TEXT, "Why it failed, in words."),
    Column("created_at", Kind.TIME, "When it was asked for."),
    Column("finished_at", Kind.TIME, "When it was done with."),
)


def completions(scope: Scope) -> Source:
    return of_queryset(COMPLETIONS, _narrowed(scope, Completion.objects.order_by("pk"), run="run"))


CONDITION = Filter(
    "condition",
    FilterKind.CHOICE,
    "Condition",
    choices=(("", "Both"), ("baseline", "Baseline"), ("personalised", "Personalised")),
)

TABLES = (
    Table(
        "responses",
        "Responses",
        "The models' responses, one row for each item and condition.",
        RESPONSES,
        (CAMPAIGN, RUN, CONDITION),
        responses,
    ),
    Table(
        "judgments",
        "Judgments",
        "Judges' ratings of personalised responses, one row for each, including unscored ones.",
        JUDGMENTS,
        (CAMPAIGN, RUN),
        judgments,
    ),
    Table(
        "items",
        "Items",
        "The items of runs with their questions and preferences, one row for each item.",
        ITEMS,
        (CAMPAIGN, RUN),
        items,
    ),
    Table(
        "run_metrics",
        "Metrics of runs",
        "Breakage, alignment failure, robustness error and the others, with n and 95% interval.",
        RUN_METRICS,
        (CAMPAIGN, RUN),
        run_metrics,
        is_for_staff=True,
    ),
    Table(
        "questions",
        "Questions",
        "Multiple-choice questions with their gold options.",
        QUESTIONS,
        (CAMPAIGN, Filter("dataset", FilterKind.DATASET, "Dataset")),
        questions,
    ),
    Table(
        "preferences",
        "Preferences",
        "Preferences by catalogue and version.",
        PREFERENCES,
        (CAMPAIGN, Filter("catalogue", FilterKind.CATALOGUE, "Catalogue")),
        preferences,
    ),
    Table(
        "completions",
        "Calls to models",
        "Every call with its request, reply, tokens, duration and cost.",
        COMPLETIONS,
        (RUN,),
        completions,
        is_for_staff=True,
    ),
)
