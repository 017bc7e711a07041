"""Processor time of a label in the web process: by a request of the annotation screen, and by the services alone.

`.venv/bin/python bench/label_cpu.py [--labels 1000] [--profile]`. No server, no network: requests go into the site's
WSGI application in this process, and every second label is made by calling what the REST views call. The difference is
the price of middleware, REST framework, reading and writing JSON. Processor time, unlike the clock, says the same on a
busy machine; the database's own is not in it (`annotation_load.py` has it). `--profile` adds the functions that
requests spend most in. The last line is a JSON object.
"""

import argparse
import cProfile
import io
import json
import os
import pstats
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from wsgiref.util import setup_testing_defaults

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

PEOPLE = 20
WARM_UP = 100
CSRF = "a" * 32
LABEL = {"score": 4, "answer_correct": "", "comment": "It says so twice.", "seconds": 12.5, "based_on": 0}


def main() -> None:
    parser = argparse.ArgumentParser(description="Processor time of a label in the web process.")
    parser.add_argument("--labels", type=int, default=1000, help="by each of the two ways")
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="perg-bench-") as home:
        os.environ |= {
            "PERG_HOME": home,
            "DJANGO_SETTINGS_MODULE": "perg_site.settings",
            "LOG_LEVEL": "WARNING",
        }
        for name in ("DATABASE_URL", "REDIS_URL"):
            os.environ.pop(name, None)
        Path(home).chmod(0o711)
        (Path(home) / "static").mkdir()  # empty, but WhiteNoise warns of one that is not there
        from perg_site import embedded

        with embedded.ensure_running():
            import django
            from django.core.management import call_command
            from django.db import connections

            django.setup()
            call_command("migrate", verbosity=0)
            measure(arguments.labels, cProfile.Profile() if arguments.profile else None)
            connections.close_all()


class Way:
    """A way to label, with the time and the statements that each of its steps took."""

    def __init__(self, next_task: Callable[..., int], submit: Callable[..., object]) -> None:
        self.steps = {"next": next_task, "submit": submit}
        self.microseconds: dict[str, list[float]] = {"next": [], "submit": []}
        self.statements = {"next": 0, "submit": 0}

    def label(self, person) -> None:
        self.step("submit", person, self.step("next", person))

    def step(self, name: str, *arguments):
        from django.db import connection

        with connection.execute_wrapper(self.count(name)):
            began = time.process_time_ns()
            result = self.steps[name](*arguments)
            self.microseconds[name].append((time.process_time_ns() - began) / 1000)
        return result

    def count(self, name: str) -> Callable[..., object]:
        def counted(execute, *arguments):
            self.statements[name] += 1
            return execute(*arguments)

        return counted


def measure(labels: int, profile: cProfile.Profile | None) -> None:
    from bench.annotation_load import make_world

    world = make_world(SimpleNamespace(annotators=PEOPLE, tasks=labels * 2, large=0))
    ways = {
        "request": requests(world.campaign, world.names, profile),
        "services": services(world.campaign, world.names),
    }
    for number in range(WARM_UP + labels):
        if number == WARM_UP:
            for way in ways.values():
                way.microseconds = {"next": [], "submit": []}
                way.statements = {"next": 0, "submit": 0}
        for way in ways.values():
            way.label(number % PEOPLE)
    found: dict[str, float] = {}
    print(f"{'µs of processor time':>22} {'median':>8} {'mean':>8} {'statements':>11}")
    for step in ("next", "submit"):
        for name, way in ways.items():
            times = way.microseconds[step]
            median, mean = statistics.median(times), statistics.fmean(times)
            statements = way.statements[step] / labels
            print(f"{f'{step}, {name}':>22} {median:8.0f} {mean:8.0f} {statements:11.1f}")
            found |= {f"{step}_{name}_us": round(median), f"{step}_{name}_statements": round(statements, 1)}
    if profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)
    print(json.dumps(found | {"labels": labels}))


def requests(campaign: int, names: list[str], profile: cProfile.Profile | None) -> Way:
    """What the page sends."""
    from django.core.wsgi import get_wsgi_application

    application, cookies = get_wsgi_application(), [cookie_of(name) for name in names]

    def ask(path: str, person: int, fields: dict[str, object]):
        body = json.dumps(fields).encode()
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": path,
            "HTTP_HOST": "localhost",
            "HTTP_ACCEPT": "application/json",
            "HTTP_COOKIE": cookies[person],
            "HTTP_X_CSRFTOKEN": CSRF,
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
        }
        setup_testing_defaults(environ)
        statuses: list[str] = []
        answer = application(environ, lambda status, headers: statuses.append(status))
        content = b"".join(answer)
        answer.close()
        if not statuses[0].startswith("200"):
            raise SystemExit(f"{path}: {statuses[0]} {content[:200]!r}")
        return json.loads(content)

    def asked(*arguments):
        return profile.runcall(ask, *arguments) if profile else ask(*arguments)

    def next_task(person: int) -> int:
        answer = asked(f"/api/v1/campaigns/{campaign}/next/", person, {"holding": []})
        return answer["task"]["assignment"]

    def submit(person: int, assignment: int) -> None:
        fields = LABEL | {"submission_key": str(uuid.uuid4())}
        asked(f"/api/v1/assignments/{assignment}/submit/", person, fields)

    return Way(next_task, submit)


def cookie_of(name: str) -> str:
    from django.conf import settings
    from django.test import Client

    from core.models import User

    client = Client()
    client.force_login(User.objects.get(username=name))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    return f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={CSRF}"


def services(campaign: int, names: list[str]) -> Way:
    """What the REST views call."""
    from annotations.access import labelling_member, own_assignment
    from annotations.labelling.selectors import labelling
    from annotations.labelling.services.assignment import claim_task
    from annotations.labelling.services.labels import submit_label
    from core.models import User

    people = [User.objects.get(username=name) for name in names]

    def next_task(person: int) -> int:
        member = labelling_member(people[person], campaign)
        assignment = claim_task(member=member)
        return labelling.next_task(member, assignment).task.assignment

    def submit(person: int, key: int) -> None:
        assignment = own_assignment(people[person], key)
        submit_label(assignment=assignment, **LABEL, submission_key=uuid.uuid4())
        labelling.labelled_by(assignment.member)

    return Way(next_task, submit)


if __name__ == "__main__":
    main()
