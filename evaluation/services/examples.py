"""Examples for the method `icl`: solved questions of the run's own dataset, never the item itself."""

import random
from dataclasses import dataclass

from evaluation.models import Question, Run
from evaluation.stages.plan import RunOptions

POOL = 200


@dataclass(frozen=True, slots=True)
class Examples:
    """A pool of questions to show, and how many to show with each item."""

    pool: tuple[Question, ...]
    count: int
    seed: int

    def of(self, question: Question) -> list[Question]:
        """The examples of a question: always the same ones, and not the question itself."""
        others = [each for each in self.pool if each.text != question.text]
        rng = random.Random(f"{self.seed}:{question.key}")
        return rng.sample(others, min(self.count, len(others)))


def examples_for(run: Run, options: RunOptions) -> Examples:
    """The pool of a run: questions that the run leaves out; where it leaves out too few, any of the dataset."""
    held_out = Question.objects.filter(dataset=run.dataset_id).exclude(items__run=run).order_by("key")[:POOL]
    pool = list(held_out)
    if len(pool) <= options.icl_examples:
        pool = list(Question.objects.filter(dataset=run.dataset_id).order_by("key")[:POOL])
    return Examples(tuple(pool), options.icl_examples, options.seed)
