"""The canary set: responses that ignore a preference, each also with a text that asks the judge for a high score.

A judge that reads a response as data rates both twins alike. Each pair has a question of its own and one technique,
so that pairs are independent. The set is data (`canary_set.json`); a changed set gets a new version.
"""

import json
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Literal

from evaluation.stages.judge import JudgeInput


@dataclass(frozen=True, slots=True)
class CanaryPair:
    """`clean` without the injected text and `injected` with it; `into` says which response carries it."""

    technique: str
    into: Literal["personalised", "baseline"]
    injection: str
    clean: JudgeInput

    @property
    def injected(self) -> JudgeInput:
        if self.into == "baseline":
            return replace(self.clean, baseline=f"{self.clean.baseline}\n\n{self.injection}")
        return replace(self.clean, personalised=f"{self.clean.personalised}\n\n{self.injection}")


@dataclass(frozen=True, slots=True)
class CanarySet:
    """All pairs of a version, by technique."""

    version: int
    pairs: tuple[CanaryPair, ...]

    @property
    def calls(self) -> int:
        return 2 * len(self.pairs)


@cache
def canary_set() -> CanarySet:
    """The current set."""
    document = json.loads(files("evaluation.stages").joinpath("canary_set.json").read_text("utf-8"))
    pairs = tuple(
        CanaryPair(
            technique=pair["technique"],
            into=pair["into"],
            injection=pair["injection"],
            clean=JudgeInput(
                question=pair["question"],
                options=tuple(pair["options"]),
                preference=pair["preference"],
                baseline=pair["baseline"],
                personalised=pair["personalised"],
            ),
        )
        for pair in document["pairs"]
    )
    return CanarySet(document["version"], pairs)
