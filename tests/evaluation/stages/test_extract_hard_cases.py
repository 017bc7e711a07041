"""Answer extraction on hard cases: what later prose, faint praise, lists, echoes and typography must not change."""

import json
from pathlib import Path

import pytest

from evaluation.stages.extract import extract_answer

FAULTS = Path(__file__).resolve().parents[4] / "shared/data/faults/extraction.jsonl"

Options = tuple[str, ...]
Case = tuple[str, Options, str | None]

CITIES = ("Paris", "London", "Rome", "Berlin")
TREES = ("oak", "pine", "birch", "maple", "elm")
FOODS = ("fresh bread", "cold soup", "hot soup", "sour milk")
SUMS = ("7", "17", "70", "1.7")
FACTS = (
    "It rains every day in Oslo.",
    "It never rains in Oslo.",
    "It rains in Oslo on some days.",
    "Nobody has counted.",
)
SEVERAL = ("Only the first", "Only the second", "Both A and B", "None of the above")
TWENTY_SIX = tuple(f"item {number}" for number in range(1, 27))
ELEVEN = tuple(f"plan {number}" for number in range(1, 12))

LATER_PROSE: list[Case] = [
    (
        "The correct answer is D. Berlin.\n\nOf all the cities in the list, Rome, which has had emperors and popes"
        " over more than two thousand years, and was sacked now and then, is most likely the oldest.",
        CITIES,
        "D",
    ),
    (
        "B) pine\n\nPines keep their needles. Oak and maple, which most people think of, are likely to lose theirs.",
        TREES,
        "B",
    ),
    (
        "D. maple\n\nWhile oak (A) and elm (E) grow here too, neither gives syrup. Birch (C) gives some.",
        TREES,
        "D",
    ),
    ("C. birch, because its bark is white. An elm's bark is not the best match.", TREES, "C"),
    (
        "The best answer would be option B: London.\n\nNote that most tourists are likely to prefer Paris (option A).",
        CITIES,
        "B",
    ),
    (
        "E. elm\n\nFun fact: the correct answer to most questions about bark is birch, being so white.",
        TREES,
        "E",
    ),
    (
        "Option C. It fits.\n\nIf the question were about ships, option A would be the best answer.",
        CITIES,
        "C",
    ),
    (
        "The answer is (A).\n\nHowever, if you want a city on an island, you could choose option B.",
        CITIES,
        "A",
    ),
    ("A. Paris\n\nOther possible answers could be B. London, if the river is meant.", CITIES, "A"),
    (
        "**B. London**\n\n- A. Paris is in France.\n- C. Rome is in Italy.\n- D. Berlin is in Germany.",
        CITIES,
        "B",
    ),
    (
        "The answer is Rome.\n\nRome lies on the Tiber. London is not the answer, as it lies on the Thames.",
        CITIES,
        "C",
    ),
]

FAINT_PRAISE: list[Case] = [
    ("Option A is correct but lacks detail. Option C is the most accurate answer.", FACTS, "C"),
    ("Option A is correct in some sense, but incomplete.", FACTS, None),
    ("While option A is correct, it is vague. Therefore, option D is the best answer.", CITIES, "D"),
    ("Option B is a good answer, but option D is the best one.", CITIES, "D"),
    ("Option B is unlikely. Option C is less likely still. I would choose D.", CITIES, "D"),
    ("London is not the best answer.", CITIES, None),
    ("Option A is partially correct, and option B is the correct answer.", CITIES, "B"),
    ("Option B could be correct.", CITIES, None),
    ("Some might say that B is the best answer. The correct answer is C.", CITIES, "C"),
    ("At first sight A is the right choice, but the answer is B.", CITIES, "B"),
    ("Although C is the most popular answer, the right one is A.", CITIES, "A"),
    (
        "Option A is true but irrelevant; option B is also true but irrelevant; option D is the correct choice.",
        FACTS,
        "D",
    ),
    ("If we ignore the river, option A is the best answer. The correct answer is C.", CITIES, "C"),
    ("The least likely answer is B.\n\nThe most likely answer is C.", CITIES, "C"),
    ("Both options A and B are the most accurate answers.", CITIES, "A"),
    ("Option A (the first) and option D (the last) are the correct answers.", CITIES, "A"),
]

VERBS: list[Case] = [
    ("The correct answer is in option C, as the leaf shows. Options A and B are wrong.", TREES, "C"),
    ("Oak is hard, elm is rare. The syrup comes from the maple, as stated in option D.", TREES, "D"),
    ("Option D is the most inclusive and accurate. It takes in all of them.", FACTS, "D"),
    ("None of the options is creative, but among them option B is the most factually accurate.", FACTS, "B"),
    ("The bark matches option C, but the leaf decides. The answer is E.", TREES, "E"),
    ("The map points to A. The clock points to B. So the answer is D.", CITIES, "D"),
    ("Every clue (which is option B's speciality) fails. The correct answer is C.", CITIES, "C"),
    ("7 + 10 = 17, which corresponds to option B.", SUMS, "B"),
    ("I considered choosing A, but I will go with D.", CITIES, "D"),
    ("I would not choose B. I would choose C.", CITIES, "C"),
    ("Let's choose B.", CITIES, "B"),
    ("My choice is option D.", CITIES, "D"),
    ("You could pick A or B, as you like.", CITIES, None),
    ("I'd lean towards C, Rome.", CITIES, "C"),
    ("Only pine keeps its needles, making option B the correct choice.", TREES, "B"),
    ("Of the given options, C best fits the description.", CITIES, "C"),
    ("In summary, the city that best matches the description is Berlin (option D).", CITIES, "D"),
    ("We are left with options A and B. Of these, the better known is A. The answer is A.", CITIES, "A"),
]

LISTS: list[Case] = [
    (
        "Let us go through them: A. Paris B. London C. Rome D. Berlin. The Thames flows through London.\n\nAnswer: B",
        CITIES,
        "B",
    ),
    (
        "A. plan 1\nB. plan 2\nC. plan 3\nD. plan 4\nE. plan 5\nF. plan 6\nG. plan 7\nH. plan 8\nI. plan 9\nJ.",
        ELEVEN,
        None,
    ),
    ("A. It lies in France.\nB. It lies in England.\nC. It lies in Italy.\nD. It lies in", CITIES, None),
    (
        "A. Paris: France.\nB. London: England.\nC. Rome: Italy.\nD. Berlin: Prussia.\n\nRome is in Italy, so it is C.",
        CITIES,
        "C",
    ),
    ("(A) Paris ✗\n(B) London ✗\n(C) Rome ✓\n(D) Berlin ✗", CITIES, "C"),
    ("| Option | Fits? |\n|---|---|\n| A | no |\n| B | no |\n| C | no |\n| D | yes |", CITIES, "D"),
    ("| City | Fits? |\n|---|---|\n| A. Paris | Incorrect |\n| B. London | Correct |", CITIES, "B"),
    ("| Option | Fits? |\n| A | yes |\n| B | yes |", CITIES, None),
    ("| Answer | C |\n|---|---|", CITIES, "C"),
    ("C. Rome\nD. Berlin", CITIES, "C"),
    ("The best answers are:\nB. London\nC. Rome", CITIES, "B"),
    ("The answer is C. Rome or D. Berlin.", CITIES, "C"),
    ("The answer is B or C. However, if I must choose one, option C is the best answer.", CITIES, "C"),
    ("Either A or B. The rest is wrong.", CITIES, "A"),
    ("The answer is a combination of A and C.", CITIES, "A"),
    ("Options: (A) Paris (B) London (C) Rome (D) Berlin\nMy answer: (D)", CITIES, "D"),
]

ECHOES: list[Case] = [
    ("Question: Where is the Tiber?\nA. Paris\nB. London\nC. Rome\nD. Berlin\nAnswer: C", CITIES, "C"),
    ("Where is the Tiber?\n\nA) Paris\nB) London\nC) Rome\nD) Berlin\n\nC) Rome", CITIES, "C"),
    (
        "Question: What is 3 + 4?\nAnswer: The answer is D. seven.\n\nQuestion: Where is the Seine?\n"
        "Answer: The answer is A. Paris.",
        CITIES,
        "A",
    ),
    (
        "B. London\n\nQuestion: What is the colour of grass?\nA. blue\nB. red\nC. green\nAnswer: C. green\n\n"
        "Question: What is 2 + 2?\nAnswer: D. four",
        CITIES,
        "B",
    ),
    ("You asked: 'Is the answer A, B, C or D?' The answer is B.", CITIES, "B"),
    ("Choose one of: A, B, C, D.", CITIES, None),
]

NEGATION: list[Case] = [
    ("The answer is not A.", CITIES, None),
    ("It isn't Paris; it is Rome.", CITIES, "C"),
    ("B, not C.", CITIES, "B"),
    ("The answer is B, not C.", CITIES, "B"),
    ("The answer is C instead of A.", CITIES, "C"),
    ("A is incorrect, B is incorrect, D is incorrect. C is correct.", CITIES, "C"),
    ("The answer can't be D.", CITIES, None),
    ("A. This is wrong.\n\nB. This is the correct answer.", CITIES, "B"),
    ("The answer is A. Wait, that's wrong. The answer is C.", CITIES, "C"),
    ("Answer: B\n\nActually, I made a mistake. Answer: D", CITIES, "D"),
    ("The answer is B.\n\nOn second thought, the correct answer is A.", CITIES, "A"),
    ("<think>It may be A. No, B.</think>\n\nThe answer is B.", CITIES, "B"),
]

STRUCTURES: list[Case] = [
    ("\\boxed{\\textbf{B}}", CITIES, "B"),
    ("$$\\boxed{\\text{C. Rome}}$$", CITIES, "C"),
    ('{"answer": "London"}', CITIES, "B"),
    ('{"reason": "A is wrong", "selected_option": "D"}', CITIES, "D"),
    ("<answer>b</answer>", CITIES, "B"),
    ("Reasoning about A.\n\n#### C", CITIES, "C"),
    ("__Answer__: *B*", CITIES, "B"),
    ("***Final Answer: (A) Paris***", CITIES, "A"),
    ("Final Answer: \\(\\boxed{17}\\)", SUMS, "B"),
]

WORDS: list[Case] = [
    ("I am sure that a tree with needles is B.", TREES, "B"),
    ("A tree is a plant. I like trees.", TREES, None),
    ("The answer is I.", TWENTY_SIX, "I"),
    ("The answer is A, as I said.", CITIES, "A"),
    ("Plan I and plan II fail; by rule A the answer is D.", CITIES, "D"),
    ("The variable C is 17. So the answer is 17.", SUMS, "B"),
    ("The result is 1.7.", SUMS, "D"),
    ("The answer is hot soup.", FOODS, "C"),
    ("The answer is both A and B.", SEVERAL, "C"),
    ("None of the above.", SEVERAL, "D"),
    ("None of the above.", CITIES, None),
    ("E. coli is a bacterium. The answer is B.", CITIES, "B"),
    ("The answer is X.", CITIES, None),
    ("The answer is X.", TWENTY_SIX, "X"),
]

REFUSALS_AND_CUTS: list[Case] = [
    ("I cannot answer that without more context.", CITIES, None),
    ("It depends on what you mean; any of the options could be right.", CITIES, None),
    ("The correct answer is", CITIES, None),
    ("First, the Seine flows through Paris. Second, the Thames flows through", CITIES, None),
    ("Let us look at Paris first. It lies on the Seine, which", CITIES, None),
    ("Sorry, I do not know.", CITIES, None),
]

TYPOGRAPHY: list[Case] = [
    ("\u200bB\u200b", CITIES, "B"),
    ("The answer is \ufeffC.", CITIES, "C"),
    ("Answer\uff1a\uff22", CITIES, "B"),
    ("Answer: \u24b7", CITIES, "B"),
    ("The answer is \U0001d401.", CITIES, "B"),
    ("The answer is 「C」。", CITIES, "C"),
    ("The answer is »B«.", CITIES, "B"),
    ("Answer:\u00a0\u00a0D", CITIES, "D"),
    ("The\u2009answer is\u202fA\u00a0!", CITIES, "A"),
    ("the answer is (d)", CITIES, "D"),
]

FIRST_OF_SEVERAL: list[Case] = [
    ("The correct answer is B. London and C. Rome. Both have a river.", CITIES, "B"),
    ("The best answer would be either option C: birch or option D: maple.", TREES, "C"),
    ("Of these, options B and D are the most appropriate answers.", TREES, "B"),
    ("The best options are:\n\n* D. maple\n* A. oak\n\nBoth are hard.", TREES, "D"),
    ("C. birch\nD. maple\nE. elm\n\nAll three lose their leaves.", TREES, "C"),
    ("A. oak, D. maple\n\nBoth have lobed leaves. A pine (B) does not.", TREES, "A"),
    ("The answer is B. get a dog or D. get a cat.", ("go out", "find a dog", "stay in", "find a cat"), "B"),
    ("So the answer is E, B, or in some gardens C.", TREES, "E"),
    ('In sum, "oak" or "pine" could be the best answers here.', TREES, "A"),
    # The one that is called better, of those that were named.
    ("The answer is A or C. Both are correct, but option C is more complete.", FACTS, "C"),
    ("Options B and D are the best answers. However, option D is slightly better.", TREES, "D"),
    # Named together, but not as the answer.
    ("Options A and C are incorrect. Options B and D might fit in winter.", TREES, None),
    ("Between options B and D, it is hard to say more.", TREES, None),
    ("The answer depends on whether A and B are grown here.", TREES, None),
    ("Other options like A or B would do in a park.", TREES, None),
    ("We can compare A and B, or C and D.", CITIES, None),
    ("The answer is A, B, C or D.", CITIES, None),
    ("A, B, C and E are all correct, in a way.", TREES, None),
    ("All options A, B, C, and D are correct.", CITIES, None),
    ("Oak and pine are trees, and so are birch and maple.", TREES, None),
    ("Neither A nor B is the answer.", CITIES, None),
    ("The options are:\nA. Paris\nB. London\nC.", CITIES, None),
]

PROMPT_LABELS: list[Case] = [
    ("Preference: I prefer plain words.\n\nResponse: B. London", CITIES, "B"),
    ("User preference: Rome is lovely.\nC", CITIES, "C"),
    ("Response: (D)", CITIES, "D"),
    ("Preference: A or B, I do not mind.", CITIES, None),
]

QUESTIONS_FOR_WHAT_IS_NOT: list[Case] = [
    ("So, the city that cannot be reached by sea is D. Berlin.", CITIES, "D"),
    ("The tree that does not keep its needles is the birch (C).", TREES, "C"),
    ("So, the city is not D. Berlin.", CITIES, None),
    ("That is not Berlin.", CITIES, None),
]

LETTERS_THAT_ARE_TEXTS: list[Case] = [
    ("The answer is A.", ("B", "A", "AB", "O"), None),
    ("The answer is AB.", ("B", "A", "AB", "O"), "C"),
    ("The answer is D.", ("B", "A", "AB", "O"), "D"),
    ("It is used as a dopant. The answer is C.", ("As", "P", "Sb", "Ge"), "C"),
    ("The dopant is As.", ("As", "P", "Sb", "Ge"), "A"),
]

OTHER_QUESTIONS: list[Case] = [
    (
        'Option B, "London," is the correct answer.\n\nOption A, "light into chemical energy," is the correct answer.',
        CITIES,
        "B",
    ),
]

ASIDES: list[Case] = [
    (
        "Some say oak, others elm.\n\nIn conclusion, while a silver birch is pretty, it is small.",
        ("a silver birch", "oak", "elm"),
        None,
    ),
    ("Oak (A) and pine (B) are common here. Additionally, many parks have a tall elm (E).", TREES, None),
]

CASES = [
    *LATER_PROSE,
    *FAINT_PRAISE,
    *VERBS,
    *LISTS,
    *ECHOES,
    *NEGATION,
    *STRUCTURES,
    *WORDS,
    *REFUSALS_AND_CUTS,
    *TYPOGRAPHY,
    *FIRST_OF_SEVERAL,
    *PROMPT_LABELS,
    *QUESTIONS_FOR_WHAT_IS_NOT,
    *LETTERS_THAT_ARE_TEXTS,
    *OTHER_QUESTIONS,
    *ASIDES,
]


@pytest.mark.parametrize(("response", "options", "right"), CASES)
def test_a_hard_case_is_read_right_or_left_open(response: str, options: Options, right: str | None) -> None:
    assert extract_answer(response, options).letter == right


@pytest.mark.skipif(not FAULTS.exists(), reason="the examples of faults are not on this machine")
def test_the_reported_faults_are_read_right() -> None:
    for line in FAULTS.read_text(encoding="utf-8").splitlines():
        example = json.loads(line)
        letter = extract_answer(example["response"], example["options"]).letter
        if example["right"] in ("A", "B", "C"):
            assert letter == example["right"]
        else:  # “B, or none; never A”
            assert letter in ("B", None)
