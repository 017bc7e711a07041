"""Answer extraction: the option letter that a free-form response to a multiple-choice question commits to.

Everything is rules on the text, the strongest first; the first that speaks decides and is named in the result. Where
no rule speaks, or two statements contradict each other, the rules abstain: they do not guess. Of several options that
one answer names together, the first counts, as in the study.

`spelling` unifies spellings and marks the options' texts, `lists` takes away what only repeats the options, `tokens`
says what an option's letter looks like in running text, `statements` reads sentences that say which option it is,
`verdicts` reads praise in passing, `several` answers that name more than one option, and `rules` weighs them all.
"""

from evaluation.stages.extract.rules import Extraction, extract_answer

__all__ = ["Extraction", "extract_answer"]
