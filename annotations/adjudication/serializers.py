"""Tasks, labels, flags and adjudications as leads see them."""

from typing import Any

from rest_framework import serializers

from annotations.adjudication.selectors import AnonymousLabel, Case, JudgeScore
from annotations.adjudication.services import TEXT_LENGTH
from annotations.answers_field import AnswersField
from annotations.models import Adjudication, Flag, Label, Task
from annotations.models.label import AnswerCorrect
from annotations.models.task import TaskKind, TaskState
from core.api.dataclass_serializer import DataclassSerializer
from core.api.queries import LARGEST_INTEGER, ListQuery, id_filter
from core.api.row_serializer import RowSerializer
from core.api.strict import StrictSerializer
from evaluation.models.endpoint import SCALE
from perg.stats.gold.adjudicators import DecisionMeasures


class TaskSerializer(RowSerializer[Task]):
    """A response or an imported item to be labelled, and how far that is. Control and qualification items want no
    labels of their own.

    `votes` are labels that are neither surplus nor set aside. Of an imported item, `external_id` is its owner's id and
    `question` its first words; of a response, `external_id` is null.
    """

    item = serializers.IntegerField(source="response.item_id", default=None, allow_null=True)
    run = serializers.IntegerField(source="response.item.run_id", default=None, allow_null=True)
    external_id = serializers.CharField(source="imported_item.external_id", default=None, allow_null=True)
    question = serializers.CharField(source="beginning")
    preference = serializers.CharField(source="response.item.preference.text", default=None, allow_null=True)
    votes = serializers.IntegerField()

    class Meta:
        model = Task
        fields = [
            "id",
            "kind",
            "state",
            "response",
            "item",
            "run",
            "external_id",
            "question",
            "preference",
            "wanted_labels",
            "votes",
            "open_slots",
            "score_range",
            "stratum",
            "inclusion_probability",
        ]


class TaskQuery(ListQuery):
    state = serializers.ChoiceField(TaskState.choices, required=False)
    kind = serializers.ChoiceField(TaskKind.choices, required=False)
    run = id_filter("run")


class LabelSerializer(RowSerializer[Label]):
    """A person's rating: the `score` of a response, or `answers` to the criteria of an imported item, in which
    “first” is the item's first output. A change is a new revision: the one that `is_current` counts.

    Where it is surplus or set aside it is kept without a vote; control items never have one.
    """

    task = serializers.IntegerField(source="assignment.task_id")
    kind = serializers.ChoiceField(TaskKind.choices, source="assignment.task.kind")
    annotator = serializers.CharField(source="assignment.member.user.username")
    answer_correct = serializers.ChoiceField(AnswerCorrect.choices, allow_blank=True)
    answers = AnswersField(allow_null=True)
    is_current = serializers.BooleanField()
    is_surplus = serializers.BooleanField(source="assignment.is_surplus")
    is_set_aside = serializers.BooleanField(source="assignment.is_set_aside")
    guidelines = serializers.IntegerField(
        source="guidelines.version",
        default=None,
        allow_null=True,
        help_text="The version in force.",
    )

    class Meta:
        model = Label
        fields = [
            "id",
            "task",
            "kind",
            "annotator",
            "revision",
            "is_current",
            "score",
            "answer_correct",
            "answers",
            "comment",
            "seconds",
            "guidelines",
            "is_surplus",
            "is_set_aside",
            "created_at",
        ]


class LabelQuery(ListQuery):
    revisions = serializers.ChoiceField(
        ["current", "all"],
        required=False,
        default="current",
        help_text="`current`: the newest of each label.",
    )
    kind = serializers.ChoiceField(TaskKind.choices, required=False)
    task = id_filter("task")
    annotator = serializers.CharField(max_length=150, required=False, help_text="User name.")
    score = serializers.IntegerField(min_value=SCALE[0], max_value=SCALE[-1], required=False)
    is_surplus = serializers.BooleanField(required=False, allow_null=True, default=None)
    is_set_aside = serializers.BooleanField(required=False, allow_null=True, default=None)


class FlagSerializer(RowSerializer[Flag]):
    """An annotator's word to the leads on a task."""

    task = serializers.IntegerField(source="assignment.task_id")
    annotator = serializers.CharField(source="assignment.member.user.username")
    resolved_by = serializers.SlugRelatedField[Flag](slug_field="username", read_only=True, allow_null=True)

    class Meta:
        model = Flag
        fields = [
            "id",
            "task",
            "annotator",
            "reason",
            "note",
            "created_at",
            "resolved_at",
            "resolved_by",
            "resolution",
        ]


class FlagQuery(ListQuery):
    is_resolved = serializers.BooleanField(required=False, allow_null=True, default=None)


class ResolutionSerializer(StrictSerializer[Flag]):
    """The resolution of a flag."""

    resolution = serializers.CharField(max_length=TEXT_LENGTH)


class AdjudicationSerializer(RowSerializer[Adjudication]):
    """A lead's decision on a task. The highest revision is in force, while the task is `adjudicated`."""

    adjudicator = serializers.SlugRelatedField[Adjudication](slug_field="username", read_only=True)

    class Meta:
        model = Adjudication
        fields = [
            "id",
            "task",
            "revision",
            "adjudicator",
            "score",
            "rationale",
            "saw_judges",
            "created_at",
        ]


class AdjudicationQuery(ListQuery):
    task = id_filter("task")
    adjudicator = serializers.CharField(max_length=150, required=False, help_text="User name.")


class AnonymousLabelSerializer(serializers.Serializer[AnonymousLabel]):
    """A label without its author: `name` is made up for this task alone."""

    name = serializers.CharField()
    score = serializers.IntegerField(source="label.score")
    answer_correct = serializers.CharField(source="label.answer_correct", allow_blank=True)
    comment = serializers.CharField(source="label.comment", allow_blank=True)
    is_surplus = serializers.BooleanField()
    is_set_aside = serializers.BooleanField()


class JudgeScoreSerializer(DataclassSerializer[JudgeScore]):
    """What a judge says of the response."""

    dataclass = JudgeScore


class CaseSerializer(serializers.Serializer[Case]):
    """A task as an adjudicator sees it. The texts are Markdown.

    `is_own`: the caller has labelled it, so another lead decides. `judges` is null while their scores are not to be
    seen; `may_reveal`: they may be asked for now.
    """

    task = serializers.IntegerField(source="task.pk")
    state = serializers.ChoiceField(TaskState.choices, source="task.state")
    score_range = serializers.IntegerField(source="task.score_range", allow_null=True)
    question = serializers.CharField(source="task.response.item.question.text")
    options = serializers.ListField(
        child=serializers.CharField(), source="task.response.item.question.options"
    )
    preference = serializers.CharField(
        source="task.response.item.preference.text", default=None, allow_null=True
    )
    baseline = serializers.CharField(allow_blank=True, allow_null=True, help_text="Null: none is on record.")
    personalised = serializers.CharField(source="task.response.text", allow_blank=True)
    labels = AnonymousLabelSerializer(many=True)
    decisions = AdjudicationSerializer(many=True)
    revision = serializers.IntegerField()
    is_own = serializers.BooleanField()
    may_reveal = serializers.BooleanField()
    judges = JudgeScoreSerializer(many=True, allow_null=True)


class DecisionSerializer(StrictSerializer[Any]):
    """A decision; `based_on` is the revision that the caller knew (0: none)."""

    score = serializers.IntegerField(min_value=SCALE[0], max_value=SCALE[-1])
    rationale = serializers.CharField(max_length=TEXT_LENGTH)
    based_on = serializers.IntegerField(min_value=0, max_value=LARGEST_INTEGER)


class DecisionMeasuresSerializer(DataclassSerializer[DecisionMeasures]):
    """`n` decisions against the votes: share at most half a point off their median, share that say the same as the
    majority and share that overturn it, and mean of score less median.
    """

    dataclass = DecisionMeasures


class AdjudicatorSerializer(serializers.Serializer[Any]):
    """How one person decides, before the judges' scores were shown to them and after."""

    adjudicator = serializers.CharField()
    blind = DecisionMeasuresSerializer()
    after_judges = DecisionMeasuresSerializer()
