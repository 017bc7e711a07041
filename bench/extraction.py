"""How often do the extraction rules decide on recorded responses, and how often is their letter the recorded one?

`.venv/bin/python bench/extraction.py PATHS… [--held-back NAME] [--rules] [--disagreements FILE]`. PATHS are CSV files
of recorded runs, or folders of them. A response counts where its recorded answer is an option letter of its item: any
other answer means that the study's own extractor failed. *decided* is the share of these responses for which a rule
gives a letter, *equal* the share of the decided ones where it is the recorded letter. `--rules` shows both by rule, for
each file and for all of them. `--held-back` marks files that nobody read while the rules were written.
`--disagreements` writes one JSON object a response that was left undecided or got another letter, for reading; not for
files that are held back, unless `--read-held-back` is set. The last line is JSON.
"""

import argparse
import csv
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from string import ascii_uppercase

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from evaluation.importers.cells.literal import LiteralError, parse_value
from evaluation.stages.extract import Extraction, extract_answer


@dataclass(frozen=True)
class Recorded:
    """A recorded response and the letter that the study's extractor gave it."""

    row: int
    column: str
    question: str
    options: list[str]
    response: str
    letter: str


@dataclass
class Tally:
    responses: int = 0
    decided: int = 0
    equal: int = 0
    by_rule: Counter[str] = field(default_factory=Counter)
    wrong_by_rule: Counter[str] = field(default_factory=Counter)
    disagreements: list[tuple[Recorded, Extraction]] = field(default_factory=list)


def response_columns(names: list[str]) -> list[tuple[str, str]]:
    """The columns of responses, each with that of its answer, in the study's spellings."""
    pairs = []
    for name in names:
        stem, _, end = name.rpartition("_")
        answer = next((f"{stem}_{word}" for word in ("answer", "ans") if f"{stem}_{word}" in names), None)
        if end == "res" and answer is not None:
            pairs.append((name, answer))
    return pairs


def recorded_responses(path: Path) -> Iterator[Recorded]:
    """All responses of a file whose recorded answer is an option letter of the item."""
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        pairs = response_columns(list(reader.fieldnames or ()))
        for row, cells in enumerate(reader):
            try:
                options = parse_value(cells["options"])
            except LiteralError:
                continue
            if not isinstance(options, list):
                continue
            for response, answer in pairs:
                letter = cells[answer].strip()
                if len(letter) == 1 and letter in ascii_uppercase[: len(options)]:
                    texts = [str(option) for option in options]
                    yield Recorded(row, response, cells["question"], texts, cells[response], letter)


def measure(path: Path) -> Tally:
    tally = Tally()
    for recorded in recorded_responses(path):
        extraction = extract_answer(recorded.response, recorded.options)
        is_decided, is_equal = extraction.letter is not None, extraction.letter == recorded.letter
        tally.responses += 1
        tally.decided += is_decided
        tally.equal += is_equal
        tally.by_rule[extraction.rule] += 1
        if not is_equal:
            tally.wrong_by_rule[extraction.rule] += is_decided
            tally.disagreements.append((recorded, extraction))
    return tally


def written(path: Path, recorded: Recorded, extraction: Extraction) -> str:
    return json.dumps(
        {
            "file": path.name,
            "row": recorded.row,
            "column": recorded.column,
            "recorded": recorded.letter,
            "extracted": extraction.letter,
            "rule": extraction.rule,
            "question": recorded.question,
            "options": recorded.options,
            "response": recorded.response,
        },
        ensure_ascii=False,
    )


def csv_files(paths: list[Path]) -> list[Path]:
    return [file for path in paths for file in (sorted(path.glob("*.csv")) if path.is_dir() else [path])]


def share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def print_rules(tally: Tally) -> None:
    """By rule: how many responses it decides, how many of these have another letter recorded, the share of the rest."""
    for rule, number in tally.by_rule.most_common():
        wrong = tally.wrong_by_rule[rule]
        equal = shown(share(number - wrong, number) if rule else None)
        print(f"    {rule or '(undecided)':<42} {number:>9} {wrong:>8} wrong {equal:>8}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--held-back", action="append", default=[], metavar="NAME")
    parser.add_argument("--disagreements", type=Path)
    parser.add_argument("--read-held-back", action="store_true", help="write their disagreements, too")
    parser.add_argument("--rules", action="store_true", help="also show decided and wrong by rule")
    options = parser.parse_args()
    results, lines, total = [], [], Tally()
    print(f"{'file':<46} {'responses':>9} {'decided':>8} {'equal':>8}")
    for path in csv_files(options.paths):
        if not path.is_file():
            print(f"{path.name:<46} skipped: there is no such file")
            continue
        tally = measure(path)
        is_held_back = path.name in options.held_back
        decided, equal = share(tally.decided, tally.responses), share(tally.equal, tally.decided)
        mark = "  held back" if is_held_back else ""
        print(f"{path.name:<46} {tally.responses:>9} {shown(decided):>8} {shown(equal):>8}{mark}")
        if options.rules:
            print_rules(tally)
            total.by_rule += tally.by_rule
            total.wrong_by_rule += tally.wrong_by_rule
        if not is_held_back or options.read_held_back:
            lines += [written(path, *disagreement) for disagreement in tally.disagreements]
        results.append(
            {
                "file": path.name,
                "responses": tally.responses,
                "decided": decided,
                "equal": equal,
                "held_back": is_held_back,
            }
        )
    if options.rules:
        print("all files")
        print_rules(total)
    if options.disagreements is not None:
        options.disagreements.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        print(f"{len(lines)} disagreements written to {options.disagreements}")
    if not results:
        print("No file was there to measure: recorded runs are not part of the project.")
    print(json.dumps(results))


if __name__ == "__main__":
    main()
