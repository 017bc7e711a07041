"""Words that nobody writes in software, in any text of the repository: `python -m tests.banned_words`."""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
BANNED = {
    "anew": "again",
    "whoever": "anyone who, the person who",
    "thereof": "of it",
    "hitherto": "so far",
    "save for": "except",
    "for ever": "without limit, permanently",
    "is told": "is shown, gets, knows",
    "are told": "are shown, get, know",
    "told of": "notified of",
    "what came of": "the outcome",
    "goes on where": "resumes where",
    "broke off": "was interrupted, failed",
    "be had": "be found, be claimed",
    "an own": "its own",
    "asks for itself": "reloads itself",
}
PATTERN = re.compile(
    r"\b(" + "|".join(words.replace(" ", r"\s+") for words in BANNED) + r")\b", re.IGNORECASE
)
TEXTS = {".css", ".html", ".js", ".md", ".py", ".sh", ".template", ".toml", ".txt", ".yaml", ".yml"}
NAMES = {"Makefile", "Dockerfile"}
HIDDEN = {".ci", ".github"}
LEFT_OUT = (".", "__", "migrations", "prompt_files")
WITH_THE_WORDS = {"CONTRIBUTING.md", "tests/banned_words.py", "tests/test_banned_words.py"}


def banned_words(text: str) -> list[tuple[int, str]]:
    """Line and words of each place, also where a line ends between two words."""
    return [
        (text.count("\n", 0, match.start()) + 1, " ".join(match.group().lower().split()))
        for match in PATTERN.finditer(text)
    ]


def texts() -> Iterator[str]:
    """Paths of all texts below the repository, except migrations and the prompts that runs have used."""
    for folder, subfolders, files in os.walk(REPOSITORY):
        subfolders[:] = sorted(name for name in subfolders if name in HIDDEN or not name.startswith(LEFT_OUT))
        for name in sorted(files):
            path = Path(folder, name)
            if path.suffix in TEXTS or name in NAMES:
                yield path.relative_to(REPOSITORY).as_posix()


def problems() -> list[str]:
    """A line for each banned word in a text."""
    return [
        f"{path}:{line}: “{words}”; write: {BANNED[words]}"
        for path in texts()
        if path not in WITH_THE_WORDS
        for line, words in banned_words((REPOSITORY / path).read_text())
    ]


if __name__ == "__main__":
    sys.exit("\n".join(problems()) or None)
