"""A campaign: a sample of the responses of some runs, the rubric to rate them by, and the people who do."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db import models
from django.db.models import Q

from evaluation.models import Rubric, Run
from evaluation.models.endpoint import DEFAULT_THRESHOLD, SCALE


class CampaignStatus(models.TextChoices):
    OPEN = "open", "Open"
    PAUSED = "paused", "Paused"
    CLOSED = "closed", "Closed"


class Sampling(models.TextChoices):
    RANDOM = "random", "Random"
    BY_RUN = "run", "Stratified by run"
    BY_SOURCE = "source", "Stratified by source"
    BY_PREFERENCE_CATEGORY = "preference_category", "Stratified by preference category"
    BY_PREFERENCE = "preference", "Stratified by preference"


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
    """People label `sample_size` responses of the runs; each response gets `overlap` labels."""

    name = models.CharField(max_length=200)
    runs = models.ManyToManyField(Run, related_name="campaigns")
    rubric = models.ForeignKey(Rubric, on_delete=models.PROTECT, related_name="campaigns")
    status = models.CharField(max_length=10, choices=CampaignStatus.choices, default=CampaignStatus.OPEN)
    guidelines = models.TextField(blank=True, help_text="Markdown, shown to annotators.")
    overlap = models.PositiveSmallIntegerField(default=2, help_text="Labels wanted for each response.")
    threshold = models.PositiveSmallIntegerField(
        default=DEFAULT_THRESHOLD, help_text="From this score on, the preference counts as followed."
    )
    sampling = models.CharField(max_length=20, choices=Sampling.choices, default=Sampling.RANDOM)
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
            models.UniqueConstraint(
                fields=["name"],
                name="campaign_name_unique",
                violation_error_message="A campaign has this name already.",
            ),
            models.CheckConstraint(
                condition=~Q(name=""),
                name="campaign_name_given",
                violation_error_message="A campaign needs a name.",
            ),
            models.CheckConstraint(
                condition=Q(overlap__gte=1),
                name="campaign_overlap_positive",
                violation_error_message="Each response needs at least one label.",
            ),
            models.CheckConstraint(
                condition=Q(sample_size__gte=1),
                name="campaign_sample_positive",
                violation_error_message="A sample has at least one response.",
            ),
            models.CheckConstraint(
                condition=Q(threshold__gte=SCALE[0], threshold__lte=SCALE[-1]),
                name="campaign_threshold_on_scale",
                violation_error_message="The threshold is a score from 1 to 5.",
            ),
            models.CheckConstraint(
                condition=Q(lease_seconds__gte=1),
                name="campaign_lease_positive",
                violation_error_message="A lease lasts at least a second.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=CampaignStatus.values),
                name="campaign_status_known",
                violation_error_message="The status is one of the known ones.",
            ),
            models.CheckConstraint(
                condition=Q(sampling__in=Sampling.values),
                name="campaign_sampling_known",
                violation_error_message="The sampling is one of the known ones.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """A person in a campaign, as annotator or lead. People are deactivated, never deleted."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.ANNOTATOR)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "user"],
                name="member_once_in_campaign",
                violation_error_message="This person is in the campaign already.",
            ),
            models.CheckConstraint(
                condition=Q(role__in=Role.values),
                name="member_role_known",
                violation_error_message="A member is an annotator or a lead.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.campaign}"

    @staticmethod
    def active_in(user: AbstractUser | AnonymousUser) -> Q:
        """Condition on campaigns: the user is an active member."""
        return Q(members__user_id=user.pk, members__is_active=True)
