"""What the dataset card of a gold release says: sizes, raters, agreement, rubric, limits, how the gold came about."""

from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Any

from annotations.exports.tables.card_facts import CardFacts, Fact
from annotations.exports.tables.pseudonyms import pseudonyms_of
from annotations.gold.selectors.gold import raters_of
from annotations.models import Campaign, GoldRelease
from annotations.models.campaign import Sampling
from annotations.models.export import RaterNames
from annotations.models.gold import GoldRule, GoldStatus
from annotations.models.task import TaskState
from perg.stats.gold.gold_criteria import ALL_STATES, GoldCriteria

FEW_TASKS = 100


def release_facts(release: GoldRelease, *, raters: str, licence: str) -> CardFacts:
    """Read the facts of a release; all but names and rubric are as they were when it was made."""
    campaign = release.campaign
    people = raters_of(release, "labels")
    judges = raters_of(release, "judges")
    return CardFacts(
        title=f"{campaign.name}: gold release {release.number}",
        description=(
            "Does a model's answer follow the preference that it was told? People rated personalised responses on "
            "a scale of 1 to 5; the gold says of each whether the preference was followed, whatever the answer's "
            "correctness."
        ),
        raters=raters,
        licence=licence,
        tags=["perg", "gold", "human-annotated", "preference-following"],
        content=list(_content(release)),
        origin=list(_origin(release)),
        people=[
            Fact("People", f"{len(people)} whose labels have a vote"),
            *_doubtful(release, raters),
            Fact("Judges", f"{len(judges)} whose scores stand beside the gold, without a vote"),
        ],
        agreement=list(_agreement(release.report_figures)),
        rubric=_rubric(campaign),
        limits=list(_limits(release)),
    )


def _content(release: GoldRelease) -> Iterator[Fact]:
    counts, tasks = release.counts, release.counts["included"]
    yield Fact("Preference followed", _share(counts["followed"], tasks))
    yield Fact("Preference not followed", _share(counts["not_followed"], tasks))
    yield Fact("Unresolved (`followed` is empty)", _share(counts["unresolved"], tasks))
    runs = release.campaign.runs.select_related("endpoint").order_by("name")
    yield Fact("Models", ", ".join(sorted({run.model_name for run in runs})) or "none")
    yield Fact("Runs", ", ".join(run.name for run in runs) or "none")


def _origin(release: GoldRelease) -> Iterator[Fact]:
    campaign = release.campaign
    yield Fact("Campaign", f"{campaign.name}, {campaign.sample_size:,} responses sampled")
    yield Fact("Sampling", f"{Sampling(campaign.sampling).label}, seed {campaign.seed}")
    yield Fact("Rule", GoldRule(release.rule).label)
    yield Fact("Threshold", f"a score of {release.threshold} or more counts as followed")
    yield from (Fact(name, value) for name, value in criteria_in_words(release.criteria))
    for status, n in sorted(release.counts["statuses"].items(), key=itemgetter(1), reverse=True):
        yield Fact(GoldStatus(status).label, f"{n:,}")
    left_out = release.counts["left_out"]
    if left_out:
        yield Fact("Left out", ", ".join(f"{LEFT_OUT[reason]}: {n:,}" for reason, n in left_out.items()))
    made = release.created_at
    yield Fact("Release", f"number {release.number}, {made:%-d %B %Y}, by PERG {release.code_version}")
    yield Fact("SHA-256 of the release as JSON lines, with user names", release.checksum)


def _doubtful(release: GoldRelease, raters: str) -> Iterator[Fact]:
    """The raters in the release's notes, by the names that its rows have for them."""
    name_of = pseudonyms_of(release.campaign) if raters == RaterNames.PSEUDONYMS else str
    for rater in release.notes["raters"]:
        labels = "1 label" if rater["labels"] == 1 else f"{rater['labels']:,} labels"
        yield Fact(
            f"To be read with care: {name_of(rater['name'])}", f"{labels}; {'; '.join(rater['reasons'])}"
        )


def _share(n: int, of: int) -> str:
    return f"{n:,} ({n / of:.1%})" if of else f"{n:,}"


LEFT_OUT = {
    "state": "In a state that was not chosen",
    "more_wanted": "More labels wanted",
    "disputed": "Waiting for adjudication",
    "unlabelled": "Nobody labelled it",
    "tied": "Tied",
    "few_labels": "Too few labels",
    "low_agreement": "Too little agreement",
    "low_confidence": "Too little confidence",
}
"""Reasons of perg.stats.gold.gold_selection, in words."""


def criteria_in_words(stored: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A release's criteria, as (what, how)."""
    criteria = GoldCriteria(**stored)
    states = (
        "any"
        if set(criteria.states) == set(ALL_STATES)
        else ", ".join(TaskState(state).label.lower() for state in criteria.states)
    )
    facts = [
        ("Adjudicators' decisions", "come before the rule" if criteria.adjudicated_first else "do not count"),
        ("Surplus labels", "vote" if criteria.include_surplus else "have no vote"),
        ("State of the task", states),
        ("Unresolved tasks", "are in, without a decision" if criteria.include_unresolved else "are left out"),
    ]
    if criteria.minimum_labels:
        facts.append(("Votes", f"{criteria.minimum_labels} or more"))
    if criteria.minimum_agreement:
        facts.append(("Agreement", f"{criteria.minimum_agreement:.0%} of the votes or more"))
    if criteria.minimum_confidence:
        facts.append(("Confidence of the model", f"{criteria.minimum_confidence:.0%} or more"))
    return facts


def _agreement(figures: Mapping[str, Any]) -> Iterator[Fact]:
    if figures["undefined"]:
        yield Fact("Krippendorff's α between people", f"undefined: {figures['undefined']}")
        return
    for name, key in (("ordinal, 1 to 5", "alpha"), ("followed or not", "alpha_followed")):
        yield Fact(f"Krippendorff's α between people ({name})", estimate_in_words(figures[key]))
    yield Fact("People compared", str(figures["raters"]))
    for verdict in figures["verdicts"]:
        yield Fact(f"Judge {verdict['judge']}", f"{verdict['sentence']} (n = {verdict['n']:,})")
    yield Fact("From the validation report of", str(figures["computed_at"])[:10])


def estimate_in_words(estimate: Mapping[str, Any]) -> str:
    """A number with its interval and n, or why there is none."""
    if estimate["value"] is None:
        return f"undefined: {estimate['undefined']}"
    interval = (
        "" if estimate["low"] is None else f", 95% interval {estimate['low']:.3f} to {estimate['high']:.3f}"
    )
    warnings = "".join(f" ⚠ {warning}" for warning in estimate.get("warnings", ()))
    return f"{estimate['value']:.3f}{interval}, n = {estimate['n']:,}{warnings}"


def _rubric(campaign: Campaign) -> str:
    rubric = campaign.rubric
    if rubric is None:
        return ""
    scale = "\n".join(f"- **{score}:** {' '.join(anchor.split())}" for score, anchor in rubric.scale)
    # As a quotation, so that its headings do not pass for the card's.
    quoted = "\n".join(f"> {line}" for line in rubric.instructions.splitlines())
    return f"{rubric.name}, version {rubric.version}.\n\n{quoted}\n\n{scale}"


def _limits(release: GoldRelease) -> Iterator[str]:
    campaign, figures = release.campaign, release.report_figures
    tasks, statuses = release.counts["included"], release.counts["statuses"]
    if campaign.is_demonstration:
        yield "These are demonstration data: nothing may be concluded from them."
    if tasks < FEW_TASKS:
        yield f"It holds {tasks} tasks: too few for shares by model, source or category."
    yield from release.notes["looser"]
    if single := statuses.get(GoldStatus.SINGLE):
        rest = "1 task rests" if single == 1 else f"{single:,} tasks rest"
        yield f"{rest} on 1 label, so that a rater's slip goes unseen: agreement is not stated for them."
    if statuses.get(GoldStatus.TIED) or statuses.get(GoldStatus.UNLABELLED):
        yield "Tied and unlabelled tasks are in it, without a decision: leave them out, or say how many there are."
    if statuses.get(GoldStatus.MODEL):
        yield (
            "Decisions by a model of the raters rest on all labels together: a task's own labels may say otherwise, "
            "and another release may decide the same labels differently."
        )
    if campaign.sampling != Sampling.RANDOM:
        yield "The sample is not a plain random one: weight by 1 / `inclusion_probability` for shares of all responses."
    if figures["undefined"]:
        yield "No validation report had been computed when it was released, so agreement is not stated."
    elif figures["stale"]:
        yield f"The figures of the validation report were out of date at the release: {figures['stale']}"
    yield "It says whether a preference was followed, not whether an answer is right."
