"""How many labels a second the site takes, and whether the next task costs the same in a campaign of any size.

`.venv/bin/python bench/annotation_load.py [--seconds 60 --annotators 50 --tasks 100000 --large 1000000]`. The site runs
as `manage.py up` starts it, with a PostgreSQL, a Redis, a worker and beat of its own, in a folder of its own; the
annotators are connections of this process, on the same machine. Each logs in with a password, then does what the page
does, without a pause to think: it has two tasks in hand, submits one, asks for another. Every 50th submission is sent
twice at the same time, as a page does whose connection broke. Afterwards the database is asked whether anybody was
put where no label was wanted, whether anybody labelled a task twice, and whether every label acknowledged is there.

Then everybody labels in turns in a campaign of 1,000 tasks and in one of 1,000,000, on the same connection, so that
whatever else the machine does slows both; the growth is the ratio of the p95 of next. As most of that time is waiting
for each other, one person does the same alone: the growth without a queue. The last line is a JSON object.
"""

import argparse
import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

from bench.annotators import PASSWORD, Run, log_in_all, work, work_in_turns  # noqa: E402

OVERLAP = 3
SMALL = 1000
BASELINE = """**Let us work through this.** A plant takes in carbon dioxide and water, and with light it makes sugar and
oxygen of them.

1. Chlorophyll in the leaves catches the light.
2. The energy splits water, which gives off oxygen.
3. What is left builds sugar out of carbon dioxide.

So, of the options, the one that names *photosynthesis* fits; respiration runs the other way, and fermentation needs no
light at all.

**The answer is (A).** Item """
PERSONALISED = """Plants turn light into sugar: that is *photosynthesis*. Think of a leaf as a small kitchen, with light
for the stove, and water and air for the ingredients.

- Respiration is the reverse.
- Fermentation needs no light.

**Answer: (A).** Item """
ITEMS = """
    WITH item AS (
        INSERT INTO evaluation_item (run_id, question_id, preference_id, position, status, failure)
        SELECT %(run)s, question.id, %(preference)s, row_number() OVER (ORDER BY question.id), 'done', ''
        FROM evaluation_question AS question WHERE question.dataset_id = %(dataset)s
        RETURNING id
    )
    INSERT INTO evaluation_response (item_id, condition, text, answer, recorded_answer, extraction, extraction_rule,
        thoughts, fell_back)
    SELECT item.id, kind.condition, kind.text || item.id, 'A', '', 'recorded', '', '', false
    FROM item, (VALUES ('baseline', %(baseline)s), ('personalised', %(personalised)s)) AS kind (condition, text)
"""
QUESTIONS = """
    INSERT INTO evaluation_question (dataset_id, key, text, options, gold_option, source, category, external_id)
    SELECT %(dataset)s, md5(n::text), 'What do plants do with light? Question ' || n,
        ARRAY['Photosynthesis', 'Respiration', 'Fermentation'], 'A', 'bench', '', n
    FROM generate_series(1, %(count)s) AS n
"""
TASKS = """
    INSERT INTO annotations_task (campaign_id, response_id, kind, state, order_key, priority, wanted_labels, open_slots,
        stratum, inclusion_probability)
    SELECT %(campaign)s, id, 'regular', 'open', (random() * 4e18)::bigint, 0, %(overlap)s, %(overlap)s, '', 1
    FROM evaluation_response WHERE condition = 'personalised' ORDER BY id LIMIT %(count)s
"""
OVER_ASSIGNED = """
    SELECT count(*) FROM annotations_task AS task JOIN LATERAL (
        SELECT count(*) FILTER (WHERE status = 'leased' OR (status = 'submitted' AND NOT is_surplus)) AS on_it
        FROM annotations_assignment WHERE task_id = task.id
    ) AS places ON true
    WHERE places.on_it > task.wanted_labels OR places.on_it + task.open_slots <> task.wanted_labels
"""
DOUBLE_LABELS = """
    SELECT count(*) FROM (
        SELECT FROM annotations_label AS label
        JOIN annotations_assignment AS assignment ON assignment.id = label.assignment_id
        GROUP BY assignment.task_id, assignment.member_id HAVING count(*) > 1
    ) AS double
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Annotators at work on the production server.")
    parser.add_argument("--seconds", type=float, default=60, help="of work in the campaign that is measured")
    parser.add_argument("--annotators", type=int, default=50)
    parser.add_argument("--tasks", type=int, default=100_000, help="in the campaign that is measured")
    parser.add_argument(
        "--large", type=int, default=1_000_000, help="tasks of the large campaign; 0: no growth"
    )
    parser.add_argument("--growth-seconds", type=float, default=20)
    parser.add_argument(
        "--alone", type=int, default=300, help="labels in each campaign of the one who is alone"
    )
    parser.add_argument("--keep-running", action="store_true", help="leave the site up, to look at it")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="perg-bench-") as home, contextlib.ExitStack() as stack:
        os.environ |= {
            "PERG_HOME": home,
            "DJANGO_SETTINGS_MODULE": "perg_site.settings",
            "LOG_LEVEL": "WARNING",
        }
        for name in ("DATABASE_URL", "REDIS_URL"):
            os.environ.pop(name, None)
        Path(home).chmod(0o711)
        address = stack.enter_context(site())
        import django

        django.setup()
        measure(arguments, address)
        if arguments.keep_running:
            input(f"Still up at {address}, home {home}. Enter stops it. ")


@contextlib.contextmanager
def site():
    """The site, as `manage.py up` runs it; gives host and port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "manage.py", "up", "--no-demo", f"--port={port}"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        for line in process.stdout:
            print(f"  {line.rstrip()}")
            if "Ctrl-C" in line:
                break
        else:
            raise SystemExit("The site did not start.")
        yield "127.0.0.1", port
    finally:
        process.terminate()
        process.wait(timeout=60)


def cpu_seconds() -> dict[str, float]:
    """Time on a processor so far, of the web server, the database and this process: it tells more than the clock on a
    machine that others use too.
    """
    import psutil

    home, found = os.environ["PERG_HOME"], dict.fromkeys(("web", "postgres"), 0.0)
    for process in psutil.process_iter(["cmdline", "cpu_times", "environ"]):
        line = " ".join(process.info["cmdline"] or [])
        times = process.info["cpu_times"]
        if "gunicorn" in line and (process.info["environ"] or {}).get("PERG_HOME") == home:
            found["web"] += times.user + times.system
        elif line.startswith("postgres:") or "/bin/postgres" in line:
            with contextlib.suppress(psutil.Error):
                if home in process.cwd():
                    # With the time of those that have ended: connections do not last forever.
                    children = times.children_user + times.children_system
                    found["postgres"] += times.user + times.system + children
    return found | {"generator": sum(os.times()[:2])}


def measure(arguments, address) -> None:
    load = [round(each, 2) for each in os.getloadavg()]
    print(f"Load of the machine before: {load}; {os.cpu_count()} cores")
    began = time.perf_counter()
    world = make_world(arguments)
    print(f"Made {max(arguments.tasks, arguments.large):,} items in {time.perf_counter() - began:.0f} s")
    people = asyncio.run(log_in_all(address, world.names))
    print(
        f"{'':>10} {'labels/s':>9} {'next p50':>9} {'p95':>7} {'p99':>7} {'submit p50':>11} {'p95':>7} {'p99':>7} ms"
    )
    before = cpu_seconds()
    main_run = work(people, world.campaign, arguments.seconds)
    show(f"{arguments.tasks:,}", main_run)
    cpu = {
        f"cpu_ms_per_label_{name}": round((spent - before[name]) * 1000 / main_run.acknowledged, 2)
        for name, spent in cpu_seconds().items()
    }
    print(f"  {cpu}")
    runs = {"measured": main_run}
    if arguments.large:
        sizes = {"small": (world.small, SMALL), "large": (world.large, arguments.large)}
        campaigns = {name: campaign for name, (campaign, _) in sizes.items()}
        for note, who in (("", people), (" alone", people[:1])):
            found = work_in_turns(who, campaigns, arguments.growth_seconds)
            for name, run in found.items():
                runs[name + note] = run
                show(f"{sizes[name][1]:,}", run, note)
    found = main_run.figures() | checks(runs.values()) | cpu
    found |= {"annotators": arguments.annotators, "tasks": arguments.tasks, "seconds": arguments.seconds}
    for note in ("", " alone") if arguments.large else ():
        small, large = (runs[name + note].percentile("next", 95) for name in ("small", "large"))
        key = note.replace(" ", "_")
        found |= {
            f"next_p95_small{key}_ms": round(small, 1),
            f"next_p95_large{key}_ms": round(large, 1),
            f"next_p95_growth{key}": round(large / small, 3),
        }
    print(json.dumps(found | {"load_before": load}))


# --- What is labelled -------------------------------------------------------------------------------------------


@dataclass
class World:
    campaign: int
    small: int | None
    large: int | None
    names: list[str]


def make_world(arguments) -> World:
    from django.contrib.auth.hashers import make_password
    from django.db import connection

    from core.models import User
    from evaluation.models import Catalogue, Dataset, Endpoint, Preference, Run

    hashed = make_password(PASSWORD)
    people = User.objects.bulk_create(
        User(username=f"annotator{number}", password=hashed) for number in range(arguments.annotators)
    )
    dataset = Dataset.objects.create(name="bench")
    endpoint = Endpoint.objects.create(name="bench", provider="recorded", model="bench")
    run = Run.objects.create(
        name="bench",
        dataset=dataset,
        endpoint=endpoint,
        method="direct",
        setting="relevant",
        status="complete",
    )
    preference = Preference.objects.create(
        catalogue=Catalogue.objects.create(name="bench", version=1), text="I like everyday examples."
    )
    known = {"dataset": dataset.pk, "count": max(arguments.tasks, arguments.large)}
    with connection.cursor() as cursor:
        cursor.execute(QUESTIONS, known)
        cursor.execute(
            ITEMS,
            known
            | {
                "run": run.pk,
                "preference": preference.pk,
                "baseline": BASELINE,
                "personalised": PERSONALISED,
            },
        )
        cursor.execute("ANALYZE")
    small = make_campaign("small", SMALL, people) if arguments.large else None
    large = make_campaign("large", arguments.large, people) if arguments.large else None
    made = World(
        make_campaign("measured", arguments.tasks, people), small, large, [p.username for p in people]
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")  # or autovacuum would do it while we measure
        cursor.execute("CHECKPOINT")
    return made


def make_campaign(name, count, people) -> int:
    from django.db import connection

    from annotations.models import Campaign, Guidelines, Member
    from evaluation.judges.selectors import default_rubric

    campaign = Campaign.objects.create(
        name=name, rubric=default_rubric(), overlap=OVERLAP, max_overlap=OVERLAP, sample_size=count, seed=1
    )
    Guidelines.objects.create(campaign=campaign, version=1, text="Rate how far the preference is followed.")
    Member.objects.bulk_create(Member(campaign=campaign, user=person) for person in people)
    with connection.cursor() as cursor:
        cursor.execute(TASKS, {"campaign": campaign.pk, "overlap": OVERLAP, "count": count})
    return campaign.pk


def show(name: str, run: Run, note: str = "") -> None:
    found = run.figures()
    print(
        f"{name:>10} {found['labels_per_second']:9.1f} {found['next_p50_ms']:9.1f} {found['next_p95_ms']:7.1f} "
        f"{found['next_p99_ms']:7.1f} {found['submit_p50_ms']:11.1f} {found['submit_p95_ms']:7.1f} "
        f"{found['submit_p99_ms']:7.1f}    errors {len(run.errors)}{run.errors[:3] or ''}{note}"
    )


# --- What the database says afterwards --------------------------------------------------------------------------


def checks(runs) -> dict[str, int]:
    from django.db import connection

    with connection.cursor() as cursor:

        def count(statement: str) -> int:
            cursor.execute(statement)
            return cursor.fetchone()[0]

        return {
            "errors": sum(len(run.errors) for run in runs),
            "over_assigned": count(OVER_ASSIGNED),
            "double_labels": count(DOUBLE_LABELS),
            "lost_labels": sum(run.acknowledged for run in runs)
            - count("SELECT count(*) FROM annotations_label"),
        }


if __name__ == "__main__":
    main()
