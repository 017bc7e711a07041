"""What a stored validation report costs: read out of PostgreSQL, hashed, computed and written, as a worker does it.

Used by bench/agreement.py. The database is one of its own, with two runs on the same questions, judgments by 5 judges
of every item, and a campaign in which 5 people labelled 2,000 tasks.
"""

import os
import tempfile
import time
from pathlib import Path

PEOPLE, JUDGES, TASKS = 5, 5, 2000

QUESTIONS = """
    INSERT INTO evaluation_question (dataset_id, key, text, options, gold_option, source, category, external_id)
    SELECT %(dataset)s, md5(n::text), 'What do plants do with light? Question ' || n,
        ARRAY['Photosynthesis', 'Respiration', 'Fermentation'], 'A', 'source ' || n %% 5, 'category ' || n %% 20, n
    FROM generate_series(1, %(questions)s) AS n
"""
ITEMS = """
    WITH item AS (
        INSERT INTO evaluation_item (run_id, question_id, preference_id, position, status, failure)
        SELECT %(run)s, question.id, %(preference)s + question.id %% 8,
            row_number() OVER (ORDER BY question.id), 'done', ''
        FROM evaluation_question AS question
        RETURNING id
    )
    INSERT INTO evaluation_response (item_id, condition, text, answer, recorded_answer, extraction, extraction_rule,
        thoughts, fell_back)
    SELECT item.id, condition, repeat('Plants turn light into sugar. ', 5 + (random() * 60)::int),
        CASE WHEN random() < 0.8 THEN 'A' ELSE 'B' END, '', 'recorded', '', '', false
    FROM item, (VALUES ('baseline'), ('personalised')) AS kind (condition)
"""
# A score near the one that is right, so that judges and people agree; a fifth of them is guessed.
SCORE = """
    CASE WHEN random() < 0.2 THEN 1 + floor(random() * 5)::int
    ELSE least(5, greatest(1, 1 + response.id %% 5 + floor(random() * 3)::int - 1)) END
"""
JUDGMENTS = f"""
    INSERT INTO evaluation_judgment (response_id, judge_id, replicate, status, score, explanation, unscored_reason,
        created_at)
    SELECT response.id, judge.id, 1, 'scored', {SCORE}, 'The response is as short as was asked for.', '', now()
    FROM evaluation_response AS response, evaluation_judge AS judge WHERE response.condition = 'personalised'
"""
SAMPLE = """
    INSERT INTO annotations_task (campaign_id, response_id, kind, state, order_key, priority, wanted_labels, open_slots,
        stratum, inclusion_probability)
    SELECT %(campaign)s, id, 'regular', 'agreed', (random() * 4e18)::bigint, 0, %(people)s, 0, '',
        %(tasks)s::float / %(items)s
    FROM evaluation_response WHERE condition = 'personalised' ORDER BY random() LIMIT %(tasks)s
"""
LABELS = f"""
    WITH submitted AS (
        INSERT INTO annotations_assignment (task_id, member_id, status, is_surplus, is_set_aside, skip_reason,
            skip_note, created_at, submitted_at)
        SELECT task.id, member.id, 'submitted', false, false, '', '', now(), now()
        FROM annotations_task AS task JOIN annotations_member AS member USING (campaign_id)
        RETURNING id, task_id
    )
    INSERT INTO annotations_label (assignment_id, revision, score, answer_correct, comment, guidelines_id,
        submission_key, created_at)
    SELECT submitted.id, 1, {SCORE}, '', '', %(guidelines)s, gen_random_uuid(), now()
    FROM submitted JOIN annotations_task AS task ON task.id = submitted.task_id
    JOIN evaluation_response AS response ON response.id = task.response_id
"""


def stored_report(items: int) -> dict[str, float]:
    """Seconds of a report on this many items, from its request to the stored document; a database is made for it."""
    with tempfile.TemporaryDirectory(prefix="perg-bench-") as home:
        os.environ |= {
            "PERG_HOME": home,
            "DJANGO_SETTINGS_MODULE": "perg_site.settings",
            "LOG_LEVEL": "WARNING",
        }
        for name in ("DATABASE_URL", "REDIS_URL"):
            os.environ.pop(name, None)
        Path(home).chmod(0o711)
        from perg_site import embedded

        with embedded.ensure_running():
            import django
            from django.core.management import call_command
            from django.db import connections

            django.setup()
            call_command("migrate", verbosity=0)
            found = timed_report(campaign_of(items))
            connections.close_all()
            return found


def campaign_of(items: int):
    """A campaign on two runs that have this many items together."""
    from django.db import connection

    from annotations.models import Campaign, Guidelines, Member
    from core.models import User
    from evaluation.judges.selectors import default_rubric
    from evaluation.models import Catalogue, Dataset, Endpoint, Judge, Preference, Run
    from evaluation.models.dataset import PreferenceCategory

    dataset = Dataset.objects.create(name="bench")
    endpoint = Endpoint.objects.create(name="bench", provider="recorded", model="bench")
    catalogue = Catalogue.objects.create(name="bench", version=1)
    preferences = [
        Preference.objects.create(catalogue=catalogue, text=f"I like {category}.", category=category)
        for category in PreferenceCategory.values
    ]
    rubric = default_rubric()
    for number in range(JUDGES):
        Judge.objects.create(name=f"judge {number}", origin="endpoint", endpoint=endpoint, rubric=rubric)
    campaign = Campaign.objects.create(
        name="bench", rubric=rubric, overlap=PEOPLE, max_overlap=PEOPLE, sample_size=TASKS, seed=1
    )
    guidelines = Guidelines.objects.create(campaign=campaign, version=1, text="Rate.")
    with connection.cursor() as cursor:
        cursor.execute(QUESTIONS, {"dataset": dataset.pk, "questions": items // 2})
        for method in ("direct", "pref_aligner"):
            run = Run.objects.create(
                name=method,
                dataset=dataset,
                endpoint=endpoint,
                method=method,
                setting="relevant",
                status="complete",
            )
            campaign.runs.add(run)
            cursor.execute(ITEMS, {"run": run.pk, "preference": preferences[0].pk})
        cursor.execute(JUDGMENTS, {})  # with parameters, so that %% is one sign
        people = User.objects.bulk_create(User(username=f"person {number}") for number in range(PEOPLE))
        Member.objects.bulk_create(Member(campaign=campaign, user=person) for person in people)
        known = {"campaign": campaign.pk, "people": PEOPLE, "tasks": TASKS, "items": items}
        cursor.execute(SAMPLE, known)
        cursor.execute(LABELS, {"guidelines": guidelines.pk})
        cursor.execute("VACUUM (ANALYZE)")  # or autovacuum would do it while we measure
        cursor.execute("CHECKPOINT")
    return campaign


def timed_report(campaign) -> dict[str, float]:
    """Seconds on the clock of each part, and of processors: this process's and the database's."""
    from annotations.models import ValidationReport
    from annotations.validation.selectors.input_hash import input_hash
    from annotations.validation.selectors.validation import validation_input
    from core.jobs.leasing import run_job
    from perg.stats.base.result import dump
    from perg.stats.items.validation_input import ValidationSettings

    settings = dump(ValidationSettings())
    report = ValidationReport.objects.create(campaign=campaign, settings=settings)
    own, of_database = time.process_time(), database_cpu_seconds()
    began = time.perf_counter()
    run_job(report)
    found = {
        "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - own,
        "database_cpu_seconds": database_cpu_seconds() - of_database,
    }
    report.refresh_from_db()
    if report.status != "ready":
        raise SystemExit(f"The report is {report.status}: {report.failure}")
    began = time.perf_counter()
    input_hash(campaign, settings)
    found["hash_seconds"] = time.perf_counter() - began
    began = time.perf_counter()
    validation_input(campaign)
    found["read_seconds"] = time.perf_counter() - began
    return found


def database_cpu_seconds() -> float:
    """Time on a processor so far of the PostgreSQL below PERG_HOME, with that of processes that have ended."""
    import contextlib

    import psutil

    spent = 0.0
    for process in psutil.process_iter(["cmdline", "cpu_times"]):
        line, times = " ".join(process.info["cmdline"] or []), process.info["cpu_times"]
        if line.startswith("postgres:") or "/bin/postgres" in line:
            with contextlib.suppress(psutil.Error):
                if os.environ["PERG_HOME"] in process.cwd():
                    spent += times.user + times.system + times.children_user + times.children_system
    return spent
