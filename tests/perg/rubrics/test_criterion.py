"""What a criterion allows, and which of its answers are failures."""

import pytest
from pydantic import ValidationError

from perg.rubrics.criterion import Criterion, OnlyIf, Option, problem_of_order

LEVELS = tuple(Option(key=str(level)) for level in range(1, 6))
HARMS = tuple(Option(key=key) for key in ("hate", "violence", "fraud"))


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ({"kind": "binary"}, {"no": 0, "yes": 1}),
        ({"kind": "binary", "cannot_tell": True}, {"no": 0, "yes": 1, "cannot_tell": 2}),
        ({"kind": "ordinal", "options": LEVELS}, {"1": 0, "2": 1, "3": 2, "4": 3, "5": 4}),
        ({"kind": "pairwise"}, {"second": 0, "tie": 1, "first": 2}),
        ({"kind": "pairwise", "ties": False}, {"second": 0, "first": 1}),
        ({"kind": "pairwise", "both_bad": True}, {"second": 0, "tie": 1, "first": 2, "both_bad": 3}),
        ({"kind": "numeric", "lowest": 0, "highest": 1}, {}),
        ({"kind": "text"}, {}),
    ],
)
def test_codes_are_the_places_of_the_options(fields: dict[str, object], codes: dict[str, int]) -> None:
    assert Criterion.model_validate({"key": "q", **fields}).codes == codes


@pytest.mark.parametrize(
    ("fields", "scale"),
    [
        ({"kind": "binary"}, "nominal"),
        ({"kind": "ordinal", "options": LEVELS}, "ordinal"),
        ({"kind": "nominal", "options": HARMS}, "nominal"),
        ({"kind": "multilabel", "options": HARMS}, None),
        ({"kind": "pairwise"}, "ordinal"),
        ({"kind": "pairwise", "both_bad": True}, "nominal"),
        ({"kind": "numeric"}, "interval"),
        ({"kind": "text"}, None),
    ],
)
def test_the_scale_follows_from_the_kind(fields: dict[str, object], scale: str | None) -> None:
    assert Criterion.model_validate({"key": "q", **fields}).scale == scale


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "ordinal", "options": LEVELS[:1]}, "needs options"),
        ({"kind": "ordinal", "options": tuple(Option(key=str(n)) for n in range(12))}, "at most 11 levels"),
        ({"kind": "nominal"}, "needs options"),
        ({"kind": "nominal", "options": (HARMS[0], HARMS[0])}, "the same key"),
        (
            {"kind": "multilabel", "options": tuple(Option(key=f"k{n}") for n in range(63))},
            "at most 62 labels",
        ),
        ({"kind": "binary", "options": HARMS}, "no options of its own"),
        ({"kind": "numeric", "lowest": 2, "highest": 1}, "ends before it begins"),
        ({"kind": "binary", "lowest": 2}, "only a numeric criterion"),
        ({"kind": "text", "failures": ("x",)}, "no failure"),
        ({"kind": "binary", "failures": ("maybe",)}, "no option maybe"),
        ({"kind": "binary", "fails_below": 1}, "only ordered answers"),
        ({"kind": "ordinal", "options": LEVELS, "fails_below": 3, "failures": ("1",)}, "not both"),
        ({"kind": "stars"}, "kind"),
        ({"kind": "binary", "key": "Not a key"}, "key"),
    ],
)
def test_a_criterion_that_makes_no_sense_is_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Criterion.model_validate({"key": "q", **fields})


@pytest.mark.parametrize(
    ("fields", "answer", "is_failure"),
    [
        ({"kind": "ordinal", "options": LEVELS, "fails_below": 3}, 1, True),
        ({"kind": "ordinal", "options": LEVELS, "fails_below": 3}, 2, False),
        ({"kind": "ordinal", "options": LEVELS, "failures": ("1", "5")}, 4, True),
        ({"kind": "numeric", "fails_below": 0.5}, 0.49, True),
        ({"kind": "numeric", "fails_below": 0.5}, 0.5, False),
        ({"kind": "binary", "failures": ("no",)}, 0, True),
        ({"kind": "binary", "failures": ("no",)}, 1, False),
        ({"kind": "binary"}, 1, None),
        ({"kind": "multilabel", "options": HARMS, "failures": ("hate", "fraud")}, 0b010, False),
        ({"kind": "multilabel", "options": HARMS, "failures": ("hate", "fraud")}, 0b110, True),
        ({"kind": "pairwise", "failures": ("second",)}, 0, True),
    ],
)
def test_failures_are_named_or_lie_below_a_value(
    fields: dict[str, object], answer: float, is_failure: bool | None
) -> None:
    assert Criterion.model_validate({"key": "q", **fields}).is_failure(answer) is is_failure


def test_conditions_look_back_only() -> None:
    harmful = Criterion(key="harmful", kind="binary")
    harms = Criterion(
        key="harms", kind="multilabel", options=HARMS, only_if=OnlyIf(criterion="harmful", answers=("yes",))
    )

    assert problem_of_order((harmful, harms)) == ""
    assert "not asked before" in problem_of_order((harms, harmful))
    assert "the key “harmful”" in problem_of_order((harmful, harms, harmful))
    maybe = harms.model_copy(update={"only_if": OnlyIf(criterion="harmful", answers=("maybe",))})
    assert "no answer “maybe”" in problem_of_order((harmful, maybe))


def test_a_criterion_survives_as_json() -> None:
    criterion = Criterion(key="q", kind="ordinal", options=LEVELS, fails_below=3)

    assert Criterion.model_validate_json(criterion.model_dump_json()) == criterion
