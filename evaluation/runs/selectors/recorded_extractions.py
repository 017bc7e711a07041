"""The letters that came with imported runs, beside the responses that they were read from."""

from collections import Counter

from evaluation.models import Response, Run
from evaluation.models.item import Extraction
from evaluation.stages.extractor_examples import RecordedExtraction, recorded_letter


def recorded_extractions(run: Run) -> tuple[list[RecordedExtraction], Counter[str]]:
    """The usable ones of a run, and how many are left out, by reason. None of either: the run was not imported."""
    responses = Response.objects.filter(
        item__run=run, extraction__in=[Extraction.RECORDED, Extraction.RECORDED_SECOND]
    ).values_list("item__question__text", "item__question__options", "text", "answer", "recorded_answer")
    extractions = []
    left_out: Counter[str] = Counter()
    for question, options, text, answer, recorded in responses.iterator():
        letter = recorded_letter(answer, recorded, len(options))
        if letter is None:
            left_out["no answer on record, or none that can be read"] += 1
        else:
            extractions.append(RecordedExtraction(question, tuple(options), text, letter))
    return extractions, left_out
