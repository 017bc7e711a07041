"""What the pages call stages and prompts."""

STAGES = {
    "baseline": "Baseline",
    "personalised": "Personalised",
    "critique": "Critique",
    "revision": "Revision",
    "aligner": "Aligner",
    "extract_baseline": "Answer of the baseline, by the extractor",
    "extract_personalised": "Answer of the personalised, by the extractor",
}

PROMPTS = {
    "direct": "Direct",
    "cot": "Chain of thought",
    "icl": "In-context examples",
    "propose": "Proposing preferences",
    "judge": "Judge",
    "reask": "Asking the judge again",
    "extractor": "Answer extractor",
}


def prompt_name(prompt: str) -> str:
    """A prompt as the pages call it: after its stage, or the method that words it."""
    return PROMPTS.get(prompt) or stage_name(prompt)


def stage_name(stage: str) -> str:
    """A stage as the pages call it; judges come with their own names."""
    return STAGES.get(stage, stage[:1].upper() + stage[1:])
