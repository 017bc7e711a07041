"""The whole story of an item, as its page shows it; and a judge's verdicts."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotations.adjudication.serializers import AdjudicationSerializer, AnonymousLabelSerializer
from annotations.item_story.selectors import PeopleStory
from annotations.labelling.serializers import OptionSerializer
from annotations.models import GoldLabel
from annotations.models.gold import GoldStatus
from annotations.models.task import TaskKind, TaskState
from core.api.row_serializer import RowSerializer
from evaluation.judges.serializers.trials import MessageSerializer
from evaluation.library.serializers.catalogues import PreferenceSerializer
from evaluation.models.completion import CompletionStatus
from evaluation.models.item import ItemStatus
from evaluation.models.judgment import JudgmentStatus
from evaluation.models.run import Method, Setting
from evaluation.runs.selectors.item_story import ItemStory


class CallSerializer(serializers.Serializer[Any]):
    """A call: what was sent, as the model saw it, what came back, and what it took."""

    name = serializers.CharField(help_text="The stage, or what a judge was asked.")
    endpoint = serializers.CharField(source="completion.endpoint.name")
    status = serializers.ChoiceField(CompletionStatus.choices, source="completion.status")
    messages = MessageSerializer(many=True)
    sampling = serializers.DictField()
    text = serializers.CharField(source="completion.text", allow_blank=True)
    reasoning = serializers.CharField(source="completion.reasoning", allow_blank=True)
    seconds = serializers.FloatField(source="completion.seconds", allow_null=True)
    input_tokens = serializers.IntegerField(source="completion.input_tokens", allow_null=True)
    output_tokens = serializers.IntegerField(source="completion.output_tokens", allow_null=True)
    cost = serializers.DecimalField(
        max_digits=14, decimal_places=8, source="completion.cost", allow_null=True
    )
    error_code = serializers.CharField(source="completion.error_code", allow_blank=True)
    error_message = serializers.CharField(source="completion.error_message", allow_blank=True)


class ResponseStorySerializer(serializers.Serializer[Any]):
    """A response, what was read from it and by which rule; `text` is null where there is none yet."""

    name = serializers.CharField()
    text = serializers.CharField(source="response.text", default=None, allow_null=True, allow_blank=True)
    answer = serializers.CharField(source="response.answer", default="", allow_blank=True)
    recorded_answer = serializers.CharField(
        source="response.recorded_answer",
        default="",
        allow_blank=True,
        help_text="The answer cell of an imported file as it was; empty: there was none.",
    )
    is_right = serializers.BooleanField()
    how_read = serializers.CharField(allow_blank=True)
    thoughts = serializers.CharField(source="response.thoughts", default="", allow_blank=True)
    fell_back = serializers.BooleanField(source="response.fell_back", default=False)


class JudgmentStorySerializer(serializers.Serializer[Any]):
    """A judgment with the calls behind it: the last is the one that it was read from."""

    judge = serializers.CharField(source="judgment.judge.name")
    replicate = serializers.IntegerField(source="judgment.replicate")
    status = serializers.ChoiceField(JudgmentStatus.choices, source="judgment.status")
    score = serializers.IntegerField(source="judgment.score", allow_null=True)
    followed = serializers.BooleanField(allow_null=True)
    explanation = serializers.CharField(source="judgment.explanation", allow_blank=True)
    unscored_reason = serializers.CharField(source="judgment.unscored_reason", allow_blank=True)
    calls = CallSerializer(many=True)


class NamedLabelSerializer(AnonymousLabelSerializer):
    """A person's label; `name` is made up while the task is disputed. `revisions` are its scores, the newest last."""

    revisions = serializers.SerializerMethodField()

    def get_revisions(self, label_story: Any) -> list[int]:
        return [label.score for label in label_story.revisions]


class GoldOfTaskSerializer(RowSerializer[GoldLabel]):
    """What a gold release says of the task."""

    number = serializers.IntegerField(source="release.number")
    status = serializers.ChoiceField(GoldStatus.choices)

    class Meta:
        model = GoldLabel
        fields = ["release", "number", "status", "followed", "score"]


class TaskStorySerializer(serializers.Serializer[Any]):
    """What became of the item in a campaign."""

    task = serializers.IntegerField(source="task.pk")
    campaign = serializers.IntegerField(source="task.campaign_id")
    campaign_name = serializers.CharField(source="task.campaign.name")
    kind = serializers.ChoiceField(TaskKind.choices, source="task.kind")
    state = serializers.ChoiceField(TaskState.choices, source="task.state")
    labels = NamedLabelSerializer(many=True)
    decisions = AdjudicationSerializer(many=True)
    gold = GoldOfTaskSerializer(many=True)


class StorySerializer(serializers.Serializer[Any]):
    """An item from the question to the gold label. `told` are the preferences in the order in which the model was told
    them. `judgments` is null for a lead who may still decide on the item without knowing them.
    """

    item = serializers.IntegerField(source="item.pk")
    run = serializers.IntegerField(source="item.run_id")
    run_name = serializers.CharField(source="item.run.name")
    model = serializers.CharField(source="item.run.model_name")
    method = serializers.ChoiceField(Method.choices, source="item.run.method")
    setting = serializers.ChoiceField(Setting.choices, source="item.run.setting")
    position = serializers.IntegerField(source="item.position")
    status = serializers.ChoiceField(ItemStatus.choices, source="item.status")
    failure = serializers.CharField(source="item.failure", allow_blank=True)
    question = serializers.CharField(source="item.question.text")
    options = serializers.SerializerMethodField()
    gold_option = serializers.CharField(source="item.question.gold_option")
    told = PreferenceSerializer(many=True)
    responses = ResponseStorySerializer(many=True)
    calls = CallSerializer(many=True)
    judgments = JudgmentStorySerializer(many=True, allow_null=True)
    tasks = TaskStorySerializer(many=True)

    @extend_schema_field(OptionSerializer(many=True))
    def get_options(self, shown: Any) -> list[dict[str, str]]:
        options = shown["item"].question.lettered_options
        return [{"letter": letter, "text": text} for letter, text in options]


def story_data(story: ItemStory, people: PeopleStory) -> dict[str, Any]:
    """The story for somebody who may see so much of it, JSON-ready."""
    shown = {
        "item": story.item,
        "told": story.told,
        "responses": story.responses,
        "calls": story.calls,
        "judgments": story.judgments if people.shows_judges else None,
        "tasks": people.tasks,
    }
    return dict(StorySerializer(shown).data)


class JudgeVerdictSerializer(serializers.Serializer[Any]):
    """What the newest validation report of a campaign says of a judge; `as_of` is null where there is none yet."""

    campaign = serializers.IntegerField(source="campaign_id")
    campaign_name = serializers.CharField(source="campaign")
    criterion = serializers.CharField(
        allow_blank=True,
        help_text="The key of the one that the report is on, where the campaign has several.",
    )
    as_of = serializers.DateTimeField(allow_null=True)
    verdict = serializers.CharField(source="label", allow_blank=True)
