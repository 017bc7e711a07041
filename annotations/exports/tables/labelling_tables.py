"""Tables of labelling: labels, tasks, adjudications and the audit log. For leads, those of their campaigns."""

from typing import Any

from django.db.models import BooleanField, Case, Count, Exists, F, OuterRef, Q, QuerySet, Value, When

from annotations.audit.selectors import with_campaigns
from annotations.exports.tables.columns import (
    Column,
    Filter,
    FilterKind,
    Kind,
    Scope,
    Source,
    Table,
    of_queryset,
)
from annotations.models import Adjudication, Label, Task
from annotations.models.task import is_vote
from core.models import AuditEvent
from core.text.days import begin_of, end_of

CAMPAIGN = Filter("campaign", FilterKind.CAMPAIGN, "Campaign")
SINCE = Filter("since", FilterKind.DAY, "From", help_text="A day in UTC, itself included.")
UNTIL = Filter("until", FilterKind.DAY, "To", help_text="A day in UTC, itself included.")
REVISIONS = Filter(
    "revisions",
    FilterKind.CHOICE,
    "Revisions",
    choices=(("current", "The current one of each"), ("all", "All, changed ones included")),
)


def _in_campaign(scope: Scope, rows: QuerySet[Any], path: str) -> QuerySet[Any]:
    return rows if scope.campaign is None else rows.filter(**{path: scope.campaign})


def _between(scope: Scope, rows: QuerySet[Any], field: str) -> QuerySet[Any]:
    """From the first day on, up to the last one, both included."""
    if since := scope.filters.get("since"):
        rows = rows.filter(**{f"{field}__gte": begin_of(since)})
    if until := scope.filters.get("until"):
        rows = rows.filter(**{f"{field}__lt": end_of(until)})
    return rows


def _revised(scope: Scope, rows: QuerySet[Any], of: str) -> QuerySet[Any]:
    """The current revisions or all of them, with `is_current`; `of` is what has revisions."""
    later = rows.model.objects.filter(**{of: OuterRef(of)}, revision__gt=OuterRef("revision"))
    revised: QuerySet[Any]
    if scope.filters.get("revisions") == "all":
        revised = rows.annotate(is_current=~Exists(later))
    else:
        revised = rows.filter(~Exists(later)).annotate(is_current=Value(True))
    return revised


def _followed(threshold: str) -> Case:
    return Case(
        When(score__gte=F(threshold), then=Value(True)), default=Value(False), output_field=BooleanField()
    )


# --- Labels -----------------------------------------------------------------------------------------------------

TASK = "assignment__task"
LABELS = (
    Column("label", Kind.INTEGER, "Key of the label.", "pk"),
    Column("campaign", Kind.INTEGER, "Key of the campaign.", f"{TASK}__campaign_id"),
    Column("campaign_name", Kind.TEXT, "Name of the campaign.", f"{TASK}__campaign__name"),
    Column("task", Kind.INTEGER, "Key of the task.", f"{TASK}_id"),
    Column("task_kind", Kind.TEXT, "regular, control, qualification or withdrawn.", f"{TASK}__kind"),
    Column("response", Kind.INTEGER, "Key of the personalised response.", f"{TASK}__response_id"),
    Column("rater", Kind.PERSON, "Who labelled.", "assignment__member__user__username"),
    Column("revision", Kind.INTEGER, "Revision of the label, from 1."),
    Column("is_current", Kind.FLAG, "Whether no later revision was there when this was exported."),
    Column("score", Kind.INTEGER, "1 to 5: how far the preference is followed."),
    Column("followed", Kind.FLAG, "Whether the score reaches the campaign's threshold."),
    Column("answer_correct", Kind.TEXT, "Is the answer right: yes, no, cannot_tell; empty: not asked."),
    Column("comment", Kind.TEXT, "What the rater added, as written."),
    Column("seconds", Kind.NUMBER, "Time on the task, without idle time."),
    Column("is_surplus", Kind.FLAG, "Came after its slot had gone to somebody else: no vote.", "surplus"),
    Column("is_set_aside", Kind.FLAG, "The rater's labels were set aside: no vote.", "set_aside"),
    Column("guidelines", Kind.INTEGER, "Version of the guidelines in force.", "guidelines__version"),
    Column("created_at", Kind.TIME, "When it was submitted."),
)


def label_rows(scope: Scope) -> QuerySet[Label]:
    """The labels in the scope, each with `is_current`, and whether it is `surplus` or `set_aside`."""
    rows = _in_campaign(scope, Label.objects.order_by("pk"), f"{TASK}__campaign")
    rows = _revised(scope, _between(scope, rows, "created_at"), "assignment")
    labels: QuerySet[Label] = rows.annotate(
        surplus=F("assignment__is_surplus"), set_aside=F("assignment__is_set_aside")
    )
    return labels


def labels(scope: Scope) -> Source:
    """Those of responses: what people answered of imported items is a table of its own."""
    rows = label_rows(scope).filter(score__isnull=False)
    return of_queryset(LABELS, rows.annotate(followed=_followed(f"{TASK}__campaign__threshold")))


# --- Tasks ------------------------------------------------------------------------------------------------------

TASKS = (
    Column("task", Kind.INTEGER, "Key of the task.", "pk"),
    Column("campaign", Kind.INTEGER, "Key of the campaign.", "campaign_id"),
    Column("campaign_name", Kind.TEXT, "Name of the campaign.", "campaign__name"),
    Column("response", Kind.INTEGER, "Key of the personalised response.", "response_id"),
    Column("run", Kind.INTEGER, "Key of the run.", "response__item__run_id"),
    Column("kind", Kind.TEXT, "regular, control, qualification or withdrawn."),
    Column("state", Kind.TEXT, "open, agreed, disputed or adjudicated."),
    Column("wanted_labels", Kind.INTEGER, "Labels wanted by now."),
    Column("votes", Kind.INTEGER, "Labels that have a vote."),
    Column("score_range", Kind.INTEGER, "Highest less lowest score of the votes."),
    Column("stratum", Kind.TEXT, "Stratum of the sample."),
    Column("inclusion_probability", Kind.NUMBER, "Chance that the sampling had of drawing it."),
)


def tasks(scope: Scope) -> Source:
    rows = _in_campaign(scope, Task.objects.order_by("pk"), "campaign")
    return of_queryset(TASKS, rows.annotate(votes=Count("assignments", filter=Q(is_vote("assignments__")))))


# --- Adjudications ----------------------------------------------------------------------------------------------

ADJUDICATIONS = (
    Column("adjudication", Kind.INTEGER, "Key of the decision.", "pk"),
    Column("campaign", Kind.INTEGER, "Key of the campaign.", "task__campaign_id"),
    Column("campaign_name", Kind.TEXT, "Name of the campaign.", "task__campaign__name"),
    Column("task", Kind.INTEGER, "Key of the task.", "task_id"),
    Column("response", Kind.INTEGER, "Key of the personalised response.", "task__response_id"),
    Column("revision", Kind.INTEGER, "Revision of the decision, from 1."),
    Column("is_current", Kind.FLAG, "Whether no later revision was there when this was exported."),
    Column("adjudicator", Kind.PERSON, "Who decided.", "adjudicator__username"),
    Column("score", Kind.INTEGER, "1 to 5: how far the preference is followed."),
    Column("followed", Kind.FLAG, "Whether the score reaches the campaign's threshold."),
    Column("rationale", Kind.TEXT, "Why, as written."),
    Column("saw_judges", Kind.FLAG, "Decided again after the judges' scores had been shown."),
    Column("created_at", Kind.TIME, "When it was decided."),
)


def adjudications(scope: Scope) -> Source:
    rows = _in_campaign(scope, Adjudication.objects.order_by("pk"), "task__campaign")
    rows = _revised(scope, _between(scope, rows, "created_at"), "task")
    return of_queryset(ADJUDICATIONS, rows.annotate(followed=_followed("task__campaign__threshold")))


# --- The audit log ----------------------------------------------------------------------------------------------

EVENTS = (
    Column("event", Kind.INTEGER, "Number of the event.", "pk"),
    Column("at", Kind.TIME, "When."),
    Column("person", Kind.PERSON, "Who; empty: the platform.", "actor__username"),
    Column("campaign", Kind.TEXT, "Name of the campaign it is about.", "campaign_name"),
    Column("action", Kind.TEXT, "What was done, such as label.submitted."),
    Column("subject", Kind.TEXT, "To what, such as task 12."),
    Column("details", Kind.DOCUMENT, "Facts on it; empty with pseudonyms.", is_private=True),
)


def audit_events(scope: Scope) -> Source:
    log = AuditEvent.objects.of(scope.campaign) if scope.campaign else AuditEvent.objects.all()
    rows = with_campaigns(log.order_by("pk"))
    if action := scope.filters.get("action"):
        rows = rows.filter(action=action)
    return of_queryset(EVENTS, _between(scope, rows, "at"))


TABLES = (
    Table(
        "labels",
        "Labels",
        "People's labels, one row for each, including those without a vote.",
        LABELS,
        (CAMPAIGN, REVISIONS, SINCE, UNTIL),
        labels,
    ),
    Table("tasks", "Tasks", "The tasks that people label, and their progress.", TASKS, (CAMPAIGN,), tasks),
    Table(
        "adjudications",
        "Adjudications",
        "Leads' decisions where people disagreed, with their reasons.",
        ADJUDICATIONS,
        (CAMPAIGN, REVISIONS, SINCE, UNTIL),
        adjudications,
    ),
    Table(
        "audit_log",
        "Audit log",
        "Who did what to labels, gold, campaigns and people, and when.",
        EVENTS,
        (
            CAMPAIGN,
            Filter("action", FilterKind.TEXT, "Action", help_text="Such as label.submitted; empty: all."),
            SINCE,
            UNTIL,
        ),
        audit_events,
    ),
)
