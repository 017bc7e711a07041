"""Labelling as its annotator sees it: nothing here tells the model, the run, a judge, or a control item from others."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotations.answers_field import AnswersField
from annotations.labelling.responses import item_html, rendered, written
from annotations.labelling.selectors.labelling import (
    CurrentLabel,
    EnteredDraft,
    NothingToLabel,
    ShownItem,
    ShownTask,
)
from annotations.labelling.services.labels import COMMENT_LENGTH
from annotations.models import Assignment, Flag
from annotations.models.label import AnswerCorrect
from annotations.models.task import AssignmentStatus, FlagReason, SkipReason
from core.api.queries import LARGEST_ID, LARGEST_INTEGER, ListQuery
from core.api.strict import StrictSerializer
from core.templatetags.markdown import markdown
from evaluation.models.endpoint import SCALE
from perg.rubrics.criterion import Criterion
from perg.rubrics.entries import other_order

MOST_HELD = 1000
LONGEST_NAME = 50


class OptionSerializer(serializers.Serializer[Any]):
    """An option of a question."""

    letter = serializers.CharField()
    text = serializers.CharField(allow_blank=True)


class DraftSerializer(serializers.Serializer[EnteredDraft]):
    """What was entered and not yet submitted; version 0: nothing."""

    version = serializers.IntegerField()
    score = serializers.IntegerField(allow_null=True)
    answer_correct = serializers.CharField(allow_blank=True)
    comment = serializers.CharField(allow_blank=True)
    seconds = serializers.FloatField()
    answers = AnswersField(allow_null=True)


class CurrentLabelSerializer(serializers.Serializer[CurrentLabel]):
    revision = serializers.IntegerField()
    score = serializers.IntegerField(allow_null=True)
    answer_correct = serializers.CharField(allow_blank=True)
    comment = serializers.CharField(allow_blank=True)
    answers = AnswersField(allow_null=True)


class ShownItemSerializer(serializers.Serializer[ShownItem]):
    """An imported item: what is shown, as HTML in which nothing can act or load anything, and the criteria to answer,
    each as a document: `key`, `question`, `instructions` (Markdown; and as HTML), `kind`, `choices` (of the kinds
    that have options), `lowest`, `highest` and `step` (of numbers), `required`, and `only_if`, the answers to another
    criterion with which it is asked. Of two outputs the first is the one shown first, for each person in an order
    that was drawn for them.
    """

    exhibit_html = serializers.SerializerMethodField()
    criteria = serializers.SerializerMethodField()

    def get_exhibit_html(self, item: ShownItem) -> str:
        return item_html(item.exhibit, is_swapped=item.is_swapped)

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_criteria(self, item: ShownItem) -> list[dict[str, Any]]:
        # Any: JSON
        return [_asked(criterion) for criterion in item.criteria]


def _asked(criterion: Criterion) -> dict[str, Any]:
    """A criterion as its annotator sees it: which answers are failures is not told."""
    shown = criterion.model_dump(
        mode="json",
        include={
            *("key", "question", "instructions", "kind", "lowest", "highest", "step", "required", "only_if"),
        },
    )
    choices = [
        {"key": option.key, "label": option.shown, "anchor": option.anchor} for option in criterion.choices
    ]
    return shown | {"instructions_html": markdown(criterion.instructions), "choices": choices}


class ShownTaskSerializer(serializers.Serializer[ShownTask]):
    """All that an annotator learns of a task. The texts are Markdown. `previous` is one's assignment before this.

    `item` is null for a response. For an imported item everything is in it; `question` has its first words, and the
    other texts are empty. `baseline` is null where none is on record. Fields that end in `_html` are the same
    responses as a page can show them: laid out, and character by character (`_written_html`). Nothing in that HTML
    can act or load anything.
    """

    assignment = serializers.IntegerField()
    status = serializers.ChoiceField(AssignmentStatus.choices)
    question = serializers.CharField()
    options = serializers.SerializerMethodField()
    preference = serializers.CharField(allow_blank=True)
    baseline = serializers.CharField(allow_blank=True, allow_null=True)
    personalised = serializers.CharField(allow_blank=True)
    baseline_html = serializers.SerializerMethodField()
    personalised_html = serializers.SerializerMethodField()
    baseline_written_html = serializers.SerializerMethodField()
    personalised_written_html = serializers.SerializerMethodField()
    draft = DraftSerializer()
    label = CurrentLabelSerializer(allow_null=True)  # type: ignore[assignment] # Field has a `label` of its own
    previous = serializers.IntegerField(allow_null=True)
    flags = serializers.IntegerField()
    item = ShownItemSerializer(allow_null=True)

    @extend_schema_field(OptionSerializer(many=True))
    def get_options(self, shown: ShownTask) -> list[dict[str, str]]:
        return [{"letter": letter, "text": text} for letter, text in shown.options]

    def get_baseline_html(self, shown: ShownTask) -> str:
        return rendered(shown.baseline)

    def get_personalised_html(self, shown: ShownTask) -> str:
        return rendered(shown.personalised)

    def get_baseline_written_html(self, shown: ShownTask) -> str:
        return written(shown.baseline)

    def get_personalised_written_html(self, shown: ShownTask) -> str:
        return written(shown.personalised)


class DifferencesSerializer(serializers.Serializer[Any]):
    """Both responses as HTML. Words of the baseline alone are in `<del>`, those of the other one alone in `<ins>`."""

    baseline_html = serializers.CharField()
    personalised_html = serializers.CharField()


class NothingSerializer(serializers.Serializer[NothingToLabel]):
    """Why there is no task now."""

    code = serializers.CharField()
    message = serializers.CharField()


class StandingSerializer(serializers.Serializer[Any]):
    """How far a person is: `done` tasks, of `wanted` where the campaign has a quota."""

    done = serializers.IntegerField()
    wanted = serializers.IntegerField(allow_null=True)


class NextSerializer(StandingSerializer):
    """A task, or why there is none."""

    task = ShownTaskSerializer(allow_null=True)
    nothing = NothingSerializer(allow_null=True)


class ClaimSerializer(StrictSerializer[Any]):
    """`holding` are the assignments that the caller has already: a person may have two in hand."""

    holding = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_ID), max_length=MOST_HELD, default=list
    )


def _text() -> serializers.CharField:
    return serializers.CharField(
        max_length=COMMENT_LENGTH, required=False, allow_blank=True, default="", trim_whitespace=False
    )


class EntriesSerializer(StrictSerializer[Any]):
    """`answer_correct` is asked for where the campaign does; `seconds` are those spent on the task."""

    answer_correct = serializers.ChoiceField(
        AnswerCorrect.choices, required=False, allow_blank=True, default=""
    )
    comment = _text()
    answers = AnswersField(required=False, allow_null=True, default=None)


class NewDraftSerializer(EntriesSerializer):
    """What has been entered so far; `version` is the one that the caller last knew (0: none)."""

    score = serializers.IntegerField(
        min_value=SCALE[0], max_value=SCALE[-1], required=False, allow_null=True, default=None
    )
    seconds = serializers.FloatField(min_value=0, max_value=1e9, required=False, default=0)
    version = serializers.IntegerField(min_value=0, max_value=LARGEST_INTEGER)


class DraftSavedSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField()


class NewLabelSerializer(EntriesSerializer):
    """A label, or a new revision of it: the `score` of a response, or `answers` to the criteria of an imported item.
    The same `submission_key` again is the same submission; `based_on` is the revision that the caller knew (0: none,
    null: whatever it is), so that nothing unseen is overwritten.
    """

    score = serializers.IntegerField(
        min_value=SCALE[0], max_value=SCALE[-1], required=False, allow_null=True, default=None
    )
    seconds = serializers.FloatField(
        min_value=0, max_value=1e9, required=False, allow_null=True, default=None
    )
    submission_key = serializers.UUIDField()
    based_on = serializers.IntegerField(
        min_value=0, max_value=LARGEST_INTEGER, required=False, allow_null=True, default=None
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["score"] is None and attrs["answers"] is None:
            raise serializers.ValidationError(
                {"score": "A score, or answers, are required."}, code="required"
            )
        return attrs


class SubmittedSerializer(serializers.Serializer[Any]):
    """The label's revision, and how many tasks its author has labelled. Whether it has a vote is not told: a label on a
    control item always finds room, so that it would tell these from other tasks.
    """

    revision = serializers.IntegerField()
    done = serializers.IntegerField()


class LeaseSerializer(serializers.Serializer[Assignment]):
    leased_until = serializers.DateTimeField()


class NewSkipSerializer(StrictSerializer[Any]):
    reason = serializers.ChoiceField(SkipReason.choices)
    note = _text()


class NewFlagSerializer(StrictSerializer[Any]):
    reason = serializers.ChoiceField(FlagReason.choices)
    note = _text()


class FlaggedSerializer(serializers.ModelSerializer[Flag]):
    class Meta:
        model = Flag
        fields = ["id", "reason", "note", "created_at"]
        read_only_fields = fields


class HistorySerializer(serializers.ModelSerializer[Assignment]):
    """A task that the caller has labelled or skipped, with their current label."""

    assignment = serializers.IntegerField(source="pk", read_only=True)
    question = serializers.CharField(source="task.beginning", read_only=True)
    preference = serializers.CharField(
        source="task.response.item.preference.text", read_only=True, default=""
    )
    score = serializers.IntegerField(allow_null=True, read_only=True)
    answer_correct = serializers.CharField(read_only=True)
    answers = serializers.SerializerMethodField()
    comment = serializers.CharField(read_only=True)
    revision = serializers.IntegerField(allow_null=True, read_only=True)
    labelled_at = serializers.DateTimeField(allow_null=True, read_only=True)
    skip_reason = serializers.ChoiceField(SkipReason.choices, allow_blank=True, read_only=True)

    class Meta:
        model = Assignment
        fields = [
            "assignment",
            "status",
            "question",
            "preference",
            "score",
            "answer_correct",
            "answers",
            "comment",
            "revision",
            "labelled_at",
            "skip_reason",
            "skip_note",
        ]
        read_only_fields = fields

    @extend_schema_field(AnswersField(allow_null=True))
    def get_answers(self, assignment: Assignment) -> object:
        """In the order in which the outputs were shown to the caller; the context has what gives the criteria."""
        answers = assignment.answers  # type: ignore[attr-defined] # annotated
        if not answers or not assignment.is_swapped:
            return answers
        return other_order(self.context["criteria"](), answers)


class HistoryQuery(ListQuery):
    words = serializers.CharField(
        max_length=200,
        required=False,
        help_text="Looked for in question, preference, item, comment and skip note.",
    )
    score = serializers.IntegerField(min_value=SCALE[0], max_value=SCALE[-1], required=False)


class ScreenSettingsSerializer(StrictSerializer[Any]):
    """The keys of the annotation screen by action; an action without a key has an empty text."""

    keys = serializers.DictField(
        child=serializers.CharField(allow_blank=True, trim_whitespace=False, max_length=LONGEST_NAME)
    )
