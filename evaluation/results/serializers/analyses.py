"""The two analyses over all runs: where Pref-Aligner fails, and what robustness costs."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.estimates import EstimateField, ResultField
from core.api.json_schema import inline_schema
from core.api.queries import ListQuery, id_filter
from evaluation.models import RunResult
from evaluation.models.run import Method, Setting
from evaluation.results.figures.analyses import BEHIND, CostLine, StageLine, stages_of
from evaluation.results.metrics.aligner_failures import NAMES
from evaluation.results.metrics.comparison import Gain
from evaluation.results.selectors.run_items import SETS
from evaluation.results.serializers.results import CostsField

SETS_BEHIND = [name for name in SETS if name in {*BEHIND.values(), "left_alone"}]


@extend_schema_field(inline_schema(Gain))
class GainField(ResultField):
    """Points of robustness error that the method saves for each second and each cent that it takes more."""


class RunsQuery(ListQuery):
    """Filters that both analyses have."""

    run = id_filter("run")
    dataset = id_filter("dataset")
    model = serializers.CharField(required=False, max_length=200)
    setting = serializers.ChoiceField(Setting.choices, required=False)


class StagesQuery(RunsQuery):
    """Filters of the analysis by stage."""


class CostsQuery(RunsQuery):
    """Filters of costs against robustness. Without a judge, each run is by the one that rates most of the runs."""

    method = serializers.ChoiceField(Method.choices, required=False)
    judge = id_filter("judge")


class StageLineSerializer(serializers.Serializer[StageLine]):
    """How many items failed first at a stage, as a share of all and of those that had got so far. `items` is null
    where that is undefined; the estimates say why. `behind` is the set of these items, for `runs/{id}/items/`; empty:
    there is none.
    """

    stage = serializers.ChoiceField([str(name) for name in NAMES], source="stage.stage")
    name = serializers.CharField()
    items = serializers.IntegerField(source="stage.items", allow_null=True)
    of_all = EstimateField(source="stage.of_all")
    of_reached = EstimateField(source="stage.of_reached")
    behind = serializers.ChoiceField(SETS_BEHIND, allow_blank=True)


class StagesByJudgeSerializer(serializers.Serializer[Any]):
    """The stages in the order in which an item meets them. No judge: none can tell, the reasons are in the stages."""

    judge = serializers.IntegerField(allow_null=True, help_text="Id of the judge.")
    judge_name = serializers.CharField(allow_blank=True)
    stages = StageLineSerializer(many=True)


class StagesOfRunSerializer(serializers.ModelSerializer[RunResult]):
    """Where a Pref-Aligner run fails, as of `computed_at`; `is_current`: nothing has changed since."""

    run_name = serializers.CharField(source="run.name", read_only=True)
    model = serializers.CharField(source="run.model_name", read_only=True)
    setting = serializers.ChoiceField(Setting.choices, source="run.setting", read_only=True)
    is_current = serializers.SerializerMethodField()
    judges = serializers.SerializerMethodField()

    class Meta:
        model = RunResult
        fields = ["run", "run_name", "model", "setting", "computed_at", "is_current", "judges"]
        read_only_fields = fields

    def get_is_current(self, result: RunResult) -> bool:
        """Whether nothing has changed since it was computed."""
        return not result.is_stale  # type: ignore[attr-defined] # annotated by the view

    @extend_schema_field(StagesByJudgeSerializer(many=True))
    def get_judges(self, result: RunResult) -> Any:
        # Any: JSON
        judges = [
            {"judge": key, "judge_name": name, "stages": lines}
            for name, key, lines in stages_of(result).judges
        ]
        return StagesByJudgeSerializer(judges, many=True).data


class CostLineSerializer(serializers.Serializer[Any]):
    """A run by one judge: its robustness error, and what an item takes (seconds, tokens, US dollars; the calls that
    the method needs for its personalised response, neither the answer extractor nor the judges).

    `gain` is over `reference`, the newest direct run of the same model, setting and dataset; null: `why_no_gain`.
    """

    run = serializers.IntegerField(source="row.result.run_id")
    run_name = serializers.CharField(source="row.result.run.name")
    model = serializers.CharField(source="row.result.run.model_name")
    method = serializers.ChoiceField(Method.choices, source="row.result.run.method")
    setting = serializers.ChoiceField(Setting.choices, source="row.result.run.setting")
    judge = serializers.CharField(
        source="row.judge.name",
        default=None,
        allow_null=True,
        help_text="Its name; null: no judge is needed.",
    )
    robustness_error = EstimateField()
    costs = CostsField()
    reference = serializers.IntegerField(allow_null=True)
    gain = GainField(allow_null=True)
    why_no_gain = serializers.CharField(allow_blank=True)
    computed_at = serializers.DateTimeField(source="row.result.computed_at")
    is_current = serializers.SerializerMethodField()

    def get_is_current(self, line: CostLine) -> bool:
        """Whether nothing has changed since it was computed."""
        return not line.row.is_stale  # type: ignore[attr-defined] # annotated by the view
