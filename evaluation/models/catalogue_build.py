"""A catalogue in the making: the questions that an endpoint is asked about, and the preferences that it proposes."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from core.db.constraints import at_least, check, filled_exactly_when, known, not_blank, unique
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
            not_blank("build_name_given", "A catalogue needs a name.", "name"),
            at_least("build_sample_size_positive", "A sample has at least one question.", sample_size=1),
            check(
                "build_per_question_1_to_10",
                f"Each question gets 1 to {MAX_PER_QUESTION} proposals.",
                Q(per_question__gte=1, per_question__lte=MAX_PER_QUESTION),
            ),
            check(
                "build_money_budget_positive",
                "A money budget is above 0.",
                Q(money_budget__isnull=True) | Q(money_budget__gt=0),
            ),
            known("build_status_known", status=BuildStatus),
            filled_exactly_when(
                "build_released_iff_catalogue",
                "A build has its catalogue exactly when it is released.",
                "catalogue",
                status=BuildStatus.RELEASED,
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
            unique("build_question_once", "The build has this question already.", "build", "question"),
            at_least("build_question_replicate_from_1", "Replicates count from 1.", replicate=1),
            check(
                "build_question_failed_iff_reason",
                "A question says why exactly when it has failed.",
                Q(status=BuildQuestionStatus.FAILED) & ~Q(failure="")
                | Q(status__in=[BuildQuestionStatus.WAITING, BuildQuestionStatus.READ], failure=""),
            ),
            check(
                "build_question_settled_has_call",
                "A question is read, or has failed, only after a call.",
                Q(status=BuildQuestionStatus.WAITING) | Q(completion__isnull=False),
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
            unique(
                "proposal_position_unique",
                "The question has a proposal at this position already.",
                "build",
                "question",
                "position",
            ),
            not_blank("proposal_text_given", "A preference needs a text.", "text"),
            at_least("proposal_position_from_1", "Positions count from 1.", position=1),
            known(
                "proposal_category_known",
                "A preference's category is one of the known ones.",
                category=PreferenceCategory,
            ),
            known("proposal_status_known", status=ProposalStatus),
            filled_exactly_when(
                "proposal_merged_iff_into",
                "A proposal names the one that stands for it exactly when it is merged.",
                "merged_into",
                status=ProposalStatus.MERGED,
            ),
            check(
                "proposal_not_merged_into_itself",
                "A proposal cannot be merged into itself.",
                Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
            ),
        ]

    def __str__(self) -> str:
        return self.text
