"""What an export of a million labels takes: time, the worker's memory at its peak, and whether the file is right.

`.venv/bin/python bench/export.py [--labels 1000000]`. The site runs as `manage.py up` starts it, in its own folder;
its worker computes the run's results, which all these items have changed, and writes the labels as CSV, JSON lines,
Parquet and as a Hugging Face dataset, each asked for as a person does. The worker's memory is the highest that the
kernel has seen of any of its processes (VmHWM), after it has computed the results, too. Afterwards the files are
read back: as many rows as there are labels, each label once, and the SHA-256 that is on record. Then gold of all tasks
is previewed by this process, released by the worker, and the release is exported. The last line is a JSON object.
"""

import argparse
import contextlib
import hashlib
import json
import os
import statistics
import sys
import tempfile
import time
import zipfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

from bench.annotation_load import BASELINE, ITEMS, PERSONALISED, QUESTIONS, TASKS, site  # noqa: E402

OVERLAP = 4
MOST_MEGABYTES = 300
"""Of a worker that has written exports."""

ASSIGNMENTS = """
    INSERT INTO annotations_assignment (task_id, member_id, status, is_surplus, is_set_aside, skip_reason, skip_note,
        created_at, submitted_at)
    SELECT task.id, member.id, 'submitted', false, false, '', '', now(), now()
    FROM annotations_task AS task, annotations_member AS member
    WHERE task.campaign_id = %(campaign)s AND member.campaign_id = %(campaign)s
    ORDER BY task.id, member.id LIMIT %(count)s
"""
LABELS = """
    INSERT INTO annotations_label (assignment_id, revision, score, answer_correct, comment, seconds, guidelines_id,
        submission_key, created_at)
    SELECT id, 1, 1 + id % 5, '', CASE WHEN id % 10 = 0 THEN '=1+1, "said" n° ' || id ELSE '' END, 4.5 + id % 60,
        NULL, gen_random_uuid(), now()
    FROM annotations_assignment ORDER BY id
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Exports by the worker, with its memory.")
    parser.add_argument("--labels", type=int, default=1_000_000)
    parser.add_argument("--no-gold", action="store_true", help="leave out the release of all tasks")
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
        stack.enter_context(site())
        import django

        django.setup()
        measure(arguments)


def measure(arguments) -> None:
    began = time.perf_counter()
    person, campaign = make_labels(arguments.labels)
    print(f"Made {arguments.labels:,} labels in {time.perf_counter() - began:.0f} s")
    print(f"{'':>14} {'rows':>10} {'s':>7} {'rows/s':>9} {'MB':>7} {'worker MB':>10}  right")
    found = {"labels": arguments.labels, "load_before": [round(each, 2) for each in os.getloadavg()]}
    right = True
    for format in ("parquet", "csv", "jsonl", "dataset"):
        figures = export(person, "labels", format, {"campaign": campaign.pk})
        figures["right"] &= figures["rows"] == arguments.labels
        right &= figures["right"]
        show(f"labels {format}", figures)
        found |= {f"{format}_{name}": value for name, value in figures.items()}
    # Before gold: releasing it reads all labels at once, and its peak is reported separately (`gold_worker_megabytes`).
    peak = max(value for name, value in found.items() if name.endswith("worker_megabytes"))
    found |= {"exports_worker_megabytes": peak, "exports_under_limit": peak < MOST_MEGABYTES}
    if not arguments.no_gold:
        found |= gold(person, campaign)
        right &= found["gold_right"]
    found["all_right"] = right
    print(json.dumps(found))


def export(person, table: str, format: str, filters: dict[str, int]) -> dict[str, object]:
    """Ask for an export, wait for it, and look at its file."""
    from annotations.exports.services import file_of, request_export
    from annotations.models import Export

    began = time.perf_counter()
    made = request_export(requested_by=person, table=table, format=format, filters=filters)
    while (made := Export.objects.get(pk=made.pk)).status in {"queued", "running"}:
        time.sleep(0.05)
    seconds = time.perf_counter() - began
    if made.status != "ready":
        raise SystemExit(f"The export failed: {made.failure}")
    path = file_of(made)
    with path.open("rb") as file:
        checksum = hashlib.file_digest(file, "sha256").hexdigest()
    key = "label" if table == "labels" else "task"
    rows, keys = read_back(path, format, key)
    return {
        "rows": rows,
        "seconds": round(seconds, 1),
        "rows_per_second": round(rows / seconds),
        "megabytes": round(made.size / 1e6, 1),
        "worker_megabytes": worker_megabytes(),
        "right": checksum == made.checksum == made.manifest["sha256"] and rows == made.rows == keys,
    }


def read_back(path: Path, format: str, key: str) -> tuple[int, int]:
    """Rows in the file, and different keys among them, by the libraries that people read it with."""
    import polars

    if format == "dataset":
        with zipfile.ZipFile(path) as folder:
            folder.extractall(path.with_suffix(".folder"))
        column = polars.scan_parquet(path.with_suffix(".folder") / "data" / "*.parquet")
    elif format == "parquet":
        column = polars.scan_parquet(path)
    elif format == "csv":
        column = polars.scan_csv(path)
    else:
        column = polars.scan_ndjson(path)
    values = column.select(key).collect()[key]
    return len(values), values.n_unique()


def gold(person, campaign) -> dict[str, object]:
    from annotations.gold.services.gold import preview_gold
    from annotations.gold.services.requests import request_release
    from perg.stats.gold.gold_criteria import EVERY_TASK

    previews = []
    for _ in range(3):
        began = time.perf_counter()
        preview = preview_gold(campaign=campaign, criteria=EVERY_TASK)
        previews.append(time.perf_counter() - began)
    began = time.perf_counter()
    asked = request_release(campaign=campaign, requested_by=person, seen=preview.fingerprint)
    while asked.is_unfinished:
        time.sleep(0.05)
        asked.refresh_from_db()
    seconds = time.perf_counter() - began
    if asked.release is None:
        raise SystemExit(f"Nothing was released: {asked.failure}")
    release = asked.release
    print(
        f"Previewed in {statistics.median(previews):.2f} s; released {release.counts['included']:,} tasks in "
        f"{seconds:.0f} s; the worker had at most {worker_megabytes()} MB"
    )
    figures = export(person, "gold", "jsonl", {"release": release.pk})
    figures["right"] &= figures["rows"] == release.counts["included"]
    show("gold jsonl", figures)
    return {f"gold_{name}": value for name, value in figures.items()} | {
        "gold_preview_seconds": round(statistics.median(previews), 2),
        "gold_release_seconds": round(seconds, 1),
    }


def show(name: str, figures) -> None:
    print(
        f"{name:>14} {figures['rows']:>10,} {figures['seconds']:>7} {figures['rows_per_second']:>9,} "
        f"{figures['megabytes']:>7} {figures['worker_megabytes']:>10}  {'yes' if figures['right'] else 'NO'}"
    )


def worker_megabytes() -> int:
    """The highest resident memory that any process of the worker has had so far."""
    import psutil

    home, peaks = os.environ["PERG_HOME"], [0]
    for process in psutil.process_iter(["cmdline", "environ"]):
        line = " ".join(process.info["cmdline"] or [])
        if "celery" in line and (process.info["environ"] or {}).get("PERG_HOME") == home:
            with contextlib.suppress(OSError, StopIteration):
                status = Path(f"/proc/{process.pid}/status").read_text().splitlines()
                peak = next(line for line in status if line.startswith("VmHWM:"))
                peaks.append(int(peak.split()[1]) // 1000)
    return max(peaks)


def make_labels(count: int):
    from django.db import connection, transaction

    from annotations.models import Campaign, Guidelines, Member
    from core.models import User
    from evaluation.judges.selectors import default_rubric
    from evaluation.models import Catalogue, Dataset, Endpoint, Preference, Run

    admin = User.objects.create(username="bench-admin", is_staff=True)
    people = User.objects.bulk_create(User(username=f"annotator{number}") for number in range(OVERLAP))
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
    tasks = -(-count // OVERLAP)
    campaign = Campaign.objects.create(
        name="bench", rubric=default_rubric(), overlap=OVERLAP, max_overlap=OVERLAP, sample_size=tasks, seed=1
    )
    campaign.runs.add(run)
    Guidelines.objects.create(campaign=campaign, version=1, text="Rate how far the preference is followed.")
    Member.objects.bulk_create(Member(campaign=campaign, user=person) for person in people)
    known = {"dataset": dataset.pk, "count": tasks}
    items = {
        "run": run.pk,
        "preference": preference.pk,
        "baseline": BASELINE,
        "personalised": PERSONALISED,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(QUESTIONS, known)
        cursor.execute(ITEMS, known | items)
        cursor.execute(TASKS, {"campaign": campaign.pk, "overlap": OVERLAP, "count": tasks})
        cursor.execute(ASSIGNMENTS, {"campaign": campaign.pk, "count": count})
        cursor.execute("UPDATE annotations_task SET open_slots = 0")
        cursor.execute(LABELS)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute("CHECKPOINT")
    return admin, campaign


if __name__ == "__main__":
    main()
