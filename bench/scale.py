"""Whether every page and every list of the API answers quickly on a site with millions of rows.

`.venv/bin/python bench/scale.py [--items 750000 --runs 250 --judgments 5000000 --labels 300000]`. The site runs as
`manage.py up` starts it, in a folder of its own, with 1,500,000 responses; an admin asks every address that answers GET
over HTTP, several times, one at a time. What addresses there are is asked of the site itself: a new page is measured
without a line here. Prints a table, slowest first; the last line is a JSON object with the median of each route in
milliseconds, and `slower_than_limit`, the routes whose median is over the limit.
"""

import argparse
import contextlib
import json
import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

from bench.annotation_load import site  # noqa: E402
from bench.scale_rows import Site, make_site  # noqa: E402

PASSWORD = "only-for-this-bench-4711"
LIMIT_MS = 300
REPEATS = 7
# What a route is asked besides, by its name: filters, slices, second pages, and what it cannot do without. Each is
# measured as a row of its own; {parts} are those of addresses.
QUERIES = {
    "results": ["dimension=source", "dimension=category&sort=breakage_rate", "dimension=preference&page=2"],
    "results_compare": ["reference={run_id}&run={other_run}", "reference={run_id}&run={other_run}&run=3"],
    "results_figures": ["figure=preference-categories"],
    "results_stages": ["page=2"],
    "results_costs": ["page=2"],
    "run_list": ["page=2"],
    "run_item_list": [
        "show=broken",
        "show=not_robust&judge={judge_id}",
        "source=cais/mmlu&category=category+3",
        "q=plants",
        "after=1500",
        "cause=The+model+refused.",
    ],
    "dataset_detail": ["q=plants", "page=20"],
    "campaign_gold": [
        "shown=1&rule=median&states=open&states=agreed&states=disputed&states=adjudicated&minimum_labels=2"
        "&minimum_agreement=60&minimum_confidence=0"
    ],
    "audit_log": ["action=label.submitted"],
    "campaign_audit": ["action=label.submitted"],
    "api_result_list": ["dimension=category", "run={run_id}"],
    "api_result_comparison": ["reference={run_id}&other={other_run}"],
    "api_run_list": ["method=direct", "judge={judge_id}", "has_failed_items=true", "has_failed_items=false"],
    "api_run_items": ["show=broken", "show=not_robust&judge={judge_id}", "search=plants"],
    "api_run_slices": ["by=preference"],
    "api_item_list": ["run={run_id}", "run={run_id}&status=failed", "question={question_id}"],
    "api_response_list": ["run={run_id}&condition=personalised&answer=A", "item={item_id}"],
    "api_judgment_list": ["run={run_id}&score=1", "run={run_id}&judge={judge_id}&status=unscored"],
    "api_dataset_questions": ["search=plants", "category=category+3"],
    "api_task_list": ["state=disputed", "page_size=100"],
    "api_label_list": ["page_size=100"],
    "api_audit": ["action=label.submitted"],
}
# The next page of a list of the API, whose address the first one tells.
SECOND_PAGES = (
    "api_task_list",
    "api_label_list",
    "api_item_list",
    "api_run_items",
    "api_judgment_list",
    "api_campaign_audit",
)
BEING_COMPUTED = "data-being-computed"
PATIENCE_SECONDS = 300
# Not pages of the console: files, and what tells somebody else's secret or needs one.
LEFT_OUT = re.compile(r"export|download|admin:|media|static|invitation_|password|logout")


def main() -> None:
    parser = argparse.ArgumentParser(description="Every page on a site with millions of rows.")
    parser.add_argument("--items", type=int, default=750_000)
    parser.add_argument("--runs", type=int, default=250)
    parser.add_argument("--judgments", type=int, default=5_000_000)
    parser.add_argument("--labels", type=int, default=300_000)
    parser.add_argument("--only", default="", help="routes that this regular expression finds")
    parser.add_argument("--home", help="keep the site in this folder, or use the one that is there")
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        home = arguments.home or stack.enter_context(tempfile.TemporaryDirectory(prefix="perg-bench-"))
        os.environ |= {
            "PERG_HOME": home,
            "DJANGO_SETTINGS_MODULE": "perg_site.settings",
            "LOG_LEVEL": "WARNING",
        }
        for name in ("DATABASE_URL", "REDIS_URL"):
            os.environ.pop(name, None)
        Path(home).mkdir(exist_ok=True)
        Path(home).chmod(0o711)
        kept = Path(home) / "bench-site.json"
        host, port = stack.enter_context(site())
        import django

        django.setup()
        if kept.exists():
            made = Site(**json.loads(kept.read_text()))
        else:
            began = time.perf_counter()
            made = make_site(
                items=arguments.items,
                runs=arguments.runs,
                judgments=arguments.judgments,
                labels=arguments.labels,
                password=PASSWORD,
            )
            print(f"Made the rows in {time.perf_counter() - began:.0f} s", flush=True)
            kept.write_text(json.dumps(made.__dict__))
        prepared = wait_for_results()
        wait_for_report(made)
        print(json.dumps(measure(f"http://{host}:{port}", made, arguments.only) | prepared | counts()))


def wait_for_results() -> dict[str, float]:
    """Wait till the workers have prepared the results of every run."""
    from evaluation.models import RunChange

    began = time.perf_counter()
    while left := RunChange.objects.values("run_id").distinct().count():
        print(f"  results of {left} runs are being prepared ...", flush=True)
        time.sleep(5)
    return {"results_prepared_in_s": round(time.perf_counter() - began, 1)}


def counts() -> dict[str, int]:
    from annotations.models import Label
    from evaluation.models import Item, Judgment, Response, Run

    return {
        f"{model._meta.model_name}s": model.objects.count()
        for model in (Run, Item, Response, Judgment, Label)
    }


def addresses(made: Site) -> tuple[dict[str, str], list[str]]:
    """Route → an address of it, for all that can be made of what the site has; and the routes that cannot."""
    from django.urls import URLPattern, get_resolver, reverse

    known = known_parts(made)
    found, unknown = {}, []

    def walk(patterns, converters):
        for pattern in patterns:
            names = converters | pattern.pattern.converters.keys()
            if not isinstance(pattern, URLPattern):
                if getattr(pattern, "app_name", None) != "admin":
                    walk(pattern.url_patterns, names)
            elif pattern.name and not LEFT_OUT.search(pattern.name):
                missing = [name for name in names if name not in known]
                if missing:
                    unknown.append(f"{pattern.name} ({', '.join(missing)})")
                else:
                    found[pattern.name] = reverse(pattern.name, kwargs={name: known[name] for name in names})

    walk(get_resolver().url_patterns, frozenset())
    return found, unknown


def known_parts(made: Site) -> dict[str, object]:
    """What the parts of an address stand for here."""
    from annotations.models import Assignment, Label, Member, Task
    from evaluation.models import Endpoint, Item, Judge, Judgment, Preference, Question, Response, Rubric

    first = {
        "item_id": Item.objects.filter(run=made.run, status="done"),
        "question_id": Question.objects,
        "preference_id": Preference.objects,
        "response_id": Response.objects,
        "judgment_id": Judgment.objects,
        "endpoint_id": Endpoint.objects,
        "judge_id": Judge.objects,
        "rubric_id": Rubric.objects,
        "task_id": Task.objects,
        "member_id": Member.objects,
        "label_id": Label.objects,
        "assignment_id": Assignment.objects,
    }
    parts: dict[str, object] = {
        name: rows.order_by("pk").values_list("pk", flat=True).first() for name, rows in first.items()
    }
    return parts | {
        "dataset_id": made.dataset,
        "catalogue_id": made.catalogue,
        "run_id": made.run,
        "batch_id": made.batch,
        "campaign_id": made.campaign,
        "other_run": made.other_run,
        "reason": "state",
        "user_id": Member.objects.order_by("pk").values_list("user", flat=True).first(),
        "person_id": Member.objects.order_by("pk").values_list("user", flat=True).first(),
    }


def measure(origin: str, made: Site, only: str = "") -> dict[str, object]:
    import httpx2 as httpx

    found, unknown = addresses(made)
    medians, other = {}, {}
    with httpx.Client(base_url=origin, timeout=120) as client:
        client.get("/login/")
        answer = client.post(
            "/login/",
            data={
                "username": made.admin,
                "password": PASSWORD,
                "csrfmiddlewaretoken": client.cookies["csrftoken"],
            },
        )
        assert answer.status_code == 302, answer.text
        for route, address in sorted((found | with_queries(client, found, made)).items()):
            if not re.search(only, route):
                continue
            status, times = ask(client, address)
            if status == 200:
                medians[route] = round(statistics.median(times), 1)
            else:
                other[route] = status
    print(f"{'route':90} {'median':>9} ms")
    for route, median in sorted(medians.items(), key=lambda each: -each[1]):
        print(f"{route:90.90} {median:9.1f}{'  over the limit' if median > LIMIT_MS else ''}")
    print("No page by GET:", ", ".join(f"{route} {status}" for route, status in sorted(other.items())))
    print("Not asked, an address cannot be made:", ", ".join(unknown))
    return {
        "slower_than_limit": sorted(route for route, median in medians.items() if median > LIMIT_MS),
        "limit_ms": LIMIT_MS,
        "routes": len(medians),
        "medians_ms": medians,
        "not_asked": unknown,
    }


def with_queries(client, found: dict[str, str], made: Site) -> dict[str, str]:
    """The routes of `QUERIES` and `SECOND_PAGES` by name and query, with their addresses."""
    known = known_parts(made)
    more = {}
    for route, queries in QUERIES.items():
        for query in (each.format(**known) for each in queries):
            more[f"{route}?{query}"] = f"{found[route]}?{query}"
    for route in SECOND_PAGES:
        following = client.get(found[route], headers={"Accept": "application/json"}).json()["next"]
        if following:
            more[f"{route} page 2"] = following
    return more


def wait_for_report(made: Site) -> None:
    """Have a worker compute the campaign's validation report, which several pages show."""
    from annotations.models import Campaign, ValidationReport
    from annotations.validation.services.validation import report_settings, request_report

    request_report(campaign=Campaign.objects.get(pk=made.campaign), settings=report_settings())
    while ValidationReport.objects.unfinished().exists():
        print("  the validation report is being computed ...", flush=True)
        time.sleep(10)


def ask(client, address: str) -> tuple[int, list[float]]:
    """The status, and milliseconds of each time but the first; of the first alone where that took very long.

    A page that says that its figures are being computed is asked again until it has them; then it is measured.
    """
    accept = {"Accept": "application/json"} if "/api/" in address else {}
    times = []
    began = time.perf_counter()
    while BEING_COMPUTED in client.get(address, headers=accept).text:
        if time.perf_counter() - began > PATIENCE_SECONDS:
            raise RuntimeError(f"{address} has no figures after {PATIENCE_SECONDS} s")
        time.sleep(1)
    for _ in range(REPEATS + 1):
        began = time.perf_counter()
        answer = client.get(address, headers=accept)
        times.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200 or times[0] > 10 * LIMIT_MS:
            print(f"  {address}: {answer.status_code}, {times[0]:,.0f} ms", flush=True)
            return answer.status_code, times
    return answer.status_code, times[1:]


if __name__ == "__main__":
    main()
