"""Is a run's alignment failure estimated without bias from a sample enriched where judges disagree?

`.venv/bin/python bench/enriched_sampling.py [--campaigns 1000 --responses 1000 --sample 150 --share 0.5]`. A run with
two judges is stored in a database of its own; then campaigns, each with its own seed, draw their sample from it by the
service that campaigns use, three people of whom each errs now and then label it, and the majority goes into the
estimates that the campaign's page shows. The truth is the majority that the same people would give on all of the run,
so what is left is the sampling alone. A random sample and one by judge score stand beside it. The last line is a JSON
object; `bias` is the mean error in standard errors of one estimate.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))
THRESHOLD = 3
PEOPLE = 3
SLIP = 0.1  # how often one person says the opposite
DESIGNS = ("enriched", "random", "judge_score")
LIMIT = 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description="The bias of estimates from an enriched sample.")
    parser.add_argument("--campaigns", type=int, default=1000)
    parser.add_argument("--responses", type=int, default=1000, help="in the run")
    parser.add_argument("--sample", type=int, default=150, help="responses in a campaign")
    parser.add_argument("--share", type=float, default=0.5, help="of the sample, where judges disagree")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="perg-bench-") as home:
        os.environ |= {
            "PERG_HOME": home,
            "DJANGO_SETTINGS_MODULE": "perg_site.settings",
            "LOG_LEVEL": "WARNING",
        }
        for name in ("DATABASE_URL", "REDIS_URL"):
            os.environ.pop(name, None)
        from perg_site import embedded

        Path(home).chmod(0o711)
        with embedded.ensure_running():
            import django
            from django.core.management import call_command
            from django.db import connections

            django.setup()
            call_command("migrate", verbosity=0)
            measure(arguments.campaigns, arguments.responses, arguments.sample, arguments.share)
            connections.close_all()


def measure(campaigns: int, responses: int, sample: int, share: float) -> None:
    import numpy as np

    from annotations.campaigns.selectors.alignment import StratumCounts, counts_of_run
    from annotations.campaigns.services.sampling import draw_sample
    from perg.stats.base.weighted import stratified_share

    run, is_correct, is_failure = simulated_run(responses)
    domain = [response for response in is_correct if is_correct[response]]
    truth = sum(is_failure[response] for response in domain) / len(domain)
    print(
        f"Run: {responses} responses, {len(domain)} with a correct baseline answer; alignment failure {truth:.4f}"
    )
    print(f"{campaigns} campaigns of {sample} responses by each design\n")
    print(
        f"{'sampling':<12} {'estimate':<11} {'mean':>7} {'std. error':>11} {'mean error':>11}    bias  covered"
    )
    results: dict[str, dict[str, float]] = {}
    started = time.perf_counter()
    for design in DESIGNS:
        weighted, unweighted, covered = [], [], 0
        for seed in range(campaigns):
            drawn = draw_sample(
                [run],
                sampling=design,
                size=sample,
                rng=random.Random(seed),
                threshold=THRESHOLD,
                enriched_share=share,
            )
            counts: defaultdict[tuple[str, float], list[int]] = defaultdict(lambda: [0, 0, 0])
            for each in drawn:
                sums = counts[each.stratum, each.probability]
                sums[0] += 1
                if is_correct[each.response]:
                    sums[1] += 1
                    sums[2] += is_failure[each.response]
            rows = [
                StratumCounts(run.pk, stratum, chance, n, n, right, failed, 0)
                for (stratum, chance), (n, right, failed) in counts.items()
            ]
            estimated = stratified_share(counts_of_run(rows, run.pk))
            assert estimated.weighted.value is not None
            assert estimated.unweighted.value is not None
            weighted.append(estimated.weighted.value)
            unweighted.append(estimated.unweighted.value)
            low, high = estimated.weighted.low, estimated.weighted.high
            covered += low is not None and high is not None and low <= truth <= high
        for name, values in (("weighted", weighted), ("unweighted", unweighted)):
            mean, error = float(np.mean(values)), float(np.std(values, ddof=1))
            results[f"{design}_{name}"] = {"bias": (mean - truth) / error, "error": mean - truth, "se": error}
            shown = f"{covered / campaigns:>8.3f}" if name == "weighted" else f"{'':>8}"
            print(
                f"{design:<12} {name:<11} {mean:>7.4f} {error:>11.4f} {mean - truth:>+11.4f} "
                f"{(mean - truth) / error:>+7.3f} {shown}"
            )
        results[f"{design}_weighted"]["covered"] = covered / campaigns
    passed = (
        all(abs(results[f"{design}_weighted"]["bias"]) < LIMIT for design in DESIGNS)
        and abs(results["enriched_unweighted"]["bias"]) > 1
    )
    print(f"\nWeighted within {LIMIT} of a standard error, unweighted from the enriched sample not: {passed}")
    print(
        json.dumps(
            {
                "campaigns": campaigns,
                "responses": responses,
                "sample": sample,
                "truth": round(truth, 5),
                "seconds": round(time.perf_counter() - started, 1),
                "passed": passed,
                "results": {
                    name: {key: round(value, 5) for key, value in row.items()}
                    for name, row in results.items()
                },
            }
        )
    )
    sys.exit(not passed)


def simulated_run(responses: int):  # type: ignore[no-untyped-def]
    """A stored run with two judges, and by response: baseline correct, and failed by the majority of people.

    Every response has a true score; each judge is off by a point now and then, and the second is lenient with what
    fails. So the judges disagree more often where the preference is not followed.
    """
    from evaluation.judges.selectors import default_rubric
    from evaluation.models import (
        Catalogue,
        Dataset,
        Endpoint,
        Item,
        Judge,
        Judgment,
        Preference,
        Question,
        Response,
        Run,
    )

    rng = random.Random(2025)
    endpoint = Endpoint.objects.create(name="model", provider="openai", model="m")
    dataset = Dataset.objects.create(name="simulated")
    run = Run.objects.create(
        name="simulated",
        dataset=dataset,
        endpoint=endpoint,
        method="direct",
        setting="relevant",
        status="complete",
    )
    liking = Preference.objects.create(
        catalogue=Catalogue.objects.create(name="simulated", version=1),
        text="I like it short.",
        category="brevity",
    )
    judges = [
        Judge.objects.create(name=name, endpoint=endpoint, rubric=default_rubric())
        for name in ("strict", "lenient")
    ]
    options = ["one", "two"]
    questions = Question.objects.bulk_create(
        Question(
            dataset=dataset,
            key=Question.key_of(f"Question {number}?", options, "A"),
            text=f"Question {number}?",
            options=options,
            gold_option="A",
            source="simulated",
        )
        for number in range(responses)
    )
    is_correct, is_failure = {}, {}
    for number, question in enumerate(questions, 1):
        item = Item.objects.create(run=run, question=question, preference=liking, position=number)
        correct, score = rng.random() < 0.75, rng.choices((1, 2, 3, 4, 5), (8, 8, 14, 30, 40))[0]
        Response.objects.create(
            item=item, condition="baseline", text="t", answer="A" if correct else "B", extraction="recorded"
        )
        response = Response.objects.create(
            item=item, condition="personalised", text="t", answer="A", extraction="recorded"
        )
        leniency = 2 if score < THRESHOLD and rng.random() < 0.6 else 0
        for judge, added in zip(judges, (0, leniency), strict=True):
            said = score + added + rng.choices((-1, 0, 1), (1, 8, 1))[0]
            Judgment.objects.create(
                response=response, judge=judge, status="scored", score=min(max(said, 1), 5)
            )
        say_failed = sum((score < THRESHOLD) != (rng.random() < SLIP) for _ in range(PEOPLE))
        is_correct[response.pk], is_failure[response.pk] = correct, say_failed > PEOPLE / 2
    return run, is_correct, is_failure


if __name__ == "__main__":
    main()
