"""Runs and what is done with them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from core.api.dataclass_serializer import DataclassSerializer
from core.api.queries import LARGEST_ID, LARGEST_INTEGER, ListQuery, Query, id_filter
from core.api.strict import StrictSerializer
from evaluation.models import Catalogue, Judge, Run
from evaluation.models.run import Method, RatingsOf, RunStatus, Setting
from evaluation.results.serializers.results import PergMetricsField
from evaluation.runs.selectors.bill import BillLine, bill_of
from evaluation.runs.selectors.failures import Cause, Failures, TriedAgain, failures_of, tried_again
from evaluation.runs.selectors.progress import JudgingProgress, RunProgress, StageProgress

LEAST_MONEY = Decimal("0.0001")


class RunSerializer(serializers.ModelSerializer[Run]):
    """A run in short. Money in US dollars."""

    model = serializers.CharField(source="model_name", read_only=True)
    endpoint = serializers.CharField(source="endpoint.name", read_only=True)
    dataset = serializers.CharField(source="dataset.name", read_only=True)

    class Meta:
        model = Run
        fields = [
            "id",
            "name",
            "batch",
            "model",
            "endpoint",
            "method",
            "setting",
            "dataset",
            "status",
            "money_budget",
            "call_budget",
            "spent",
            "spent_estimated",
            "calls",
            "is_demonstration",
            "created_at",
            "finished_at",
        ]
        read_only_fields = fields


class RunDetailSerializer(RunSerializer):
    """A run with what it was launched with."""

    catalogue = serializers.StringRelatedField[Any](allow_null=True)
    aligner = serializers.StringRelatedField[Any](allow_null=True)
    extractor = serializers.StringRelatedField[Any](allow_null=True)
    judges = serializers.SlugRelatedField[Judge](slug_field="name", many=True, read_only=True)
    prompts = serializers.StringRelatedField[Any](many=True)
    options = serializers.DictField(read_only=True, help_text="Sampling and prompting.")

    class Meta(RunSerializer.Meta):
        fields = [
            *RunSerializer.Meta.fields,
            "catalogue",
            "aligner",
            "extractor",
            "judges",
            "prompts",
            "options",
        ]
        read_only_fields = fields


class RunQuery(ListQuery):
    """Filters of the list of runs."""

    EQUAL = ("status", "method", "setting", "batch", "dataset", "endpoint", "is_demonstration")

    status = serializers.ChoiceField(RunStatus.choices, required=False)
    method = serializers.ChoiceField(Method.choices, required=False)
    setting = serializers.ChoiceField(Setting.choices, required=False)
    batch = id_filter("batch")
    dataset = id_filter("dataset")
    endpoint = id_filter("endpoint")
    judge = id_filter("judge")
    is_demonstration = serializers.BooleanField(required=False)
    has_failed_items = serializers.BooleanField(required=False)
    search = serializers.CharField(required=False, max_length=200, help_text="A part of the name.")


class SliceQuery(Query):
    """By what a run's metrics are sliced."""

    by = serializers.ChoiceField(
        ["source", "category", "preference", "preference_category"], required=False, default="source"
    )


class BudgetSerializer(StrictSerializer[Run]):
    """What a run may spend; null: no limit."""

    money_budget = serializers.DecimalField(
        max_digits=12, decimal_places=4, min_value=LEAST_MONEY, allow_null=True
    )
    call_budget = serializers.IntegerField(min_value=1, max_value=LARGEST_INTEGER, allow_null=True)


class JudgingSerializer(StrictSerializer[Any]):
    """By which judge a run shall be rated."""

    judge = serializers.SlugRelatedField(
        slug_field="name", queryset=Judge.objects.all(), help_text="Its name."
    )


class RecordedRunSerializer(StrictSerializer[Any]):
    """A recorded run to import, and what the file itself does not say of it."""

    file = serializers.FileField(help_text="CSV, one row an item, as the PERG study records its runs.")
    model = serializers.CharField(max_length=200, help_text="The model that wrote the responses.")
    method = serializers.ChoiceField(Method.choices)
    setting = serializers.ChoiceField(Setting.choices)
    name = serializers.CharField(max_length=300, required=False, help_text="Made up, if it is not given.")
    dataset = serializers.CharField(
        max_length=200, required=False, help_text="Holds the questions; made if there is none."
    )
    catalogue = serializers.PrimaryKeyRelatedField(
        queryset=Catalogue.objects.all(), required=False, help_text="Gives the preferences their categories."
    )
    preferences = serializers.FileField(
        required=False,
        help_text="A text file, one preference a line, for a file of profiles that does not contain them.",
    )
    judge = serializers.CharField(
        max_length=180,
        required=False,
        help_text="Who gave the ratings in the file, if there are any. Without it they are an unnamed judge's.",
    )
    ratings_of = serializers.ChoiceField(
        RatingsOf.choices,
        required=False,
        help_text="Whose responses the ratings rate, where the file has an aligner's beside a direct run's. Without "
        "it: pref, the direct run's.",
    )
    strict = serializers.BooleanField(
        required=False, default=False, help_text="Refuse the file if any row is rejected."
    )


class CauseSerializer(StrictSerializer[Any]):
    """Which failed calls are tried again; without it, all of them."""

    endpoint = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
    error_code = serializers.CharField(max_length=50)

    @classmethod
    def cause_in(cls, body: Any) -> Cause | None:
        """The cause that a body names; None: it is empty. Raises ValidationError."""
        # Any: the JSON that was sent
        if body == {}:
            return None
        return Cause(**cls.values_in(body))


class StageProgressSerializer(DataclassSerializer[StageProgress]):
    """How far the calls of one stage are: `wanted` by all items; `not_asked`, as the item failed before."""

    dataclass = StageProgress
    left_out = ("judge",)


class RunStagesSerializer(DataclassSerializer[RunProgress]):
    """How far a run is. Money in US dollars; `seconds_left` is null while no rate is known."""

    dataclass = RunProgress
    stages = StageProgressSerializer(many=True)


class FailuresSerializer(DataclassSerializer[Failures]):
    """Calls that ended without an answer for one cause. Refusals cannot be retried: they are answers."""

    dataclass = Failures
    left_out = ("items",)
    can_be_retried = serializers.BooleanField()


class TriedAgainSerializer(DataclassSerializer[TriedAgain]):
    """Calls that have failed for one cause and wait for their next try; `tries` of the one tried most often.

    Calls that the server turns away because there are too many do not count as tries: these are given up at
    `throttled_until`, which is null for all others.
    """

    dataclass = TriedAgain
    left_out = ("throttled_since",)
    most_tries = serializers.IntegerField()
    throttled_until = serializers.DateTimeField(allow_null=True)


class BillLineSerializer(DataclassSerializer[BillLine]):
    """What one stage asked of one endpoint; `dollars` is null where nothing is priced, `unpriced`: nor free."""

    dataclass = BillLine


class RunProgressSerializer(serializers.Serializer[Any]):
    """The progress of a run."""

    run = RunSerializer()
    progress = RunStagesSerializer()
    tried_again = TriedAgainSerializer(many=True)
    failures = FailuresSerializer(many=True)
    costs = BillLineSerializer(many=True)


def calls_of(runs: Sequence[Run]) -> dict[str, Any]:
    """What the progress of runs shows of their calls."""
    # Any: lists, each of things of its own kind
    return {"tried_again": tried_again(runs), "failures": failures_of(runs), "costs": bill_of(runs).lines}


class UnscoredReasonSerializer(serializers.Serializer[Any]):
    """Why judgments have no score, and how many."""

    reason = serializers.CharField(allow_blank=True)
    count = serializers.IntegerField()


class JudgedSerializer(serializers.Serializer[Any]):
    """How far a judge is on a run: judgments wanted, scored, without a score (why), and waiting."""

    judge = serializers.IntegerField(help_text="Its id.")
    judge_name = serializers.CharField()
    wanted = serializers.IntegerField()
    scored = serializers.IntegerField()
    unscored = serializers.IntegerField()
    waiting = serializers.IntegerField()
    unscored_reasons = UnscoredReasonSerializer(many=True)


def judged_data(
    progress: Iterable[JudgingProgress], unscored: Iterable[Mapping[str, object]]
) -> list[dict[str, Any]]:
    """How far each judge is, JSON-ready."""
    reasons: defaultdict[object, list[dict[str, object]]] = defaultdict(list)
    for row in unscored:
        reasons[row["judge__name"]].append({"reason": row["unscored_reason"], "count": row["count"]})
    return [
        {
            "judge": judging.judge.pk,
            "judge_name": judging.judge.name,
            "wanted": judging.wanted,
            "scored": judging.scored,
            "unscored": judging.unscored,
            "waiting": judging.waiting,
            "unscored_reasons": reasons[judging.judge.name],
        }
        for judging in progress
    ]


class SliceSerializer(serializers.Serializer[Any]):
    """The metrics of the items that share one value of a dimension."""

    value = serializers.CharField()
    metrics = PergMetricsField()
