"""A catalogue in the making: the questions that an endpoint is asked about, and the preferences that it proposes."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from evaluation.models.completion import Completion
from evaluation.models.dataset import Catalogue, Dataset, PreferenceCategory, Question
from evaluation.models.endpoint import Endpoint
from evaluation.models.run import Prompt

MAX_PER_QUESTION = 10


class BuildStatus(models.TextChoices):
    ASKING = "asking", "Asking the endpoint"
    REVIEWING = "reviewing", "To be reviewed"
    RELEASED = "released", "Released"


class CatalogueBuild(models.Model):
    """A list of proposed preferences on its way to a version of a catalogue.

    `name` is that of the catalogue to make; `catalogue` is the result. `asking` while a question waits for its
    proposals; a person reviews them; the accepted ones are released.
    """

    name = models.CharField(max_length=200, help_text="Of the catalogue to make.")
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="catalogue_builds")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="catalogue_builds")
    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="catalogue_builds")
    sample_size = models.PositiveIntegerField(help_text="Questions that the endpoint is asked about.")
    per_question = models.PositiveSmallIntegerField(help_text="Proposals wanted for each question.")
    seed = models.PositiveBigIntegerField(default=0, help_text="Of the sample.")
    money_budget = models.DecimalField(
        max_digits=12,
        decimal_places=4,
        null=True,
        blank=True,
        help_text="US dollars; none: no limit. Questions that it has no room for are not asked.",
    )
    spent_before = models.DecimalField(
        max_digits=14,
        decimal_places=8,
        default=0,
        help_text="US dollars for calls that led to nothing, so that their questions were asked again.",
    )
    status = models.CharField(max_length=10, choices=BuildStatus.choices, default=BuildStatus.ASKING)
    catalogue = models.OneToOneField(
        Catalogue, on_delete=models.PROTECT, null=True, blank=True, related_name="build"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="catalogue_builds",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(name=""),
                name="build_name_given",
                violation_error_message="A catalogue needs a name.",
            ),
            models.CheckConstraint(
                condition=Q(sample_size__gte=1),
                name="build_sample_size_positive",
                violation_error_message="A sample has at least one question.",
            ),
            models.CheckConstraint(
                condition=Q(per_question__gte=1, per_question__lte=MAX_PER_QUESTION),
                name="build_per_question_1_to_10",
                violation_error_message=f"Each question gets 1 to {MAX_PER_QUESTION} proposals.",
            ),
            models.CheckConstraint(
                condition=Q(money_budget__isnull=True) | Q(money_budget__gt=0),
                name="build_money_budget_positive",
                violation_error_message="A money budget is above 0.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=BuildStatus.values),
                name="build_status_known",
                violation_error_message="The status is one of the known ones.",
            ),
            models.CheckConstraint(
                condition=Q(status=BuildStatus.RELEASED, catalogue__isnull=False)
                | (~Q(status=BuildStatus.RELEASED) & Q(catalogue__isnull=True)),
                name="build_released_iff_catalogue",
                violation_error_message="A build has its catalogue exactly when it is released.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, build {self.pk}"


class BuildQuestionStatus(models.TextChoices):
    WAITING = "waiting", "Waiting"
    READ = "read", "Read"
    FAILED = "failed", "Failed"


class BuildQuestion(models.Model):
    """A sampled question of a build, and the call that asks about it: the sample is drawn once and kept.

    `replicate` counts how often it was asked: a call that failed is never changed, another one is made.
    """

    build = models.ForeignKey(CatalogueBuild, on_delete=models.CASCADE, related_name="build_questions")
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="+")
    replicate = models.PositiveSmallIntegerField(default=1)
    completion = models.ForeignKey(
        Completion, on_delete=models.PROTECT, null=True, blank=True, related_name="build_questions"
    )
    status = models.CharField(
        max_length=10, choices=BuildQuestionStatus.choices, default=BuildQuestionStatus.WAITING
    )
    failure = models.CharField(max_length=300, blank=True, help_text="Why there are no proposals for it.")

    class Meta:
        ordering = ["build", "question"]
        constraints = [
            models.UniqueConstraint(
                fields=["build", "question"],
                name="build_question_once",
                violation_error_message="The build has this question already.",
            ),
            models.CheckConstraint(
                condition=Q(replicate__gte=1),
                name="build_question_replicate_from_1",
                violation_error_message="Replicates count from 1.",
            ),
            models.CheckConstraint(
                condition=Q(status=BuildQuestionStatus.FAILED) & ~Q(failure="")
                | Q(status__in=[BuildQuestionStatus.WAITING, BuildQuestionStatus.READ], failure=""),
                name="build_question_failed_iff_reason",
                violation_error_message="A question says why exactly when it has failed.",
            ),
            models.CheckConstraint(
                condition=Q(status=BuildQuestionStatus.WAITING) | Q(completion__isnull=False),
                name="build_question_settled_has_call",
                violation_error_message="A question is read, or has failed, only after a call.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.build_id}: {self.question_id}"


class ProposalStatus(models.TextChoices):
    PROPOSED = "proposed", "To be reviewed"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"
    MERGED = "merged", "Merged"


class Proposal(models.Model):
    """A preference that an endpoint proposed for a question. Its text may be edited; the call keeps the original."""

    build = models.ForeignKey(CatalogueBuild, on_delete=models.CASCADE, related_name="proposals")
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="+")
    completion = models.ForeignKey(Completion, on_delete=models.PROTECT, related_name="proposals")
    position = models.PositiveSmallIntegerField(help_text="Order in the reply, from 1.")
    text = models.TextField()
    reason = models.TextField(blank=True, help_text="Why it bears on the question, as the endpoint says.")
    category = models.CharField(
        max_length=20, choices=PreferenceCategory.choices, default=PreferenceCategory.OTHER
    )
    status = models.CharField(max_length=10, choices=ProposalStatus.choices, default=ProposalStatus.PROPOSED)
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="merged",
        help_text="The proposal that stands for this one, too.",
    )

    class Meta:
        ordering = ["build", "question", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["build", "question", "position"],
                name="proposal_position_unique",
                violation_error_message="The question has a proposal at this position already.",
            ),
            models.CheckConstraint(
                condition=~Q(text=""),
                name="proposal_text_given",
                violation_error_message="A preference needs a text.",
            ),
            models.CheckConstraint(
                condition=Q(position__gte=1),
                name="proposal_position_from_1",
                violation_error_message="Positions count from 1.",
            ),
            models.CheckConstraint(
                condition=Q(category__in=PreferenceCategory.values),
                name="proposal_category_known",
                violation_error_message="A preference's category is one of the known ones.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=ProposalStatus.values),
                name="proposal_status_known",
                violation_error_message="The status is one of the known ones.",
            ),
            models.CheckConstraint(
                condition=Q(status=ProposalStatus.MERGED, merged_into__isnull=False)
                | (~Q(status=ProposalStatus.MERGED) & Q(merged_into__isnull=True)),
                name="proposal_merged_iff_into",
                violation_error_message="A proposal names the one that stands for it exactly when it is merged.",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
                name="proposal_not_merged_into_itself",
                violation_error_message="A proposal cannot be merged into itself.",
            ),
        ]

    def __str__(self) -> str:
        return self.text
