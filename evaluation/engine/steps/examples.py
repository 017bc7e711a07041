"""Examples for the method `icl`: solved questions of the run's own dataset, never the item itself."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

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
        others = [example for example in self.pool if example.text != question.text]
        rng = random.Random(f"{self.seed}:{question.key}")
        return rng.sample(others, min(self.count, len(others)))


def examples_for(run: Run, options: RunOptions) -> Examples:
    """The pool of a run, see `example_pool`."""
    own_questions = Question.objects.filter(items__run=run).only("pk")
    return Examples(
        tuple(example_pool(run.dataset_id, own_questions, options.icl_examples)),
        options.icl_examples,
        options.seed,
    )


def example_pool(dataset: int, excluded: Iterable[Question], count: int) -> list[Question]:
    """Questions of a dataset (primary key) that are not asked; where there are too few, any of the dataset."""
    questions = Question.objects.filter(dataset=dataset).order_by("key")
    keys = {question.pk for question in excluded}
    pool = list(islice((question for question in questions.iterator() if question.pk not in keys), POOL))
    return pool if len(pool) > count else list(questions[:POOL])
