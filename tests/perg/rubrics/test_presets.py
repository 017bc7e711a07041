"""Every preset is a rubric that a judge and a person can answer."""

import pytest

from perg.rubrics.criterion import problem_of_order
from perg.rubrics.presets import PRESETS, RubricPreset
from perg.rubrics.replies import read_reply
from perg.rubrics.reply_form import reply_schema


@pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))
def test_a_preset_is_a_whole_rubric(preset: RubricPreset) -> None:
    assert problem_of_order(preset.criteria) == ""
    assert all(criterion.question for criterion in preset.criteria)
    assert len(reply_schema(preset.criteria)["properties"]) == len(preset.criteria) + 1


@pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))
def test_what_fails_is_defined_for_the_first_criterion_unless_it_is_a_preference(
    preset: RubricPreset,
) -> None:
    outcomes = {preset.criteria[0].is_failure(code) for code in range(len(preset.criteria[0].choices))}
    assert outcomes == ({None} if preset.criteria[0].kind == "pairwise" else {True, False})


def test_a_plain_score_answers_the_first_criterion_of_the_helpfulness_preset() -> None:
    (criterion, _) = PRESETS["helpfulness"].criteria

    assert read_reply([criterion], "Score: 4/5")["helpfulness"].answer == 3
