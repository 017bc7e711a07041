"""How a file of a recorded run spells its columns, and which of them hold the two responses."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluation.importers.files.csv_file import is_index_column
from evaluation.importers.report import ImportRefused
from evaluation.models.run import Method, RatingsOf, Setting

SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "id": ("id",),
    "question": ("question",),
    "options": ("options",),
    "gold_option": ("gold_option",),
    "gold_answer": ("gold_answer",),
    "category": ("category",),
    "source": ("source",),
    "preference": ("preference",),
    "baseline_response": ("no_pref_res", "nopref_res", "profile_0_res"),
    "baseline_answer": (
        "no_pref_ans", "nopref_answer", "nopref_ans", "no_pref_answer", "profile_0_answer", "profile_0_ans"
    ),
    "baseline_invalid": ("no_pref_invalid", "nopref_invalid", "profile_0_invalid"),
    "response": ("pref_res",),
    "answer": ("pref_ans", "pref_answer"),
    "invalid": ("pref_invalid",),
    "aligner_response": ("aligner_res",),
    "aligner_answer": ("aligner_answer", "aligner_ans"),
    "aligner_invalid": ("aligner_invalid",),
    "aligner_thoughts": ("aligner_thoughts",),
    "rating": ("pref_eval_rating",),
    "explanation": ("pref_eval_explanation",),
    "input_tokens": ("pref_eval_prompt_tokens",),
    "output_tokens": ("pref_eval_completion_tokens",),
    "cost": ("pref_eval_cost",),
    "pref_correct": ("pref_correct",),
    "nopref_correct": ("nopref_correct",),
    "followed_pref": ("followed_pref",),
    "is_robust": ("is_robust",),
}  # fmt: skip
KNOWN = {spelling: name for name, spellings in SPELLINGS.items() for spelling in spellings}
EXAMPLES = ("question", "options", "gold_option", "preference", "no_pref_res", "pref_res")
USAGE = ("input_tokens", "output_tokens", "cost")
DERIVED = ("pref_correct", "nopref_correct", "followed_pref", "is_robust")
NOT_NEEDED = {"num_invalid_preds"}
"""Columns of the study's files that say nothing beyond the others."""
ANSWERS = {"baseline_answer", "answer", "aligner_answer"}
OF_PREF, OF_ALIGNER = {"response", "answer", "invalid"}, {
    "aligner_response", "aligner_answer", "aligner_invalid", "aligner_thoughts"
}  # fmt: skip

_PROFILE = re.compile(r"profile_([1-9]\d{0,3})(?:_(res|answer|ans|invalid|preference))?")
_PROFILE_PARTS = {None: "preference", "res": "response", "answer": "answer", "ans": "answer"}


@dataclass(frozen=True)
class ResponseColumns:
    """Where one response is: positions of cells; none where the file has no such column."""

    response: int
    answer: int
    invalid: int | None = None
    thoughts: int | None = None
    preference: int | None = None
    profile: int = 0
    """The number of the profile; 0 outside the profile dialect."""


@dataclass(frozen=True)
class Twin:
    """Two columns for the same thing, by their positions: of each row they must say the same."""

    first: int
    second: int
    is_answer: bool


@dataclass(frozen=True)
class Evaluation:
    """Whose responses the ratings and the derived columns speak of, and whether those are imported.

    `ratings_of` is empty where the file has only one response that they can be about. Answers are positions of columns.
    """

    ratings_of: str
    is_imported: bool
    answer: int | None
    other_answer: int | None


@dataclass(frozen=True)
class Dialect:
    """A header, understood."""

    header: tuple[str, ...]
    columns: Mapping[str, int]
    baseline: ResponseColumns
    personalised: tuple[ResponseColumns, ...]
    twins: tuple[Twin, ...]
    has_profiles: bool
    has_ratings: bool
    """Whether the file has ratings of one response a row; `evaluation` says whose."""
    evaluation: Evaluation
    checks: tuple[str, ...]
    """The derived columns that can be compared with the answers and the ratings of the file."""
    unknown: tuple[str, ...]
    warnings: tuple[str, ...]

    def name_at(self, position: int) -> str:
        return self.header[position]

    def cell(self, cells: Sequence[str], name: str) -> str | None:
        """The cell of a column by its canonical name; None if the file has no such column."""
        position = self.columns.get(name)
        return None if position is None else cells[position]


def known_columns(header: Sequence[str]) -> set[str]:
    """Those columns of the header that some dialect knows."""
    return {name for name in header if name in KNOWN or name in NOT_NEEDED or _PROFILE.fullmatch(name)}


def recognise(
    header: tuple[str, ...], *, method: str, setting: str, ratings_of: str = RatingsOf.PREF
) -> Dialect:
    """Understand a header. `ratings_of` says whose the ratings are in a file that has the aligner's responses, too.

    Raises `ImportRefused`: `duplicate_columns`, `missing_columns`, `profiles_not_possible`.
    """
    columns, spellings = _canonical(header)
    profiles, of_profiles = _profiles(header)
    known = known_columns(header)
    unknown = tuple(name for name in header if name not in known and not is_index_column(name))
    has_aligner = "aligner_response" in columns or "aligner_answer" in columns
    aligned = method == Method.PREF_ALIGNER and has_aligner
    _check_profiles(columns, profiles, setting)
    needed = _needed(setting, has_profiles=bool(profiles), aligned=aligned)
    _refuse_missing(header, columns, profiles, needed, unknown)
    unused = (OF_PREF if aligned else OF_ALIGNER) if has_aligner else set()
    return Dialect(
        header=header,
        columns=columns,
        baseline=ResponseColumns(
            columns["baseline_response"], columns["baseline_answer"], columns.get("baseline_invalid")
        ),
        personalised=_personalised(columns, profiles, aligned=aligned),
        twins=(*(twin for name, twin in spellings if name not in unused), *of_profiles),
        has_profiles=bool(profiles),
        has_ratings="rating" in columns and not profiles,
        evaluation=_evaluation(columns, ratings_of, has_aligner=has_aligner, aligned=aligned),
        checks=tuple(
            name for name in DERIVED if name in columns and (name == "nopref_correct" or not profiles)
        ),
        unknown=unknown,
        warnings=_warnings(columns, method, unknown, has_aligner=has_aligner, has_profiles=bool(profiles)),
    )


def _evaluation(
    columns: Mapping[str, int], ratings_of: str, *, has_aligner: bool, aligned: bool
) -> Evaluation:
    is_evaluated = any(name in columns for name in ("rating", "pref_correct", "followed_pref", "is_robust"))
    if not has_aligner or not is_evaluated:
        return Evaluation("", True, columns.get("aligner_answer" if aligned else "answer"), None)
    answers = columns.get("answer"), columns.get("aligner_answer")
    of_aligner = ratings_of == RatingsOf.ALIGNER
    answer, other = answers[::-1] if of_aligner else answers
    return Evaluation(str(RatingsOf(ratings_of).value), of_aligner == aligned, answer, other)


def _canonical(header: Sequence[str]) -> tuple[dict[str, int], list[tuple[str, Twin]]]:
    """Canonical name → position, and the further columns for what has a column already, by that name."""
    columns: dict[str, int] = {}
    twins = []
    for position, name in enumerate(header):
        canonical = KNOWN.get(name)
        if canonical in columns:
            twins.append((canonical, Twin(columns[canonical], position, canonical in ANSWERS)))
        elif canonical is not None:
            columns[canonical] = position
    return columns, twins


def _same_thing(first: str, second: str) -> ImportRefused:
    return ImportRefused(
        f"The columns {first} and {second} hold the same thing; the importer cannot know which to take.",
        code="duplicate_columns",
    )


def _profiles(header: Sequence[str]) -> tuple[dict[int, dict[str, int]], list[Twin]]:
    """Profile number → part → position, for the profiles from 1 on; and the further columns for the same part."""
    profiles: dict[int, dict[str, int]] = {}
    twins = []
    for position, name in enumerate(header):
        match = _PROFILE.fullmatch(name)
        if match is None:
            continue
        suffix = match.group(2)
        part = _PROFILE_PARTS.get(suffix, suffix)
        parts = profiles.setdefault(int(match.group(1)), {})
        if part in parts:
            twins.append(Twin(parts[part], position, part == "answer"))
        else:
            parts[part] = position
    return dict(sorted(profiles.items())), twins


def _check_profiles(columns: Mapping[str, int], profiles: Mapping[int, object], setting: str) -> None:
    if profiles and "response" in columns:
        raise _same_thing("pref_res", f"profile_{next(iter(profiles))}_res")
    if len(profiles) > 1 and setting == Setting.IRRELEVANT:
        raise ImportRefused(
            "In the irrelevant setting a row has one personalised response, told all the preferences of the row, so a "
            "file with several profiles side by side cannot be one run. Split it, one profile a file.",
            code="profiles_not_possible",
        )


def _needed(setting: str, *, has_profiles: bool, aligned: bool) -> list[str]:
    needed = ["question", "options", "baseline_response", "baseline_answer"]
    if not has_profiles:
        needed += ["aligner_response", "aligner_answer"] if aligned else ["response", "answer"]
        needed += [] if setting == Setting.IRRELEVANT else ["preference"]
    return needed


def _refuse_missing(
    header: Sequence[str],
    columns: Mapping[str, int],
    profiles: Mapping[int, Mapping[str, int]],
    needed: Sequence[str],
    unknown: Sequence[str],
) -> None:
    missing = [" or ".join(SPELLINGS[name]) for name in needed if name not in columns]
    if "gold_option" not in columns and "gold_answer" not in columns:
        missing.append("gold_option or gold_answer")
    for number, parts in profiles.items():
        missing += [] if "response" in parts else [f"profile_{number}_res"]
        missing += [] if "answer" in parts else [f"profile_{number}_answer or profile_{number}_ans"]
    if missing:
        unknown_ones = f" Unknown columns in the file: {', '.join(unknown)}." if unknown else ""
        count = "1 column is" if len(missing) == 1 else f"{len(missing)} columns are"
        raise ImportRefused(f"{count} missing: {'; '.join(missing)}.{unknown_ones}", code="missing_columns")


def _personalised(
    columns: Mapping[str, int], profiles: Mapping[int, Mapping[str, int]], *, aligned: bool
) -> tuple[ResponseColumns, ...]:
    if profiles:
        return tuple(
            ResponseColumns(
                parts["response"],
                parts["answer"],
                parts.get("invalid"),
                None,
                parts.get("preference"),
                number,
            )
            for number, parts in profiles.items()
        )
    prefix = "aligner_" if aligned else ""
    return (
        ResponseColumns(
            columns[f"{prefix}response"],
            columns[f"{prefix}answer"],
            columns.get(f"{prefix}invalid"),
            columns.get("aligner_thoughts") if aligned else None,
            columns.get("preference"),
        ),
    )


def _warnings(
    columns: Mapping[str, int], method: str, unknown: Sequence[str], *, has_aligner: bool, has_profiles: bool
) -> tuple[str, ...]:
    warnings = []
    if unknown:
        warnings.append(f"Unknown columns were ignored: {', '.join(unknown)}.")
    if has_aligner and method != Method.PREF_ALIGNER:
        warnings.append(
            f"The file has the responses of an aligner, but the method is {method}: the responses of "
            "pref_res were imported."
        )
    if method == Method.PREF_ALIGNER and not has_aligner and not has_profiles:
        warnings.append(
            "The file has no aligner_res: the responses of pref_res were imported as the aligner's."
        )
    if "followed_pref" in columns and "rating" not in columns:
        warnings.append("followed_pref was not imported: without pref_eval_rating there is no score to take.")
    if has_profiles and "rating" in columns:
        warnings.append("The ratings were not imported: the file does not say which profile they rate.")
    return tuple(warnings)
