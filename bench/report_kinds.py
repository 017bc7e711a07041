"""Do the intervals of a report on pairs hold their level, and is a position bias flagged only where there is one?

`.venv/bin/python bench/report_kinds.py [--seeds 500]`. A person labels a third of 900 items on six systems of known
strengths; a judge, which repeats most votes and likes one system too much, has them all, in drawn orders or in both.
The report's section is computed; a table shows how often 95% intervals hold the truth. The last line is JSON, with the
share of seeds in which judges are flagged: one that looks, and one that says “first” in 86% of its answers.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.coverage_tally import Tally, show, summary
from perg.stats.report.pair_strengths import SystemPairs, SystemStrengths
from tests.pair_votes import STRENGTHS, SYSTEMS, section, true_rate, voted


def main() -> None:
    parser = argparse.ArgumentParser(description="Coverage of the report's sections.")
    parser.add_argument("--seeds", type=int, default=500)
    seeds = parser.parse_args().seeds
    tallies, flagged = [], {}
    console = Console(stderr=True)
    for name, both_orders in (("drawn orders", False), ("both orders", True)):
        tally, flags = Tally(name), []
        for seed in track(range(seeds), name, console=console, transient=True):
            flags.append(measure(tally, seed, both_orders=both_orders))
        tallies.append(tally)
        flagged[f"unbiased, {name}"] = float(np.mean(flags))
        biased = [
            section(voted(seed, items=100, first=0.86, both_orders=both_orders)).raters[1].biased
            for seed in range(seeds)
        ]
        flagged[f"first in 86% of 100, {name}"] = float(np.mean([flag is True for flag in biased]))
    show("Six systems", tallies)
    print(json.dumps({"seeds": seeds, "coverage": summary(tallies), "flagged": flagged}))


def measure(tally: Tally, seed: int, *, both_orders: bool) -> bool:
    """Whether the judge, which looks, is called biased."""
    pairs = section(voted(seed, both_orders=both_orders))
    assert isinstance(pairs.strengths, SystemStrengths)
    assert isinstance(pairs.system_pairs, SystemPairs)
    truth = dict(zip(SYSTEMS, STRENGTHS.tolist(), strict=True))
    for row in pairs.strengths.people:
        tally.add("strength, people", row.strength, truth[row.system])
    for corrected in pairs.strengths.judges[0].systems:
        tally.add("strength, corrected", corrected.corrected, truth[corrected.system])
    for rates in pairs.system_pairs.pairs:
        rate = true_rate(SYSTEMS.index(rates.one), SYSTEMS.index(rates.other))
        tally.add("win rate, people", rates.judges[0].people, rate)
        tally.add("win rate, corrected", rates.judges[0].corrected, rate)
    return bool(pairs.raters[1].biased)


if __name__ == "__main__":
    main()
