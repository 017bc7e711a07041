"""Raters whose labels somebody should look at before gold is made of them, and why."""

from collections.abc import Mapping
from dataclasses import dataclass

from annotations.models import Campaign, Member
from annotations.quality.selectors.quality import CampaignLabels, agreement_of, bars_of, campaign_labels
from perg.stats.base.estimate import Estimate
from perg.stats.raters.quality import Bars, control_accuracy, share_fast

MOSTLY_FAST = 0.5


@dataclass(frozen=True, slots=True)
class DoubtfulRater:
    """A person whose labels decide gold: on how many tasks, and what speaks against them."""

    name: str
    labels: int
    reasons: tuple[str, ...]


def doubtful_raters(campaign: Campaign, labels_by_user: Mapping[int, int]) -> list[DoubtfulRater]:
    """Those of the raters who are paused, not qualified, below a bar of the campaign, or mostly implausibly fast."""
    members = campaign.members.filter(user__in=labels_by_user).select_related("user")
    bars = bars_of(campaign)
    is_measured = campaign.minimum_seconds is not None or bars != Bars(None, None)
    labels = campaign_labels(campaign) if is_measured else None
    return [
        DoubtfulRater(member.user.get_username(), labels_by_user[member.user_id], reasons)
        for member in members.order_by("user__username")
        if (reasons := (*_of_member(campaign, member), *_of_labels(campaign, member, bars, labels)))
    ]


def _of_member(campaign: Campaign, member: Member) -> tuple[str, ...]:
    not_qualified = campaign.pass_mark is not None and member.qualified_at is None
    return (
        *(("paused",) if member.paused_at is not None else ()),
        *(("has not passed the qualification round",) if not_qualified else ()),
    )


def _of_labels(
    campaign: Campaign, member: Member, bars: Bars, labels: CampaignLabels | None
) -> tuple[str, ...]:
    if labels is None:
        return ()
    mine = labels.members == member.pk
    regular = mine & ~labels.is_control
    reasons = []
    if bars.control_accuracy is not None:
        accuracy = control_accuracy(labels.is_right[mine & labels.is_control])
        if _is_below(accuracy, bars.control_accuracy):
            reasons.append(
                f"{accuracy.value:.0%} of {accuracy.n} control items right, bar {bars.control_accuracy:.0%}"
            )
    if bars.agreement is not None:
        agreement = agreement_of(labels, regular)
        if _is_below(agreement, bars.agreement):
            reasons.append(
                f"agreement with others {agreement.value:.2f} on {agreement.n} tasks, bar {bars.agreement:.2f}"
            )
    fast = share_fast(labels.seconds[regular & (labels.seconds >= 0)], campaign.minimum_seconds)
    if fast.value is not None and fast.value > MOSTLY_FAST:
        reasons.append(f"{fast.value:.0%} of {fast.n} labels in under {campaign.minimum_seconds} s")
    return tuple(reasons)


def _is_below(estimate: Estimate, bar: float) -> bool:
    return estimate.value is not None and estimate.value < bar
