"""A campaign: a sample of the responses of some runs, the rubric to rate them by, and the people who do."""

from __future__ import annotations

from functools import cached_property

from django.conf import settings
from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db import models
from django.db.models import F, Q

from core.db.constraints import at_least, check, known, not_blank, unique, within
from evaluation.models import Rubric, Run
from evaluation.models.endpoint import DEFAULT_THRESHOLD, ENDS


class CampaignStatus(models.TextChoices):
    OPEN = "open", "Open"
    PAUSED = "paused", "Paused"
    CLOSED = "closed", "Closed"
    ARCHIVED = "archived", "Archived"


class Disagreement(models.TextChoices):
    """When the labels of a task disagree, so that it wants one more, or an adjudication."""

    RANGE = "range", "Scores lie far apart"
    THRESHOLD = "threshold", "Scores lie on both sides of the threshold"
    EITHER = "either", "Either of the two"


class Sampling(models.TextChoices):
    RANDOM = "random", "Random"
    BY_RUN = "run", "Stratified by run"
    BY_SOURCE = "source", "Stratified by source"
    BY_PREFERENCE_CATEGORY = "preference_category", "Stratified by preference category"
    BY_PREFERENCE = "preference", "Stratified by preference"
    BY_JUDGE_SCORE = "judge_score", "Stratified by judge score"
    ENRICHED = "enriched", "Enriched where judges disagree"
    FEWEST_RATINGS = "fewest_ratings", "Items with the fewest ratings by people first"

    @classmethod
    def of_runs(cls) -> list[tuple[str, str]]:
        """The designs for responses of runs; the choices of a form."""
        return [choice for choice in cls.choices if choice[0] != cls.FEWEST_RATINGS]

    @classmethod
    def of_items(cls) -> list[tuple[str, str]]:
        """The designs for imported items."""
        return [(str(design.value), str(design.label)) for design in (cls.FEWEST_RATINGS, cls.RANDOM)]


class Role(models.TextChoices):
    ANNOTATOR = "annotator", "Annotator"
    LEAD = "lead", "Lead"


class CampaignQuerySet(models.QuerySet["Campaign"]):
    """Access to campaigns: every page and endpoint starts from one of these."""

    def visible_to(self, user: AbstractUser | AnonymousUser) -> CampaignQuerySet:
        """Campaigns that the user belongs to; all of them for staff."""
        if not user.is_active:
            return self.none()
        if user.is_staff:
            return self
        return self.filter(Member.active_in(user)).distinct()

    def led_by(self, user: AbstractUser | AnonymousUser) -> CampaignQuerySet:
        """Campaigns that the user leads; all of them for staff."""
        if not user.is_active:
            return self.none()
        if user.is_staff:
            return self
        return self.filter(Member.active_in(user) & Q(members__role=Role.LEAD)).distinct()


class Campaign(models.Model):
    """People label `sample_size` responses of the runs.

    Each response gets `overlap` labels; where those disagree, one more at a time up to `max_overlap`, then a lead
    decides. What is `None` is not asked for: no quota, no control items, no qualification, no bar.

    An imported campaign holds items and ratings that were made elsewhere (`annotations.models.imported`): it has no
    runs and may lack a rubric. Its tasks are on items, and come when a lead begins labelling.
    """

    name = models.CharField(max_length=200)
    runs = models.ManyToManyField(Run, related_name="campaigns")
    rubric = models.ForeignKey(
        Rubric, on_delete=models.PROTECT, null=True, blank=True, related_name="campaigns"
    )
    is_imported = models.BooleanField(default=False, help_text="Its ratings were made elsewhere.")
    status = models.CharField(max_length=10, choices=CampaignStatus.choices, default=CampaignStatus.OPEN)
    overlap = models.PositiveSmallIntegerField(default=2, help_text="Labels wanted for each response.")
    max_overlap = models.PositiveSmallIntegerField(
        default=2, help_text="Labels that a response may get while people disagree on it."
    )
    disagreement = models.CharField(max_length=10, choices=Disagreement.choices, default=Disagreement.EITHER)
    disagreement_range = models.PositiveSmallIntegerField(
        default=2, help_text="Scores so far apart, or farther, disagree."
    )
    asks_correctness = models.BooleanField(
        default=False, help_text="Ask, too, whether the personalised response's answer is right."
    )
    labels_per_person = models.PositiveIntegerField(null=True, blank=True)
    minimum_seconds = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="A label made in less time on the task counts as implausibly fast."
    )
    control_every = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Of a person's tasks, one in so many is a control item."
    )
    pass_mark = models.FloatField(
        null=True, blank=True, help_text="Share of the qualification round to get right before labelling."
    )
    qualification_attempts = models.PositiveSmallIntegerField(default=3)
    lowest_control_accuracy = models.FloatField(
        null=True, blank=True, help_text="Who is surely below it on the control items is paused."
    )
    lowest_agreement = models.FloatField(
        null=True, blank=True, help_text="Whose agreement with the rest is surely below it is paused."
    )
    reveals_judges = models.BooleanField(
        default=False, help_text="Show the judges' scores to who adjudicates, after their own decision."
    )
    threshold = models.PositiveSmallIntegerField(
        default=DEFAULT_THRESHOLD, help_text="From this score on, the preference counts as followed."
    )
    sampling = models.CharField(max_length=20, choices=Sampling.choices, default=Sampling.RANDOM)
    enriched_share = models.FloatField(
        null=True, blank=True, help_text="Enriched: share of the sample drawn where judges disagree."
    )
    sample_size = models.PositiveIntegerField()
    seed = models.PositiveIntegerField(help_text="Of the sample and of the order of tasks.")
    lease_seconds = models.PositiveIntegerField(
        default=900, help_text="How long a task is kept for one person."
    )
    is_demonstration = models.BooleanField(default=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="created_campaigns",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            unique("campaign_name_unique", "A campaign has this name already.", "name"),
            not_blank("campaign_name_given", "A campaign needs a name.", "name"),
            check(
                "campaign_rubric_unless_imported",
                "A campaign has a rubric, except one of imported ratings.",
                Q(is_imported=True) | Q(rubric__isnull=False),
            ),
            at_least("campaign_overlap_positive", "Each response needs at least one label.", overlap=1),
            check(
                "campaign_max_overlap_from_overlap",
                "The most labels of a response are no fewer than those wanted first.",
                Q(max_overlap__gte=F("overlap")),
            ),
            check(
                "campaign_disagreement_known",
                "A disagreement has a known rule and a range of at least 1.",
                Q(disagreement__in=Disagreement.values, disagreement_range__gte=1),
            ),
            at_least(
                "campaign_quota_positive",
                "A person may make at least one label.",
                labels_per_person=1,
                or_none=True,
            ),
            at_least(
                "campaign_control_rate_below_all",
                "At most every second task is a control item.",
                control_every=2,
                or_none=True,
            ),
            check(
                "campaign_pass_mark_is_share",
                "A pass mark is a share above 0 and at most 1.",
                Q(pass_mark__isnull=True) | Q(pass_mark__gt=0, pass_mark__lte=1),
            ),
            at_least(
                "campaign_qualification_can_be_tried",
                "A qualification can be tried at least once.",
                qualification_attempts=1,
            ),
            within(
                "campaign_control_bar_is_share",
                "A bar for control items is a share from 0 to 1.",
                lowest_control_accuracy=(0, 1),
                or_none=True,
            ),
            within(
                "campaign_agreement_bar_in_range",
                "A bar for agreement is from -1 to 1.",
                lowest_agreement=(-1, 1),
                or_none=True,
            ),
            check(
                "campaign_enriched_share_iff_enriched",
                "An enriched sample has its share, between 0 and 1; no other has.",
                Q(sampling=Sampling.ENRICHED, enriched_share__gt=0, enriched_share__lt=1)
                | (~Q(sampling=Sampling.ENRICHED) & Q(enriched_share__isnull=True)),
            ),
            at_least("campaign_sample_positive", "A sample has at least one response.", sample_size=1),
            within("campaign_threshold_on_scale", "The threshold is a score from 1 to 5.", threshold=ENDS),
            at_least("campaign_lease_positive", "A lease lasts at least a second.", lease_seconds=1),
            known("campaign_status_known", status=CampaignStatus),
            known("campaign_sampling_known", sampling=Sampling),
        ]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def is_labelled(self) -> bool:
        """Whether it has tasks, or had them: of imported items there are some once a lead has begun labelling."""
        return not self.is_imported or self.tasks.exists()

    @property
    def guidelines(self) -> Guidelines | None:
        """The guidelines in force: the newest version; None where none were written."""
        return self.guideline_versions.order_by("-version").first()


class Guidelines(models.Model):
    """A version of a campaign's guidelines; a change is a new version, and labels name the one they were made by."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="guideline_versions")
    version = models.PositiveIntegerField()
    text = models.TextField(help_text="Markdown, shown to annotators.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-version"]
        verbose_name_plural = "guidelines"
        constraints = [
            unique(
                "guidelines_version_unique",
                "The campaign has this version of its guidelines already.",
                "campaign",
                "version",
            ),
        ]

    def __str__(self) -> str:
        return f"guidelines {self.version} of {self.campaign}"


class Member(models.Model):
    """A person in a campaign, as annotator or lead. People are deactivated or paused, never deleted.

    A paused member gets no task. `paused_by` is empty where the platform did it. Labels that were set aside are kept,
    and have no vote.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.ANNOTATOR)
    is_active = models.BooleanField(default=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    pause_reason = models.CharField(max_length=300, blank=True)
    set_aside_at = models.DateTimeField(null=True, blank=True)
    qualified_at = models.DateTimeField(null=True, blank=True)
    claimed_up_to = models.BigIntegerField(
        default=-1,
        help_text="Order key of the last task claimed: the search for the next one starts behind it.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            unique("member_once_in_campaign", "This person is in the campaign already.", "campaign", "user"),
            known("member_role_known", "A member is an annotator or a lead.", role=Role),
            check(
                "member_pause_has_time",
                "Only who is paused has a reason for it.",
                Q(paused_at__isnull=False) | Q(paused_by__isnull=True, pause_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.campaign}"

    @staticmethod
    def active_in(user: AbstractUser | AnonymousUser) -> Q:
        """Condition on campaigns: the user is an active member."""
        return Q(members__user_id=user.pk, members__is_active=True)
