"""The first experiments of the study, as launch forms that are filled in already and say what they are for."""

from collections.abc import Mapping
from dataclasses import dataclass

from evaluation.stages.plan import Method


@dataclass(frozen=True, slots=True)
class Preset:
    """An experiment: methods × settings, what it asks, and which numbers answer it."""

    key: str
    name: str
    question: str
    reads: str
    methods: tuple[str, ...]
    settings: tuple[str, ...]

    @property
    def runs(self) -> int:
        """Runs for each model."""
        return len(self.methods) * len(self.settings)


_ALL = (
    Preset(
        key="breakage",
        name="Baseline breakage",
        question="How many answers that are correct without a preference become wrong with one?",
        reads="Read the breakage rate (BR) beside the robustness error (RE), by model.",
        methods=(Method.DIRECT,),
        settings=("relevant",),
    ),
    Preset(
        key="relevance",
        name="Relevance ablation",
        question="Is it the preference itself that breaks answers, or does an irrelevant one do so as well?",
        reads="Compare BR and performance variation (PV) between the settings, in pairs over the same questions.",
        methods=(Method.DIRECT,),
        settings=("relevant", "mixed", "irrelevant"),
    ),
    Preset(
        key="aligner",
        name="Pref-Aligner against direct",
        question="Does answering first and aligning afterwards keep answers right, and what does the second call cost?",
        reads="Compare RE of the two methods in pairs, then what an item takes in seconds, tokens and money.",
        methods=(Method.DIRECT, Method.PREF_ALIGNER),
        settings=("relevant", "mixed", "irrelevant"),
    ),
)
PRESETS: Mapping[str, Preset] = {preset.key: preset for preset in _ALL}
