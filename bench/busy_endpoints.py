"""How long a test of an endpoint and a report take while other endpoints keep workers waiting.

`.venv/bin/python bench/busy_endpoints.py [--rounds 5]`. The site runs as `manage.py up` starts it, with a PostgreSQL, a
Redis, workers and beat of its own, in a folder of its own. Six endpoints have calls waiting for them the whole time: at
one, connections are refused; one takes them and never answers; two say HTTP 429 with `Retry-After: 5`; two take 10
seconds for an answer. Each round tests a seventh endpoint with one call and computes a validation report, from the
request to the result on record. The last line is a JSON object; the longest of all rounds counts.
"""

import argparse
import contextlib
import json
import os
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

from bench.annotation_load import site  # noqa: E402

TRIAL_SECONDS, REPORT_SECONDS = 5.0, 10.0


def main() -> None:
    parser = argparse.ArgumentParser(
        description="A test and a report beside endpoints that keep workers waiting."
    )
    parser.add_argument("--rounds", type=int, default=5)
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
        measure(arguments.rounds)


def measure(rounds: int) -> None:
    from django.db import connections

    from tests.busy_endpoints import (
        busy_endpoints,
        queue_more_calls,
        seconds_of_report,
        seconds_of_trial,
        small_campaign,
    )

    campaign = small_campaign()
    trials, reports = [], []
    print(f"{'round':>5}{'test, s':>10}{'report, s':>12}")
    with busy_endpoints() as (slow, quick):
        while slow.stats()["requests"] < 4:
            time.sleep(0.1)
        for number in range(rounds):
            queue_more_calls(number + 1)
            trials.append(seconds_of_trial(quick))
            reports.append(seconds_of_report(campaign, resamples=200 + number))
            print(f"{number + 1:5}{trials[-1]:10.2f}{reports[-1]:12.2f}")
    connections.close_all()
    result = {
        "rounds": rounds,
        "longest_test_seconds": round(max(trials), 2),
        "longest_report_seconds": round(max(reports), 2),
        "load": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(result))
    if max(trials) > TRIAL_SECONDS or max(reports) > REPORT_SECONDS:
        raise SystemExit(f"Too slow: {TRIAL_SECONDS:g} s and {REPORT_SECONDS:g} s are allowed.")


if __name__ == "__main__":
    main()
