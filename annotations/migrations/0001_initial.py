import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("core", "__first__"),
        ("evaluation", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Campaign",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "rubric",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="campaigns",
                        to="evaluation.rubric",
                    ),
                ),
                (
                    "is_imported",
                    models.BooleanField(default=False, help_text="Its ratings were made elsewhere."),
                ),
                (
                    "scale",
                    models.CharField(
                        choices=[
                            ("nominal", "Nominal: names without an order"),
                            ("ordinal", "Ordinal: an order"),
                            ("interval", "Interval: distances"),
                        ],
                        default="ordinal",
                        max_length=8,
                    ),
                ),
                (
                    "rating_threshold",
                    models.FloatField(
                        blank=True,
                        help_text="Of imported ratings: from this value on, one counts as followed. Empty: they are not cut.",
                        null=True,
                    ),
                ),
                (
                    "failure_labels",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        blank=True,
                        help_text="Imported labels that count as failures. Empty: not stated.",
                        null=True,
                        size=None,
                    ),
                ),
                (
                    "rating_categories",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        blank=True,
                        help_text="Stated scale of imported ratings. Empty: the ratings that occur.",
                        null=True,
                        size=None,
                    ),
                ),
                (
                    "import_warnings",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        blank=True,
                        default=list,
                        help_text="Possible mistakes in imported ratings.",
                        size=None,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("paused", "Paused"),
                            ("closed", "Closed"),
                            ("archived", "Archived"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                (
                    "overlap",
                    models.PositiveSmallIntegerField(default=2, help_text="Labels wanted for each response."),
                ),
                (
                    "max_overlap",
                    models.PositiveSmallIntegerField(
                        default=2, help_text="Labels that a response may get while people disagree on it."
                    ),
                ),
                (
                    "disagreement",
                    models.CharField(
                        choices=[
                            ("range", "Scores lie far apart"),
                            ("threshold", "Scores lie on both sides of the threshold"),
                            ("either", "Either of the two"),
                        ],
                        default="either",
                        max_length=10,
                    ),
                ),
                (
                    "disagreement_range",
                    models.PositiveSmallIntegerField(
                        default=2, help_text="Scores so far apart, or farther, disagree."
                    ),
                ),
                (
                    "asks_correctness",
                    models.BooleanField(
                        default=False,
                        help_text="Ask, too, whether the personalised response's answer is right.",
                    ),
                ),
                ("labels_per_person", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "minimum_seconds",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="A label made in less time on the task counts as implausibly fast.",
                        null=True,
                    ),
                ),
                (
                    "control_every",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Of a person's tasks, one in so many is a control item.",
                        null=True,
                    ),
                ),
                (
                    "pass_mark",
                    models.FloatField(
                        blank=True,
                        help_text="Share of the qualification round to get right before labelling.",
                        null=True,
                    ),
                ),
                ("qualification_attempts", models.PositiveSmallIntegerField(default=3)),
                (
                    "lowest_control_accuracy",
                    models.FloatField(
                        blank=True,
                        help_text="Who is surely below it on the control items is paused.",
                        null=True,
                    ),
                ),
                (
                    "lowest_agreement",
                    models.FloatField(
                        blank=True,
                        help_text="Whose agreement with the rest is surely below it is paused.",
                        null=True,
                    ),
                ),
                (
                    "reveals_judges",
                    models.BooleanField(
                        default=False,
                        help_text="Show the judges' scores to who adjudicates, after their own decision.",
                    ),
                ),
                (
                    "threshold",
                    models.PositiveSmallIntegerField(
                        default=3, help_text="From this score on, the preference counts as followed."
                    ),
                ),
                (
                    "sampling",
                    models.CharField(
                        choices=[
                            ("random", "Random"),
                            ("run", "Stratified by run"),
                            ("source", "Stratified by source"),
                            ("preference_category", "Stratified by preference category"),
                            ("preference", "Stratified by preference"),
                            ("judge_score", "Stratified by judge score"),
                            ("enriched", "Enriched where judges disagree"),
                        ],
                        default="random",
                        max_length=20,
                    ),
                ),
                (
                    "enriched_share",
                    models.FloatField(
                        blank=True,
                        help_text="Enriched: share of the sample drawn where judges disagree.",
                        null=True,
                    ),
                ),
                ("sample_size", models.PositiveIntegerField()),
                ("seed", models.PositiveIntegerField(help_text="Of the sample and of the order of tasks.")),
                (
                    "lease_seconds",
                    models.PositiveIntegerField(
                        default=900, help_text="How long a task is kept for one person."
                    ),
                ),
                ("is_demonstration", models.BooleanField(default=False)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="created_campaigns",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("runs", models.ManyToManyField(related_name="campaigns", to="evaluation.run")),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("name",),
                        name="campaign_name_unique",
                        violation_error_message="A campaign has this name already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True),
                        name="campaign_name_given",
                        violation_error_message="A campaign needs a name.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_imported", True), ("rubric__isnull", False), _connector="OR"),
                        name="campaign_rubric_unless_imported",
                        violation_error_message="A campaign has a rubric, save one of imported ratings.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("is_imported", True), ("scale__in", ["nominal", "ordinal", "interval"])
                            ),
                            models.Q(
                                ("is_imported", False),
                                ("rating_threshold__isnull", True),
                                ("scale", "ordinal"),
                            ),
                            _connector="OR",
                        ),
                        name="campaign_own_scale_only_imported",
                        violation_error_message="Only imported ratings have another scale than 1 to 5.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_imported", False), ("status__in", ["closed", "archived"]), _connector="OR"
                        ),
                        name="campaign_imported_is_not_labelled",
                        violation_error_message="Ratings made elsewhere are not labelled here.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("scale", "nominal"), _negated=True),
                            ("rating_threshold__isnull", True),
                            _connector="OR",
                        ),
                        name="campaign_names_have_no_threshold",
                        violation_error_message="Names without an order cannot be cut at a threshold.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("failure_labels__isnull", True),
                            models.Q(
                                ("failure_labels__len__gte", 1), ("is_imported", True), ("scale", "nominal")
                            ),
                            _connector="OR",
                        ),
                        name="campaign_failure_labels_are_imported_names",
                        violation_error_message="Only imported labels can count as failures.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("rating_categories__isnull", True),
                            models.Q(("is_imported", True), ("rating_categories__len__gte", 2)),
                            _connector="OR",
                        ),
                        name="campaign_stated_scale_only_imported",
                        violation_error_message="Only imported ratings have a stated scale, with two categories or more.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("overlap__gte", 1)),
                        name="campaign_overlap_positive",
                        violation_error_message="Each response needs at least one label.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("max_overlap__gte", models.F("overlap"))),
                        name="campaign_max_overlap_from_overlap",
                        violation_error_message="The most labels of a response are no fewer than those wanted first.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("disagreement__in", ["range", "threshold", "either"]),
                            ("disagreement_range__gte", 1),
                        ),
                        name="campaign_disagreement_known",
                        violation_error_message="A disagreement has a known rule and a range of at least 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("labels_per_person__isnull", True),
                            ("labels_per_person__gte", 1),
                            _connector="OR",
                        ),
                        name="campaign_quota_positive",
                        violation_error_message="A person may make at least one label.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("control_every__isnull", True), ("control_every__gte", 2), _connector="OR"
                        ),
                        name="campaign_control_rate_below_all",
                        violation_error_message="At most every second task is a control item.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("pass_mark__isnull", True),
                            models.Q(("pass_mark__gt", 0), ("pass_mark__lte", 1)),
                            _connector="OR",
                        ),
                        name="campaign_pass_mark_is_share",
                        violation_error_message="A pass mark is a share above 0 and at most 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("qualification_attempts__gte", 1)),
                        name="campaign_qualification_can_be_tried",
                        violation_error_message="A qualification can be tried at least once.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("lowest_control_accuracy__isnull", True),
                            models.Q(
                                ("lowest_control_accuracy__gte", 0), ("lowest_control_accuracy__lte", 1)
                            ),
                            _connector="OR",
                        ),
                        name="campaign_control_bar_is_share",
                        violation_error_message="A bar for control items is a share from 0 to 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("lowest_agreement__isnull", True),
                            models.Q(("lowest_agreement__gte", -1), ("lowest_agreement__lte", 1)),
                            _connector="OR",
                        ),
                        name="campaign_agreement_bar_in_range",
                        violation_error_message="A bar for agreement is from -1 to 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("enriched_share__gt", 0), ("enriched_share__lt", 1), ("sampling", "enriched")
                            ),
                            models.Q(
                                models.Q(("sampling", "enriched"), _negated=True),
                                ("enriched_share__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="campaign_enriched_share_iff_enriched",
                        violation_error_message="An enriched sample has its share, between 0 and 1; no other has.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sample_size__gte", 1)),
                        name="campaign_sample_positive",
                        violation_error_message="A sample has at least one response.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("threshold__gte", 1), ("threshold__lte", 5)),
                        name="campaign_threshold_on_scale",
                        violation_error_message="The threshold is a score from 1 to 5.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("lease_seconds__gte", 1)),
                        name="campaign_lease_positive",
                        violation_error_message="A lease lasts at least a second.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["open", "paused", "closed", "archived"])),
                        name="campaign_status_known",
                        violation_error_message="The status is one of the known ones.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "sampling__in",
                                [
                                    "random",
                                    "run",
                                    "source",
                                    "preference_category",
                                    "preference",
                                    "judge_score",
                                    "enriched",
                                ],
                            )
                        ),
                        name="campaign_sampling_known",
                        violation_error_message="The sampling is one of the known ones.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Task",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tasks",
                        to="annotations.campaign",
                    ),
                ),
                (
                    "response",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tasks",
                        to="evaluation.response",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("regular", "Regular"),
                            ("control", "Control item"),
                            ("qualification", "Qualification item"),
                            ("withdrawn", "Withdrawn item"),
                        ],
                        default="regular",
                        max_length=13,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Labels wanted"),
                            ("agreed", "Labelled"),
                            ("disputed", "Waiting for adjudication"),
                            ("adjudicated", "Adjudicated"),
                        ],
                        default="open",
                        max_length=11,
                    ),
                ),
                ("order_key", models.BigIntegerField(help_text="Random but stable order.")),
                (
                    "priority",
                    models.SmallIntegerField(
                        default=0,
                        help_text="Higher first: what was given back, or wants one more label, does not wait for the rest.",
                    ),
                ),
                ("wanted_labels", models.PositiveSmallIntegerField()),
                ("open_slots", models.PositiveSmallIntegerField()),
                (
                    "score_range",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Highest less lowest score of the votes; empty with fewer than two.",
                        null=True,
                    ),
                ),
                (
                    "waits_for_lead",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="A lead has sent it to adjudication, or reopened it: whatever its votes, it waits for a decision.",
                    ),
                ),
                ("stratum", models.CharField(blank=True, max_length=300)),
                (
                    "inclusion_probability",
                    models.FloatField(help_text="Chance that the sampling had of drawing this response."),
                ),
            ],
            options={
                "ordering": ["order_key", "pk"],
                "indexes": [
                    models.Index(
                        models.F("campaign"),
                        models.OrderBy(models.F("priority"), descending=True),
                        models.F("order_key"),
                        models.F("id"),
                        condition=models.Q(("open_slots__gt", 0)),
                        name="task_open_index",
                    ),
                    models.Index(
                        models.F("campaign"),
                        models.OrderBy(models.F("score_range"), descending=True),
                        models.F("order_key"),
                        condition=models.Q(("state", "disputed")),
                        name="task_disputed_index",
                    ),
                    models.Index(
                        condition=models.Q(("kind", "regular"), _negated=True),
                        fields=["campaign", "kind", "order_key"],
                        name="task_control_index",
                    ),
                    models.Index(fields=["campaign", "state"], name="task_state_index"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("campaign", "response"),
                        name="task_response_once_in_campaign",
                        violation_error_message="The campaign has this response already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "regular"), ("wanted_labels__gte", 1)),
                            models.Q(models.Q(("kind", "regular"), _negated=True), ("wanted_labels", 0)),
                            _connector="OR",
                        ),
                        name="task_wants_a_label",
                        violation_error_message="A regular task wants at least one label, no other task wants any.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["regular", "control", "qualification", "withdrawn"]),
                            ("state__in", ["open", "agreed", "disputed", "adjudicated"]),
                        ),
                        name="task_kind_and_state_known",
                        violation_error_message="Kind and state are of the known ones.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind", "regular"), ("state", "open"), _connector="OR"),
                        name="task_only_regular_is_settled",
                        violation_error_message="Only a regular task is settled by its labels.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("waits_for_lead", False), ("state", "disputed"), _connector="OR"),
                        name="task_waiting_for_lead_is_disputed",
                        violation_error_message="What a lead has sent to adjudication waits there until it is decided.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("open_slots__gte", 0), ("open_slots__lte", models.F("wanted_labels"))
                        ),
                        name="task_open_slots_in_range",
                        violation_error_message="A task never has more people on it than labels wanted.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("inclusion_probability__gt", 0), ("inclusion_probability__lte", 1)
                        ),
                        name="task_inclusion_probability_in_range",
                        violation_error_message="An inclusion probability is above 0 and at most 1.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Adjudication",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="adjudications",
                        to="annotations.task",
                    ),
                ),
                ("revision", models.PositiveIntegerField(default=1)),
                (
                    "adjudicator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="adjudications",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("score", models.PositiveSmallIntegerField()),
                ("rationale", models.TextField()),
                (
                    "saw_judges",
                    models.BooleanField(
                        default=False, help_text="Decided again after the judges' scores had been shown."
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("task", "revision"),
                        name="adjudication_revision_unique",
                        violation_error_message="This revision of the adjudication exists already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("score__gte", 1), ("score__lte", 5)),
                        name="adjudication_score_on_scale",
                        violation_error_message="A score is 1 to 5.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("rationale", ""), _negated=True),
                        name="adjudication_has_rationale",
                        violation_error_message="An adjudication says why.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Member",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="members",
                        to="annotations.campaign",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[("annotator", "Annotator"), ("lead", "Lead")],
                        default="annotator",
                        max_length=10,
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("paused_at", models.DateTimeField(blank=True, null=True)),
                (
                    "paused_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("pause_reason", models.CharField(blank=True, max_length=300)),
                ("set_aside_at", models.DateTimeField(blank=True, null=True)),
                ("qualified_at", models.DateTimeField(blank=True, null=True)),
                (
                    "claimed_up_to",
                    models.BigIntegerField(
                        default=-1,
                        help_text="Order key of the last task claimed: the search for the next one starts behind it.",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("campaign", "user"),
                        name="member_once_in_campaign",
                        violation_error_message="This person is in the campaign already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["annotator", "lead"])),
                        name="member_role_known",
                        violation_error_message="A member is an annotator or a lead.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("paused_at__isnull", False),
                            models.Q(("pause_reason", ""), ("paused_by__isnull", True)),
                            _connector="OR",
                        ),
                        name="member_pause_has_time",
                        violation_error_message="Only who is paused has a reason for it.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to="annotations.task",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to="annotations.member",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("leased", "Being labelled"),
                            ("released", "Given back"),
                            ("submitted", "Labelled"),
                            ("skipped", "Skipped"),
                        ],
                        default="leased",
                        max_length=10,
                    ),
                ),
                ("leased_until", models.DateTimeField(blank=True, null=True)),
                (
                    "is_surplus",
                    models.BooleanField(
                        default=False,
                        help_text="Submitted after the lease had run out and the slot had gone to somebody else.",
                    ),
                ),
                (
                    "is_set_aside",
                    models.BooleanField(
                        default=False, help_text="Kept without a vote: the person's labels were set aside."
                    ),
                ),
                (
                    "skip_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("unclear", "The question or the preference is unclear"),
                            ("cannot_judge", "I cannot judge this"),
                            ("broken", "Something is shown wrongly"),
                            ("conflict", "I should not rate this one"),
                            ("other", "Another reason"),
                        ],
                        max_length=12,
                    ),
                ),
                ("skip_note", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("submitted_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "leased")),
                        fields=["leased_until"],
                        name="assignment_lease_index",
                    ),
                    models.Index(
                        condition=models.Q(("status", "leased")),
                        fields=["member"],
                        name="assignment_in_hand_index",
                    ),
                    models.Index(fields=["member", "submitted_at"], name="assignment_history_index"),
                    models.Index(fields=["member", "id"], name="assignment_order_index"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("task", "member"),
                        name="assignment_once_per_person",
                        violation_error_message="This person has had this task already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["leased", "released", "submitted", "skipped"])),
                        name="assignment_status_known",
                        violation_error_message="The status is one of the known ones.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("leased_until__isnull", False), ("status", "leased")),
                            models.Q(
                                models.Q(("status", "leased"), _negated=True), ("leased_until__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="assignment_leased_iff_deadline",
                        violation_error_message="An assignment has a deadline exactly while it is leased.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "submitted"), ("submitted_at__isnull", False)),
                            models.Q(
                                models.Q(("status", "submitted"), _negated=True),
                                ("is_set_aside", False),
                                ("is_surplus", False),
                                ("submitted_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="assignment_submitted_has_time",
                        violation_error_message="An assignment has a submission time exactly when it is submitted.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                (
                                    "skip_reason__in",
                                    ["unclear", "cannot_judge", "broken", "conflict", "other"],
                                ),
                                ("status", "skipped"),
                            ),
                            models.Q(
                                models.Q(("status", "skipped"), _negated=True),
                                ("skip_note", ""),
                                ("skip_reason", ""),
                            ),
                            _connector="OR",
                        ),
                        name="assignment_skipped_has_reason",
                        violation_error_message="An assignment has a reason exactly when it is skipped.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Draft",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "assignment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="draft",
                        to="annotations.assignment",
                    ),
                ),
                ("score", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "answer_correct",
                    models.CharField(
                        blank=True,
                        choices=[("yes", "Yes"), ("no", "No"), ("cannot_tell", "Cannot tell")],
                        max_length=11,
                    ),
                ),
                ("comment", models.TextField(blank=True)),
                ("seconds", models.FloatField(default=0, help_text="Time on the task so far.")),
                ("version", models.PositiveIntegerField(default=1)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("score__isnull", True),
                            models.Q(("score__gte", 1), ("score__lte", 5)),
                            _connector="OR",
                        ),
                        name="draft_score_on_scale",
                        violation_error_message="A score is 1 to 5.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ValidationReport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("leased_until", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "lost_workers",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="Workers lost since it was queued, by a request or a retry."
                    ),
                ),
                ("failure", models.TextField(blank=True)),
                (
                    "failure_code",
                    models.CharField(blank=True, help_text="The same for programs.", max_length=60),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="validation_reports",
                        to="annotations.campaign",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting for a worker"),
                            ("computing", "Being computed"),
                            ("ready", "Ready"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=9,
                    ),
                ),
                (
                    "settings",
                    models.JSONField(help_text="See perg.stats.items.validation_input.ValidationSettings."),
                ),
                (
                    "input_hash",
                    models.CharField(
                        blank=True,
                        help_text="SHA-256 of ratings, items, settings and code version.",
                        max_length=64,
                    ),
                ),
                ("code_version", models.CharField(blank=True, max_length=50)),
                (
                    "document",
                    models.JSONField(blank=True, help_text="The report, as programs get it.", null=True),
                ),
                ("step", models.CharField(blank=True, help_text="What is being computed.", max_length=200)),
                ("share_done", models.FloatField(default=0)),
                (
                    "requested_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="validation_reports",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status__in", ["queued", "computing"])),
                        fields=["leased_until"],
                        name="validationreport_unfinished",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["queued", "computing", "ready", "failed"])),
                        name="validationreport_status_known",
                        violation_error_message="The status is one of the known ones.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "computing"), ("leased_until__isnull", False)),
                            models.Q(
                                models.Q(("status", "computing"), _negated=True),
                                ("leased_until__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="validationreport_running_iff_leased",
                        violation_error_message="A lease runs exactly while a worker is at it.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["queued", "computing"]), ("finished_at__isnull", True)),
                            models.Q(
                                models.Q(("status__in", ["queued", "computing"]), _negated=True),
                                ("finished_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="validationreport_finished_has_time",
                        violation_error_message="There is an end exactly when it is finished.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("status__in", ["failed"]),
                                models.Q(("failure", ""), _negated=True),
                                models.Q(("failure_code", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("status__in", ["failed"]), _negated=True),
                                ("failure", ""),
                                ("failure_code", ""),
                            ),
                            _connector="OR",
                        ),
                        name="validationreport_failed_iff_reason",
                        violation_error_message="It says why exactly when it failed.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["queued", "computing"])),
                        fields=("campaign",),
                        name="validationreport_one_at_a_time",
                        violation_error_message="Another one is not finished yet.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("document__isnull", False),
                                ("status", "ready"),
                                models.Q(("input_hash", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("status", "ready"), _negated=True), ("document__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="report_ready_iff_document",
                        violation_error_message="A report has its document exactly when it is ready.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("share_done__gte", 0), ("share_done__lte", 1)),
                        name="report_share_done_is_share",
                        violation_error_message="What is done is a share from 0 to 1.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="GoldRelease",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gold_releases",
                        to="annotations.campaign",
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "rule",
                    models.CharField(
                        choices=[
                            ("majority", "Majority of followed / not followed"),
                            ("median", "Median score, cut at the threshold"),
                            ("dawid_skene", "Dawid–Skene"),
                            ("mace", "MACE"),
                        ],
                        default="majority",
                        max_length=20,
                    ),
                ),
                ("threshold", models.PositiveSmallIntegerField()),
                (
                    "criteria",
                    models.JSONField(help_text="See perg.stats.gold.gold_criteria.GoldCriteria."),
                ),
                (
                    "counts",
                    models.JSONField(help_text="What went in and what did not, by reason, as it was found."),
                ),
                (
                    "notes",
                    models.JSONField(
                        help_text="What its users should know: choices looser than the defaults, and raters below a bar."
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        blank=True,
                        help_text="The newest validation report at that moment.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gold_releases",
                        to="annotations.validationreport",
                    ),
                ),
                (
                    "report_figures",
                    models.JSONField(help_text="What that report said: agreement, raters, verdicts."),
                ),
                ("checksum", models.CharField(max_length=64)),
                ("code_version", models.CharField(max_length=50)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gold_releases",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["-number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("campaign", "number"),
                        name="gold_release_number_unique",
                        violation_error_message="The campaign has this release already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("rule__in", ["majority", "median", "dawid_skene", "mace"])),
                        name="gold_release_rule_known",
                        violation_error_message="The rule is one of the known ones.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Export",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("leased_until", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "lost_workers",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="Workers lost since it was queued, by a request or a retry."
                    ),
                ),
                ("failure", models.TextField(blank=True)),
                (
                    "failure_code",
                    models.CharField(blank=True, help_text="The same for programs.", max_length=60),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "table",
                    models.CharField(
                        help_text="A key of annotations.exports.tables.registry.TABLES.", max_length=40
                    ),
                ),
                (
                    "filters",
                    models.JSONField(
                        blank=True, default=dict, help_text="What of the table, as it was asked for."
                    ),
                ),
                (
                    "format",
                    models.CharField(
                        choices=[
                            ("csv", "CSV"),
                            ("jsonl", "JSON lines"),
                            ("parquet", "Parquet"),
                            ("dataset", "Hugging Face dataset (zip)"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "raters",
                    models.CharField(
                        choices=[("names", "User names"), ("pseudonyms", "Pseudonyms")],
                        default="names",
                        max_length=10,
                    ),
                ),
                ("licence", models.CharField(blank=True, help_text="For the dataset card.", max_length=60)),
                (
                    "campaign",
                    models.ForeignKey(
                        blank=True,
                        help_text="Whose leads may fetch it; empty: staff only.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exports",
                        to="annotations.campaign",
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exports",
                        to="annotations.goldrelease",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting for a worker"),
                            ("running", "Being written"),
                            ("ready", "Ready"),
                            ("failed", "Failed"),
                            ("expired", "Expired: the file is gone"),
                        ],
                        default="queued",
                        max_length=8,
                    ),
                ),
                ("rows_expected", models.BigIntegerField(blank=True, null=True)),
                (
                    "rows",
                    models.BigIntegerField(default=0, help_text="Written so far; in all, once it is ready."),
                ),
                ("size", models.BigIntegerField(blank=True, help_text="Of the file, in bytes.", null=True)),
                ("checksum", models.CharField(blank=True, help_text="SHA-256 of the file.", max_length=64)),
                (
                    "file",
                    models.CharField(blank=True, help_text="Its path below EXPORT_ROOT.", max_length=200),
                ),
                (
                    "manifest",
                    models.JSONField(
                        blank=True, help_text="What is in the file, column by column.", null=True
                    ),
                ),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(fields=["requested_by", "-id"], name="export_of_person_index"),
                    models.Index(
                        condition=models.Q(("status__in", ["queued", "running"])),
                        fields=["leased_until"],
                        name="export_unfinished",
                    ),
                    models.Index(
                        condition=models.Q(("status", "ready")),
                        fields=["expires_at"],
                        name="export_expiry_index",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["queued", "running", "ready", "failed", "expired"])
                        ),
                        name="export_status_known",
                        violation_error_message="The status is one of the known ones.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "running"), ("leased_until__isnull", False)),
                            models.Q(
                                models.Q(("status", "running"), _negated=True), ("leased_until__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="export_running_iff_leased",
                        violation_error_message="A lease runs exactly while a worker is at it.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["queued", "running"]), ("finished_at__isnull", True)),
                            models.Q(
                                models.Q(("status__in", ["queued", "running"]), _negated=True),
                                ("finished_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="export_finished_has_time",
                        violation_error_message="There is an end exactly when it is finished.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("status__in", ["failed"]),
                                models.Q(("failure", ""), _negated=True),
                                models.Q(("failure_code", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("status__in", ["failed"]), _negated=True),
                                ("failure", ""),
                                ("failure_code", ""),
                            ),
                            _connector="OR",
                        ),
                        name="export_failed_iff_reason",
                        violation_error_message="It says why exactly when it failed.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("format__in", ["csv", "jsonl", "parquet", "dataset"]),
                            ("raters__in", ["names", "pseudonyms"]),
                        ),
                        name="export_values_known",
                        violation_error_message="Format and raters are of the known ones.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("expires_at__isnull", False),
                                ("manifest__isnull", False),
                                ("size__isnull", False),
                                ("status", "ready"),
                                models.Q(("file", ""), _negated=True),
                                models.Q(("checksum", ""), _negated=True),
                            ),
                            models.Q(models.Q(("status", "ready"), _negated=True), ("file", "")),
                            _connector="OR",
                        ),
                        name="export_ready_iff_file",
                        violation_error_message="An export has its file exactly while it is ready.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Flag",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "assignment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="flags",
                        to="annotations.assignment",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("harmful", "Harmful or offensive"),
                            ("personal", "Personal data"),
                            ("wrong_key", "The question or its gold answer is wrong"),
                            ("rubric", "The rubric does not fit"),
                            ("other", "Something else"),
                        ],
                        max_length=10,
                    ),
                ),
                ("note", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
                (
                    "resolved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("resolution", models.TextField(blank=True)),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reason__in", ["harmful", "personal", "wrong_key", "rubric", "other"])
                        ),
                        name="flag_reason_known",
                        violation_error_message="The reason is one of the known ones.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("resolution", ""),
                                ("resolved_at__isnull", True),
                                ("resolved_by__isnull", True),
                            ),
                            models.Q(("resolved_at__isnull", False), ("resolved_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="flag_resolved_has_person",
                        violation_error_message="A resolved flag says who resolved it.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="GoldLabel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gold_labels",
                        to="annotations.goldrelease",
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gold_labels",
                        to="annotations.task",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("unanimous", "All labels agree"),
                            ("majority", "Most labels agree"),
                            ("median", "Decided by the median"),
                            ("model", "Decided by a model of the raters"),
                            ("adjudicated", "Decided by an adjudicator"),
                            ("tied", "Tied: unresolved"),
                            ("unlabelled", "No label"),
                            ("single", "1 label"),
                        ],
                        max_length=12,
                    ),
                ),
                ("followed", models.BooleanField(blank=True, null=True)),
                (
                    "score",
                    models.FloatField(
                        blank=True, help_text="Median of the labels, or the adjudicator's score.", null=True
                    ),
                ),
                (
                    "record",
                    models.JSONField(
                        help_text="What is exported: the item, every rater's score, how the gold came about."
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("release", "task"),
                        name="gold_label_once_in_release",
                        violation_error_message="The release has this task already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("followed__isnull", False),
                                (
                                    "status__in",
                                    ["unanimous", "majority", "median", "model", "adjudicated", "single"],
                                ),
                            ),
                            models.Q(("followed__isnull", True), ("status__in", ["tied", "unlabelled"])),
                            _connector="OR",
                        ),
                        name="gold_followed_iff_resolved",
                        violation_error_message="Gold is given exactly where the labels resolve it.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="GoldRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("leased_until", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "lost_workers",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="Workers lost since it was queued, by a request or a retry."
                    ),
                ),
                ("failure", models.TextField(blank=True)),
                (
                    "failure_code",
                    models.CharField(blank=True, help_text="The same for programs.", max_length=60),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="gold_requests",
                        to="annotations.campaign",
                    ),
                ),
                ("criteria", models.JSONField(help_text="See perg.stats.gold.gold_criteria.GoldCriteria.")),
                (
                    "seen",
                    models.CharField(
                        blank=True,
                        help_text="Fingerprint of the preview: nothing else is released.",
                        max_length=64,
                    ),
                ),
                (
                    "submission_key",
                    models.UUIDField(
                        blank=True,
                        help_text="Made with the page: the same submission twice is one release.",
                        null=True,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting for a worker"),
                            ("writing", "Being written"),
                            ("released", "Released"),
                            ("failed", "Not released"),
                        ],
                        default="queued",
                        max_length=8,
                    ),
                ),
                (
                    "tasks",
                    models.PositiveIntegerField(
                        blank=True, help_text="That go in, once it is known.", null=True
                    ),
                ),
                ("written", models.PositiveIntegerField(default=0, help_text="Of these, so far.")),
                (
                    "release",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="request",
                        to="annotations.goldrelease",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status__in", ["queued", "writing"])),
                        fields=["leased_until"],
                        name="goldrequest_unfinished",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["queued", "writing", "released", "failed"])),
                        name="goldrequest_status_known",
                        violation_error_message="The status is one of the known ones.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "writing"), ("leased_until__isnull", False)),
                            models.Q(
                                models.Q(("status", "writing"), _negated=True), ("leased_until__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="goldrequest_running_iff_leased",
                        violation_error_message="A lease runs exactly while a worker is at it.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["queued", "writing"]), ("finished_at__isnull", True)),
                            models.Q(
                                models.Q(("status__in", ["queued", "writing"]), _negated=True),
                                ("finished_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="goldrequest_finished_has_time",
                        violation_error_message="There is an end exactly when it is finished.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("status__in", ["failed"]),
                                models.Q(("failure", ""), _negated=True),
                                models.Q(("failure_code", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("status__in", ["failed"]), _negated=True),
                                ("failure", ""),
                                ("failure_code", ""),
                            ),
                            _connector="OR",
                        ),
                        name="goldrequest_failed_iff_reason",
                        violation_error_message="It says why exactly when it failed.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["queued", "writing"])),
                        fields=("campaign",),
                        name="goldrequest_one_at_a_time",
                        violation_error_message="Another one is not finished yet.",
                    ),
                    models.UniqueConstraint(
                        fields=("campaign", "submission_key"),
                        name="gold_request_submission_once",
                        violation_error_message="This release was asked for already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("release__isnull", False), ("status", "released")),
                            models.Q(
                                models.Q(("status", "released"), _negated=True), ("release__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="gold_request_released_iff_release",
                        violation_error_message="A request has its release exactly when it is released.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Guidelines",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="guideline_versions",
                        to="annotations.campaign",
                    ),
                ),
                ("version", models.PositiveIntegerField()),
                ("text", models.TextField(help_text="Markdown, shown to annotators.")),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name_plural": "guidelines",
                "ordering": ["-version"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("campaign", "version"),
                        name="guidelines_version_unique",
                        violation_error_message="The campaign has this version of its guidelines already.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportedRating",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="imported_ratings",
                        to="annotations.campaign",
                    ),
                ),
                ("item", models.CharField(max_length=400)),
                ("rater", models.CharField(max_length=200)),
                ("kind", models.CharField(choices=[("human", "Person"), ("judge", "Judge")], max_length=5)),
                ("value", models.TextField()),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("campaign", "item", "rater"),
                        name="imported_rating_once",
                        violation_error_message="This rater has rated this item already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["human", "judge"])),
                        name="imported_rating_kind_known",
                        violation_error_message="A rater is a person or a judge.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("item", ""), _negated=True),
                            models.Q(("rater", ""), _negated=True),
                            models.Q(("value", ""), _negated=True),
                        ),
                        name="imported_rating_whole",
                        violation_error_message="A rating has an item, a rater and a value.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "token_hash",
                    models.CharField(help_text="SHA-256 of the secret in the link, hex.", max_length=64),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[("annotator", "Annotator"), ("lead", "Lead"), ("admin", "Admin")],
                        max_length=10,
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations",
                        to="annotations.campaign",
                    ),
                ),
                ("note", models.CharField(blank=True, help_text="Whom it is for.", max_length=200)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations_made",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("accepted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "accepted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations_accepted",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("token_hash",),
                        name="invitation_token_unique",
                        violation_error_message="This invitation exists already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("campaign__isnull", True), ("role", "admin")),
                            models.Q(("campaign__isnull", False), ("role__in", ["annotator", "lead"])),
                            _connector="OR",
                        ),
                        name="invitation_campaign_unless_admin",
                        violation_error_message="Annotators and leads are invited to a campaign, admins to none.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("accepted_at__isnull", True), ("accepted_by__isnull", True)),
                            models.Q(
                                ("accepted_at__isnull", False),
                                ("accepted_by__isnull", False),
                                ("revoked_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="invitation_accepted_by_somebody",
                        violation_error_message="An accepted invitation says by whom, and cannot be revoked.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="KnownScore",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "task",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="known_score",
                        to="annotations.task",
                    ),
                ),
                ("score", models.PositiveSmallIntegerField()),
                ("tolerance", models.PositiveSmallIntegerField(default=0)),
                (
                    "explanation",
                    models.TextField(
                        blank=True, help_text="Shown once a qualification item can no longer be asked."
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("score__gte", 1), ("score__lte", 5)),
                        name="known_score_on_scale",
                        violation_error_message="A score is 1 to 5.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("tolerance__lte", 4)),
                        name="known_score_tolerance_in_range",
                        violation_error_message="A tolerance is at most the length of the scale.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Label",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "assignment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="labels",
                        to="annotations.assignment",
                    ),
                ),
                ("revision", models.PositiveIntegerField(default=1)),
                ("score", models.PositiveSmallIntegerField()),
                (
                    "answer_correct",
                    models.CharField(
                        blank=True,
                        choices=[("yes", "Yes"), ("no", "No"), ("cannot_tell", "Cannot tell")],
                        max_length=11,
                    ),
                ),
                ("comment", models.TextField(blank=True)),
                (
                    "seconds",
                    models.FloatField(
                        blank=True,
                        help_text="Time on the task; idle and hidden pages do not count.",
                        null=True,
                    ),
                ),
                (
                    "guidelines",
                    models.ForeignKey(
                        blank=True,
                        help_text="The version that was in force.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="labels",
                        to="annotations.guidelines",
                    ),
                ),
                (
                    "submission_key",
                    models.UUIDField(help_text="Made by the page: the same submission twice is one label."),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("assignment", "revision"),
                        name="label_revision_unique",
                        violation_error_message="This revision of the label exists already.",
                    ),
                    models.UniqueConstraint(
                        fields=("submission_key",),
                        name="label_submission_once",
                        violation_error_message="This submission was received already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("score__gte", 1), ("score__lte", 5)),
                        name="label_score_on_scale",
                        violation_error_message="A score is 1 to 5.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("revision__gte", 1)),
                        name="label_revision_from_1",
                        violation_error_message="Revisions count from 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("answer_correct", ""),
                            ("answer_correct__in", ["yes", "no", "cannot_tell"]),
                            _connector="OR",
                        ),
                        name="label_answer_correct_known",
                        violation_error_message="The answer is right, wrong, or one cannot tell.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("seconds__isnull", True), ("seconds__gte", 0), _connector="OR"),
                        name="label_seconds_positive",
                        violation_error_message="A time is not below 0.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="QualificationAttempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="qualification_attempts",
                        to="annotations.member",
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("started_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("passed", models.BooleanField(blank=True, null=True)),
            ],
            options={
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("member", "number"),
                        name="qualification_attempt_number_unique",
                        violation_error_message="This attempt exists already.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("finished_at__isnull", True)),
                        fields=("member",),
                        name="qualification_one_attempt_at_a_time",
                        violation_error_message="Another attempt is not finished yet.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finished_at__isnull", True), ("passed__isnull", True)),
                            models.Q(("finished_at__isnull", False), ("passed__isnull", False)),
                            _connector="OR",
                        ),
                        name="qualification_finished_has_result",
                        violation_error_message="An attempt has a result exactly when it is finished.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="QualificationAnswer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "attempt",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="answers",
                        to="annotations.qualificationattempt",
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="qualification_answers",
                        to="annotations.task",
                    ),
                ),
                ("score", models.PositiveSmallIntegerField()),
                ("is_right", models.BooleanField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("attempt", "task"),
                        name="qualification_answer_once",
                        violation_error_message="This item is answered already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("score__gte", 1), ("score__lte", 5)),
                        name="qualification_answer_on_scale",
                        violation_error_message="A score is 1 to 5.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="QualificationDraw",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "attempt",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="draws",
                        to="annotations.qualificationattempt",
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="qualification_draws",
                        to="annotations.task",
                    ),
                ),
                ("place", models.PositiveSmallIntegerField()),
            ],
            options={
                "ordering": ["place"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("attempt", "task"),
                        name="qualification_draw_once",
                        violation_error_message="This item is drawn for the attempt already.",
                    ),
                    models.UniqueConstraint(
                        fields=("attempt", "place"),
                        name="qualification_draw_place_unique",
                        violation_error_message="An attempt has one item at each place.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ScreenSettings",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="screen_settings",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("keys", models.JSONField(blank=True, default=dict)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "verbose_name_plural": "screen settings",
            },
        ),
    ]
