"""The rows that `bench/scale.py` asks for: a site that has been at work for years, made by PostgreSQL itself.

Questions × runs = items; two responses an item, each with the call that it took; several judges on what is
personalised; one campaign with labels. Rows come with foreign keys and triggers off, which would double the time; what
the triggers note for the prepared results is made up for by hand.
"""

from dataclasses import dataclass

MODELS = 10
JUDGES = 8
CATEGORIES = ("clarity", "brevity", "structure", "examples", "context", "perspective", "tone", "other")

QUESTIONS = """
    INSERT INTO evaluation_question (dataset_id, key, text, options, gold_option, source, category, external_id)
    SELECT %(dataset)s, md5(n::text),
        'What do plants do with light, asks question ' || n || '? ' || repeat('Mind it. ', 10),
        ARRAY['Photosynthesis', 'Respiration', 'Fermentation', 'None of these'], substr('ABCD', 1 + n %% 4, 1),
        (ARRAY['cais/mmlu', 'truthful_qa', 'commonsense_qa'])[1 + n %% 3], 'category ' || n %% 20, n
    FROM generate_series(1, %(count)s) AS n
"""
ITEMS = """
    INSERT INTO evaluation_item (run_id, question_id, preference_id, position, status, failure)
    SELECT run.id, question.id,
        CASE WHEN run.setting = 'irrelevant' THEN NULL ELSE preference.first + question.id %% preference.count END,
        row_number() OVER (PARTITION BY run.id ORDER BY question.id),
        CASE WHEN question.id %% 199 = 0 THEN 'failed' ELSE 'done' END,
        CASE WHEN question.id %% 199 = 0 THEN 'The model refused.' ELSE '' END
    FROM evaluation_run AS run, evaluation_question AS question,
        (SELECT min(id) AS first, count(*) FROM evaluation_preference) AS preference
    ORDER BY run.id, question.id
"""
COMPLETIONS = """
    INSERT INTO evaluation_completion (endpoint_id, run_id, request_key, request, status, not_before, attempts, text,
        raw_reply, input_tokens, output_tokens, seconds, reserved_cost, reasoning, cost, error_code, error_message,
        created_at, finished_at)
    SELECT run.endpoint_id, run.id, md5(item.id || kind) || md5(kind || item.id),
        jsonb_build_object('model', 'bench', 'messages', jsonb_build_array(jsonb_build_object('role', 'user',
            'content', 'Question ' || item.question_id))),
        CASE WHEN item.status = 'failed' THEN 'refused' ELSE 'succeeded' END, now(), 1, '', NULL,
        180 + item.id %% 90, 220 + item.id %% 150, 0.4 + random(), 0, '', 0.0004,
        CASE WHEN item.status = 'failed' THEN 'refusal' ELSE '' END, '', now(), now()
    FROM evaluation_item AS item JOIN evaluation_run AS run ON run.id = item.run_id,
        (VALUES ('baseline'), ('personalised')) AS condition (kind)
    ORDER BY item.id
"""
CALLS = """
    INSERT INTO evaluation_itemcall (item_id, stage, completion_id)
    SELECT item.id, CASE kind WHEN 'baseline' THEN 'baseline' ELSE 'personalised' END, completion.id
    FROM evaluation_item AS item CROSS JOIN (VALUES ('baseline'), ('personalised')) AS condition (kind)
    JOIN evaluation_completion AS completion ON completion.request_key = md5(item.id || kind) || md5(kind || item.id)
"""
RESPONSES = """
    INSERT INTO evaluation_response (item_id, condition, text, answer, recorded_answer, extraction, extraction_rule,
        thoughts, fell_back, completion_id)
    SELECT item.id, kind,
        kind || ' response to item ' || item.id || '. ' || repeat('Plants turn light into sugar. ', 14),
        CASE WHEN hashint8(item.id * 7 + length(kind)) %% 20 = 0 THEN ''
            WHEN hashint8(item.id * 3 + length(kind)) %% 5 = 0 THEN 'A' ELSE question.gold_option END,
        '', 'rule', 'answer is', '', false, NULL
    FROM evaluation_item AS item JOIN evaluation_question AS question ON question.id = item.question_id,
        (VALUES ('baseline'), ('personalised')) AS condition (kind)
    WHERE item.status = 'done'
    ORDER BY item.id
"""
JUDGMENTS = """
    INSERT INTO evaluation_judgment (response_id, judge_id, replicate, status, score, explanation, unscored_reason,
        created_at)
    SELECT response.id, judge.id, 1, CASE WHEN unscored THEN 'unscored' ELSE 'scored' END,
        CASE WHEN unscored THEN NULL ELSE 1 + abs(hashint8(response.id * 31 + judge.id)) %% 5 END,
        'It keeps to the preference in most places.', CASE WHEN unscored THEN 'unreadable' ELSE '' END, now()
    FROM evaluation_response AS response
    JOIN evaluation_item AS item ON item.id = response.item_id AND item.preference_id IS NOT NULL,
        evaluation_judge AS judge,
        LATERAL (SELECT abs(hashint8(response.id + judge.id)) %% 97 = 0 AS unscored) AS chance
    WHERE response.condition = 'personalised'
    ORDER BY response.id
    LIMIT %(count)s
"""
TASKS = """
    INSERT INTO annotations_task (campaign_id, response_id, kind, state, order_key, priority, wanted_labels, open_slots,
        stratum, inclusion_probability, waits_for_lead)
    SELECT %(campaign)s, response.id, 'regular', 'open', (random() * 4e18)::bigint, 0, 3, 0, '', 1, false
    FROM evaluation_response AS response
    JOIN evaluation_item AS item ON item.id = response.item_id AND item.preference_id IS NOT NULL
    WHERE response.condition = 'personalised'
    ORDER BY response.id LIMIT %(count)s
"""
ASSIGNMENTS = """
    INSERT INTO annotations_assignment (task_id, member_id, status, submitted_at, is_surplus, is_set_aside, skip_reason,
        skip_note, created_at)
    SELECT task.id, member.id, 'submitted', now() - random() * interval '30 days', false, false, '', '', now()
    FROM annotations_task AS task
    CROSS JOIN LATERAL (
        SELECT id FROM annotations_member WHERE campaign_id = task.campaign_id ORDER BY hashint8(id + task.id) LIMIT 3
    ) AS member
"""
LABELS = """
    INSERT INTO annotations_label (assignment_id, revision, score, answer_correct, comment, seconds, submission_key,
        created_at)
    SELECT id, 1, 1 + abs(hashint8(task_id * 5 + member_id)) %% 5, '', '', 5 + random() * 40, gen_random_uuid(),
        submitted_at
    FROM annotations_assignment
"""
AUDIT = """
    INSERT INTO core_auditevent (at, actor_id, scope, action, subject, details)
    SELECT now() - random() * interval '30 days', %(person)s, 'campaign ' || %(campaign)s, 'label.submitted',
        'label ' || n, '{}'
    FROM generate_series(1, %(count)s) AS n
"""


@dataclass(frozen=True)
class Site:
    """What of the site a page's address may name."""

    dataset: int
    catalogue: int
    run: int
    other_run: int
    batch: int
    campaign: int
    admin: str


def make_site(*, items: int, runs: int, judgments: int, labels: int, password: str) -> Site:
    """Fill an empty database; the numbers are rows. Prints what takes long."""
    from django.db import connection

    from annotations.models import Campaign, Guidelines, Member
    from core.models import User
    from evaluation.judges.selectors import default_rubric
    from evaluation.models import Batch, Catalogue, Dataset, Endpoint, Judge, Preference, Run, RunJudge
    from evaluation.models.run import Method, Setting

    admin = User.objects.create_superuser("bench-admin", password=password)
    dataset = Dataset.objects.create(name="bench")
    catalogue = Catalogue.objects.create(name="bench", version=1)
    Preference.objects.bulk_create(
        Preference(catalogue=catalogue, text=f"I like answers of kind {n}.", category=CATEGORIES[n % 8])
        for n in range(60)
    )
    endpoints = Endpoint.objects.bulk_create(
        Endpoint(name=f"model {n}", provider="recorded", model=f"model-{n}") for n in range(MODELS)
    )
    judges = Judge.objects.bulk_create(Judge(name=f"judge {n}", origin="imported") for n in range(JUDGES))
    batches = Batch.objects.bulk_create(
        Batch(name=f"batch {n}", created_by=admin) for n in range(max(runs // 25, 1))
    )
    # One in ten irrelevant, three in ten mixed.
    settings = [Setting.RELEVANT] * 6 + [Setting.MIXED] * 3 + [Setting.IRRELEVANT]
    made = Run.objects.bulk_create(
        Run(
            name=f"run {n}",
            dataset=dataset,
            catalogue=catalogue,
            endpoint=endpoints[n % MODELS],
            batch=batches[n // 25 % len(batches)],
            method=Method.values[n % len(Method.values)],
            setting=settings[n // MODELS % 10],
            status="complete",
        )
        for n in range(runs)
    )
    RunJudge.objects.bulk_create(
        RunJudge(run=run, judge=judge)
        for run in made
        for judge in judges
        if run.setting != Setting.IRRELEVANT
    )
    campaign = Campaign.objects.create(
        name="bench", rubric=default_rubric(), overlap=3, max_overlap=3, sample_size=labels // 3, seed=1
    )
    campaign.runs.set(made[:1])
    Guidelines.objects.create(campaign=campaign, version=1, text="Rate how far the preference is followed.")
    people = User.objects.bulk_create(User(username=f"annotator {n}") for n in range(8))
    Member.objects.bulk_create(Member(campaign=campaign, user=person) for person in people)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for statement, known in (
            (QUESTIONS, {"dataset": dataset.pk, "count": items // runs}),
            ("ANALYZE", None),
            (ITEMS, {}),
            (COMPLETIONS, {}),
            (RESPONSES, {}),
            ("ANALYZE", None),
            (CALLS, {}),
            (JUDGMENTS, {"count": judgments}),
            (TASKS, {"campaign": campaign.pk, "count": labels // 3}),
            (ASSIGNMENTS, {}),
            (LABELS, {}),
            (AUDIT, {"person": admin.pk, "campaign": campaign.pk, "count": labels}),
            ("INSERT INTO evaluation_runchange (run_id) SELECT id FROM evaluation_run", None),
            ("SET session_replication_role = DEFAULT", None),
            ("VACUUM (ANALYZE)", None),
            ("CHECKPOINT", None),
        ):
            cursor.execute(statement, known)
            print(f"  {' '.join(statement.split())[:60]:60} {cursor.rowcount:>10,}", flush=True)
    return Site(
        dataset.pk, catalogue.pk, made[0].pk, made[1].pk, batches[0].pk, campaign.pk, admin.get_username()
    )
