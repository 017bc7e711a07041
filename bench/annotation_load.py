"""How many labels a second the site takes, and whether the next task costs the same in a campaign of any size.

`.venv/bin/python bench/annotation_load.py [--seconds 60 --annotators 50 --tasks 100000 --large 1000000]`. The site runs
as `manage.py up` starts it, with a PostgreSQL, a Redis, a worker and beat of its own, in a folder of its own; the
annotators are connections of this process, on the same machine. Each logs in with a password, then does what the page
does, without a pause to think: it has two tasks in hand, submits one, asks for another. Every 50th submission is sent
twice at the same time, as a page does whose connection broke. Afterwards the database is asked whether anybody was
put where no label was wanted, whether anybody labelled a task twice, and whether every label acknowledged is there.

Then the same in campaigns of 1,000 and of 1,000,000 tasks in turns; the growth is the ratio of the medians of the
rounds' p95. The last line is a JSON object.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))
OVERLAP = 3
SMALL = 1000
PASSWORD = "a long enough password"
RESENT_EVERY = 50
WARM_UP_SECONDS = 3.0
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
    parser.add_argument("--rounds", type=int, default=3, help="of the small and the large campaign, in turns")
    parser.add_argument("--round-seconds", type=float, default=8)
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
                    found["postgres"] += times.user + times.system
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
    rounds: dict[str, list[Run]] = {"small": [], "large": []}
    for number in range(arguments.rounds if arguments.large else 0):
        for name, campaign in (("small", world.small[number]), ("large", world.large)):
            rounds[name].append(work(people, campaign, arguments.round_seconds))
            show(f"{SMALL if name == 'small' else arguments.large:,}", rounds[name][-1])
    found = main_run.figures() | checks([main_run, *rounds["small"], *rounds["large"]])
    found |= cpu | {
        "annotators": arguments.annotators,
        "tasks": arguments.tasks,
        "seconds": arguments.seconds,
    }
    if arguments.large:
        small, large = (
            statistics.median(each.percentile("next", 95) for each in rounds[name])
            for name in ("small", "large")
        )
        found |= {"next_p95_small_ms": round(small, 1), "next_p95_large_ms": round(large, 1)}
        found["next_p95_growth"] = round(large / small, 3)
    print(json.dumps(found | {"load_before": load}))


# --- What is labelled -------------------------------------------------------------------------------------------


@dataclass
class World:
    campaign: int
    small: list[int]
    large: int | None
    names: list[str]


def make_world(arguments) -> World:
    from django.contrib.auth.hashers import make_password
    from django.contrib.auth.models import User
    from django.db import connection

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
    large = make_campaign("large", arguments.large, people) if arguments.large else None
    small = [
        make_campaign(f"small {number}", SMALL, people)
        for number in range(arguments.rounds if arguments.large else 0)
    ]
    made = World(
        make_campaign("measured", arguments.tasks, people), small, large, [p.username for p in people]
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) annotations_task")
        cursor.execute("CHECKPOINT")
    return made


def make_campaign(name, count, people) -> int:
    from django.db import connection

    from annotations.models import Campaign, Guidelines, Member
    from evaluation.services.judges import default_rubric

    campaign = Campaign.objects.create(
        name=name, rubric=default_rubric(), overlap=OVERLAP, max_overlap=OVERLAP, sample_size=count, seed=1
    )
    Guidelines.objects.create(campaign=campaign, version=1, text="Rate how far the preference is followed.")
    Member.objects.bulk_create(Member(campaign=campaign, user=person) for person in people)
    with connection.cursor() as cursor:
        cursor.execute(TASKS, {"campaign": campaign.pk, "overlap": OVERLAP, "count": count})
    return campaign.pk


# --- The annotators ---------------------------------------------------------------------------------------------


@dataclass
class Run:
    """What came of some time of work: how long each request took, in ms, and what went wrong."""

    times: dict[str, list[float]] = field(default_factory=lambda: {"next": [], "submit": []})
    errors: list[str] = field(default_factory=list)
    acknowledged: int = 0  # warm-up included
    labels: int = 0
    seconds: float = 0

    def percentile(self, name: str, share: int) -> float:
        return statistics.quantiles(self.times[name], n=100)[share - 1]

    def figures(self) -> dict[str, float]:
        shares = {"p50": 50, "p95": 95, "p99": 99}
        return {"labels_per_second": round(self.labels / self.seconds, 1), "labels": self.labels} | {
            f"{name}_{label}_ms": round(self.percentile(name, share), 1)
            for name in ("next", "submit")
            for label, share in shares.items()
        }


def show(name: str, run: Run) -> None:
    found = run.figures()
    print(
        f"{name:>10} {found['labels_per_second']:9.1f} {found['next_p50_ms']:9.1f} {found['next_p95_ms']:7.1f} "
        f"{found['next_p99_ms']:7.1f} {found['submit_p50_ms']:11.1f} {found['submit_p95_ms']:7.1f} "
        f"{found['submit_p99_ms']:7.1f}    errors {len(run.errors)}{run.errors[:3] or ''}"
    )


class Browser:
    """One person's browser: cookies and a connection that stays. Far cheaper than an HTTP library."""

    def __init__(self, address) -> None:
        self.address = address
        self.cookies: dict[str, str] = {}
        self.streams = None

    async def ask(
        self, method: str, path: str, fields=(), accept: str = "application/json"
    ) -> tuple[int, bytes]:
        body = urlencode(fields).encode()
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self.address[0]}:{self.address[1]}\r\nAccept: {accept}\r\n"
            f"Cookie: {cookies}\r\nX-CSRFToken: {self.cookies.get('csrftoken', '')}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        answer = (await self._head_of_answer(head.encode() + body)).decode("latin-1")
        for name, value in re.findall(r"(?im)^set-cookie: (\w+)=([^;]*)", answer):
            self.cookies[name] = value
        length = int(re.search(r"(?im)^content-length: (\d+)", answer)[1])
        content = await self.streams[0].readexactly(length)
        if re.search(r"(?im)^connection: close", answer):
            self.close()
        return int(answer[9:12]), content

    async def _head_of_answer(self, request: bytes) -> bytes:
        """Send on the connection that is open; or, if the server has closed it meanwhile, on a new one."""
        is_new = self.streams is None
        if self.streams is None:
            self.streams = await asyncio.open_connection(*self.address)
        try:
            self.streams[1].write(request)
            return await self.streams[0].readuntil(b"\r\n\r\n")
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            self.close()
            if is_new or getattr(error, "partial", b""):
                raise
            return await self._head_of_answer(request)

    def close(self) -> None:
        if self.streams:
            self.streams[1].close()
        self.streams = None


async def log_in_all(address, names: list[str]) -> list[dict[str, object]]:
    """Sessions by the login page, a few at a time: checking a password is meant to be slow."""
    at_once = asyncio.Semaphore(4)

    async def log_in(name: str) -> dict[str, object]:
        async with at_once:
            browser = Browser(address)
            await browser.ask("GET", "/login/", accept="text/html")
            fields = {
                "username": name,
                "password": PASSWORD,
                "csrfmiddlewaretoken": browser.cookies["csrftoken"],
            }
            status, _ = await browser.ask("POST", "/login/", fields, accept="text/html")
            if status != 302 or "sessionid" not in browser.cookies:
                raise SystemExit(f"{name} could not log in: {status}")
            browser.close()
            return {"address": address, "cookies": browser.cookies}

    return await asyncio.gather(*(log_in(name) for name in names))


def work(people, campaign: int, seconds: float) -> Run:
    """Everybody at work in the campaign for some seconds, after a warm-up that is not counted."""
    return asyncio.run(_work(people, campaign, seconds))


async def _work(people, campaign: int, seconds: float) -> Run:
    run = Run()
    begin = time.perf_counter() + WARM_UP_SECONDS
    await asyncio.gather(*(annotate(person, campaign, run, begin, begin + seconds) for person in people))
    run.seconds = time.perf_counter() - begin
    return run


async def annotate(person, campaign: int, run: Run, begin: float, end: float) -> None:
    """One person's page: two tasks in hand, submit one, ask for the next."""
    browser, second = Browser(person["address"]), Browser(person["address"])
    browser.cookies = second.cookies = person["cookies"]
    rng = random.Random()

    async def timed(name: str, path: str, fields):
        began = time.perf_counter()
        status, content = await browser.ask("POST", path, fields)
        if began >= begin:
            run.times[name].append((time.perf_counter() - began) * 1000)
        if status != 200:
            run.errors.append(f"{name}: {status} {content[:120]!r}")
            return None
        return json.loads(content)

    in_hand: list[int] = []
    try:
        while time.perf_counter() < end:
            while len(in_hand) < 2:
                answer = await timed(
                    "next", f"/campaigns/{campaign}/label/next/", [("holding", key) for key in in_hand]
                )
                if answer is None or answer["task"] is None:
                    break
                in_hand.append(answer["task"]["assignment"])
            if not in_hand:
                return
            path = f"/assignments/{in_hand.pop(0)}/submit/"
            fields = {
                "score": rng.choice((1, 2, 3, 4, 5)),
                "answer_correct": "",
                "comment": "It says so twice." if rng.random() < 0.1 else "",
                "seconds": round(rng.uniform(5, 60), 1),
                "submission_key": uuid.uuid4(),
                "based_on": 0,
            }
            again = second.ask("POST", path, fields) if rng.randrange(RESENT_EVERY) == 0 else None
            answer, resent = await asyncio.gather(timed("submit", path, fields), again or asyncio.sleep(0))
            if again and (
                resent[0] != 200 or (answer and json.loads(resent[1])["revision"] != answer["revision"])
            ):
                run.errors.append(f"resent: {resent}")
            if answer is not None:
                run.acknowledged += 1
                run.labels += begin <= time.perf_counter() <= end
    except (OSError, asyncio.IncompleteReadError) as error:
        run.errors.append(repr(error))
    finally:
        browser.close()
        second.close()


# --- What the database says afterwards --------------------------------------------------------------------------


def checks(runs: list[Run]) -> dict[str, int]:
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
