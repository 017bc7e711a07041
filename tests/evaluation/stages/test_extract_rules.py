"""Answer extraction: each rule finds the letter that a response commits to, and abstains where none is."""

import csv
import re
import sys
from pathlib import Path

import pytest

from evaluation.importers.cells.literal import parse_value
from evaluation.stages.extract import (
    Extraction,
    extract_answer,
    lists,
    rules,
    sentences,
    several,
    spelling,
    statements,
    tokens,
    verdicts,
)

RUN = Path(__file__).resolve().parents[4] / "shared/data/recorded_runs/mixtral-8x7b_icl_mmlu_part.csv"

Options = tuple[str, ...]

CITIES = ("Paris", "London", "Rome", "Berlin")
VITAMINS = ("Vitamin A", "Vitamin B", "Vitamin C", "Vitamin D")
BACTERIA = ("E. coli", "B. subtilis", "S. aureus", "C. difficile")
NUMBERS = ("5", "15", "0.5", "-5")
NONE_ABOVE = ("Paris", "London", "Rome", "None of the above")
WHY = ("Yes, because he knew.", "Yes, because he acted.", "No, because he slept.", "No, because he left.")
ROMAN = ("I only", "II only", "I and II", "Neither I nor II")
TEN = tuple(f"the number {number}" for number in range(101, 111))

STRUCTURED, FINAL = "structured answer", "final answer"
OPENING, STATEMENT = "opening letter", "answer statement"
SEVERAL = "first of several"


def case(response: str, letter: str, rule: str, options: Options = CITIES) -> tuple[str, Options, Extraction]:
    return response, options, Extraction(letter, rule)


COMMITTED = [
    # Structures that were asked for.
    case('{"answer": "B"}', "B", STRUCTURED),
    case('```json\n{"reasoning": "Not A.", "final_answer": "(C)"}\n```', "C", STRUCTURED),
    case("{'choice': 'd'}", "D", STRUCTURED),
    case("We get $\\boxed{C}$", "C", STRUCTURED),
    case("Hence \\boxed{\\text{(B)}}.", "B", STRUCTURED),
    case("First \\boxed{A}, no: \\boxed{D}", "D", STRUCTURED),
    case("The value is \\boxed{15}.", "B", STRUCTURED, NUMBERS),
    case("<think>A? B?</think><answer>C</answer>", "C", STRUCTURED),
    # Letters alone, or before their reason.
    case("A", "A", OPENING),
    case("  b.", "B", OPENING),
    case("(C)", "C", OPENING),
    case("**D**", "D", OPENING),
    case("`A`", "A", OPENING),
    case("[[B]]", "B", OPENING),
    case("$C$", "C", OPENING),
    case("B) London\n\nLondon has been the capital since 1066.", "B", OPENING),
    case("C: Rome is older.", "C", OPENING),
    case("D. It has been so since 1990.\n\nA is in France.", "D", OPENING),
    case("Option A. The others are not in France.", "A", OPENING),
    case("**B. London**\n\nBecause of the Thames.", "B", OPENING),
    case("A. Paris\n\nIt lies on the Seine.", "A", OPENING),
    case("C. rome, the eternal city.\n\nIt has seven hills.", "C", OPENING),
    # “Answer: X”.
    case("Answer: (B)", "B", FINAL),
    case("Answer: B) London", "B", FINAL),
    case("**Answer:** C", "C", FINAL),
    case("### Final Answer\n**D**", "D", FINAL),
    case("Final answer: **A**", "A", FINAL),
    case("Let's think step by step. The Seine is in France.\nAnswer: A", "A", FINAL),
    case("Correct answer → C", "C", FINAL),
    case("Answer:\nB", "B", FINAL),
    case("Sure! Here is my answer:\n\n(B) London", "B", FINAL),
    case("The answer is:\n\nC. Rome\n\nHere's why: it is old.", "C", STATEMENT),
    # Later statements that override earlier ones.
    case("The answer is A. But that forgets the exile.\n\nTherefore, the final answer is C.", "C", FINAL),
    case("I first thought the answer was A. Wait, actually it's B.", "B", FINAL),
    case("The answer is A.\n\nHmm, that is wrong.\n\nCorrection: the answer is D.", "D", FINAL),
    case("C. Rome\n\nIt is old. Hence the correct answer is B.", "B", FINAL),
    case("The answer is not A but B.", "B", FINAL),
    case("A Paris of the north would be best.\n\nSo the answer is D.", "D", FINAL),
    case(
        "Options A, B, and D are correct in part, so option C is the one to pick: I recommend C.", "C", FINAL
    ),
    case(
        "The correct answer is B.\n\nOption D is not the best answer because it is in the east.",
        "B",
        STATEMENT,
    ),
    case("The correct answer is B.\n\nOption D is also correct, in a way.", "B", STATEMENT),
    case(
        "If the river were shorter, the answer would be A. As it stands, the answer is B.\n\nThat is all.",
        "B",
        STATEMENT,
    ),
    # Options taken one by one.
    case(
        "Option A is incorrect because it is in France. B and D are wrong. Therefore, the answer is C.",
        "C",
        FINAL,
    ),
    case("It cannot be A, and B is wrong as well. So the correct answer is D.", "D", FINAL),
    case("A. Paris\nB. London\nC. Rome\nD. Berlin\n\nThe correct answer is D.", "D", FINAL),
    case(
        "A. Paris - Incorrect.\nB. London - Correct.\nC. Rome - Incorrect.\nD. Berlin - Incorrect.",
        "B",
        "verdict",
    ),
    case(
        "Option A lies on the Seine. C has the Tiber.\n\nIn summary, London (option B) lies on it, not Rome.",
        "B",
        "conclusion",
    ),
    # Several options in one breath: the first.
    case("Both A and B are right.", "A", SEVERAL),
    case("The answer is A and B.", "A", SEVERAL),
    case("The correct answer is a combination of options B and C.", "B", SEVERAL),
    # Option texts.
    case("The answer is Paris.", "A", FINAL),
    case("Paris", "A", OPENING),
    case("paris.", "A", OPENING),
    case("It must be London, as it is on the Thames.", "B", FINAL),
    case("The capital of Italy is Rome, of course.", "C", "first sentence"),
    case('The answer is "Yes, because he acted".', "B", FINAL, WHY),
    case("No, because he slept.\n\nHe could not know.", "C", OPENING, WHY),
    case("The answer is 0.5.", "C", FINAL, NUMBERS),
    case("The answer is -5.", "D", FINAL, NUMBERS),
    case("The answer is 15", "B", FINAL, NUMBERS),
    case("The answer is none of the above.", "D", FINAL, NONE_ABOVE),
    case("None of the above", "D", OPENING, NONE_ABOVE),
    case("The answer is I and II.", "C", FINAL, ROMAN),
    # Emphasis and lines.
    case("Looking at the map, the southernmost is **C**.", "C", "emphasised letter"),
    case(
        "Let us see.\n\n**B. London**\n\nIt is on an island and has a large river.",
        "B",
        "letter on its own line",
    ),
    case("Let's see:\n\nD\n\nas the wall stood there for many years.", "D", "letter on its own line"),
    # Letters that are something else.
    case("The answer is vitamin C.", "C", FINAL, VITAMINS),
    case("Scurvy comes from a lack of Vitamin C, unlike Vitamin A.\nAnswer: B", "B", FINAL, VITAMINS),
    case("The answer is B. subtilis.", "B", FINAL, BACTERIA),
    case(
        "B. subtilis forms spores, but the gut is the home of C. difficile. The answer is D.",
        "D",
        FINAL,
        BACTERIA,
    ),
    case("E. coli", "A", OPENING, BACTERIA),
    case("Statement I holds. Statement II does not. So the answer is A.", "A", FINAL, ROMAN),
    case("The answer is I.", "I", FINAL, TEN),
    case("I think the answer is J.", "J", FINAL, TEN),
    case("A good strategy is to look at the map. The answer is C.", "C", FINAL),
    case("Figure C shows the Seine. The correct answer is option A.", "A", FINAL),
    case("The B-cell count is high; therefore the answer is D.", "D", FINAL),
    case("None of the options is quite right, but the closest answer is B.", "B", FINAL),
]

UNCOMMITTED: list[tuple[str, Options]] = [
    ("", CITIES),
    ("   \n", CITIES),
    ("I cannot answer this question.", CITIES),
    ("A good answer needs more context.", CITIES),
    ("I think that one needs a map.", CITIES),
    ("The answer is A. The answer is B.", CITIES),
    ("The answer is A.\n\nThe answer is B.\n\nWho knows.", CITIES),
    ("None of the above is correct.", CITIES),
    ("None of the given options is correct. The distance to London is 12 km.", CITIES),
    ("The answer is X. London is large.", CITIES),
    ("The answer is F, London.", CITIES),
    ("Option A is incorrect.", CITIES),
    ("A is wrong.", CITIES),
    ("The answer cannot be B.", CITIES),
    ("A. Paris\nB. London\nC. Rome\nD. Berlin", CITIES),
    ("The correct answer is:\n\nA. Paris\nB. London\nC. Rome\nD. Berlin", CITIES),
    ("Options: A, B, C, D", CITIES),
    ("Figure C shows the river.", CITIES),
    ("Vitamin B helps.", CITIES),
    ("B. subtilis forms spores.", CITIES),
    ("B-cells and T-cells differ.", CITIES),
    ("Carbon (C) and oxygen (O) react.", CITIES),
    ("A rolling stone gathers no moss.", CITIES),
    ("Paris and London are large.", CITIES),
    ("Section I describes the river.", TEN),
    ("I am not sure.", TEN),
    ("The answer I prefer depends on the map.", TEN),
    ("The U.S. won.", CITIES),
    ("C++ is a language.", CITIES),
    ("\ue001", CITIES),
    ("As the river is long, the correct answer to the question is", CITIES),
]

HOSTILE = {
    "one word": "a" * 1_000_000,
    "blanks": " " * 1_000_000,
    "lines": "\n" * 1_000_000,
    "stars": "*" * 1_000_000,
    "brackets": "(" * 1_000_000,
    "quotes": '"' * 1_000_000,
    "answers that never come": "the answer is " * 70_000,
    "subjects": "the best answer option " * 45_000,
    "article": "the answer is A b " * 55_000,
    "letters": "A and B or " * 90_000,
    "labels": "A.\n" * 300_000,
    "options": "Paris " * 160_000,
    "boxes": "\\boxed{\\text{" * 70_000,
    "conditions": "if it were so it would " * 40_000,
    "praise": "option A, which is not B, is " * 7_000,
    "brackets after nouns": "the best is the Paris or so (" * 7_000,
    "tables": "| A | yes |\n" * 20_000,
    "rows without end": "|" * 200_000,
    "echoes": "A. Paris B. London " * 10_000,
    "labels in a row": "A) B) C) " * 22_000,
    "questions": "Question: Paris?\nAnswer: " * 8_000,
    "quoted questions": 'question "' * 20_000,
    "choices": "I would choose " * 13_000,
    "concessions": "while it is so, while " * 9_000,
    "emphasis": "**_`" * 50_000,
    "commas": "A, B, C, " * 22_000,
    "pairs": "the best answers are A or B, " * 7_000,
    "lists of two": "B. get in shape\nC. " * 10_000,
    "remarks": "option A (it is so and so) or B, " * 6_000,
    "preferences": "Preference: " * 16_000,
}


@pytest.mark.parametrize(("response", "options", "expected"), COMMITTED)
def test_the_letter_that_a_response_commits_to_is_found(
    response: str, options: Options, expected: Extraction
) -> None:
    assert extract_answer(response, options) == expected


@pytest.mark.parametrize(("response", "options"), UNCOMMITTED)
def test_a_response_without_one_answer_gets_no_letter(response: str, options: Options) -> None:
    assert extract_answer(response, options) == Extraction(None, "")


def test_only_as_many_letters_count_as_there_are_options() -> None:
    response = "The correct answer is E."
    assert extract_answer(response, CITIES).letter is None
    assert extract_answer(response, (*CITIES, "Oslo")).letter == "E"


@pytest.mark.parametrize(
    "options", [(), ("",), ("", ""), ("Paris", "Paris"), ("A", "B"), ("(", "[*"), tuple(map(str, range(40)))]
)
def test_odd_options_do_no_harm_to_a_plain_answer(options: Options) -> None:
    expected = "B" if len(options) > 1 else None
    assert extract_answer("The correct answer is B.", options).letter == expected


@pytest.mark.parametrize("response", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.one_in(4)
def test_a_very_long_response_is_read_to_its_last_line(response: str) -> None:
    # No assertion on time: patterns that backtrack without bounds would never come to an end on these.
    assert extract_answer(f"{response}\n\nTherefore, the final answer is C.", CITIES).letter == "C"


def calls(response: str) -> int:
    """How many functions and methods, such as searches by a pattern, it takes to read a response."""
    count = 0

    def profile(_: object, event: str, __: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(profile)
    try:
        extract_answer(response, CITIES)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.one_in(4)
def test_twice_as_long_a_response_takes_at_most_about_twice_as_many_searches(name: str) -> None:
    short, long = (calls(HOSTILE[name][:length]) for length in (6_000, 12_000))
    assert long <= 2.2 * short + 200


@pytest.mark.parametrize("name", ["praise", "labels", "answers that never come"])
@pytest.mark.one_in(2)
def test_what_a_response_takes_does_not_grow_with_its_length_beyond_a_bound(name: str) -> None:
    assert calls(HOSTILE[name][:180_000]) <= 1.5 * calls(HOSTILE[name][:60_000])


def test_no_pattern_repeats_a_group_without_a_bound() -> None:
    # A repetition inside a repetition is what makes a search take exponential time.
    for module in (lists, rules, sentences, several, spelling, statements, tokens, verdicts):
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern):
                assert not re.search(r"(?<!\\)\)[*+]|\{\d+,\}", value.pattern), name


@pytest.mark.slow
@pytest.mark.skipif(not RUN.exists(), reason="the recorded runs are not on this machine")
def test_the_rules_agree_with_the_recorded_letters_of_a_real_run() -> None:
    total = decided = equal = 0
    with RUN.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            parsed = parse_value(row["options"])
            assert isinstance(parsed, list)
            options = [str(option) for option in parsed]
            for condition in ("no_pref", "pref"):
                recorded = row[f"{condition}_ans"]
                if recorded not in list("ABCD")[: len(options)]:
                    continue
                letter = extract_answer(row[f"{condition}_res"], options).letter
                total += 1
                decided += letter is not None
                equal += letter == recorded
    assert decided >= 0.95 * total
    assert equal >= 0.985 * decided
