"""The keys of the annotation screen: which actions there are, their usual keys, and which keys may stand for them."""

from dataclasses import dataclass

from evaluation.models.endpoint import SCALE


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a key does on the annotation screen; `usual` is its key unless a person has chosen another."""

    name: str
    label: str
    usual: str
    only_with_correctness: bool = False
    only_on_runs: bool = False


ACTIONS = (
    *(Action(f"score_{score}", f"Choose score {score}", str(score), only_on_runs=True) for score in SCALE),
    Action("correct_yes", "The answer is correct", "y", only_with_correctness=True),
    Action("correct_no", "The answer is wrong", "n", only_with_correctness=True),
    Action("correct_cannot_tell", "Cannot tell whether it is correct", "t", only_with_correctness=True),
    Action("submit", "Submit and continue", "Enter"),
    Action("back", "Go back to the previous task", "b"),
    Action("skip", "Skip, with a reason", "s"),
    Action("flag", "Flag for the leads", "f"),
    Action("differences", "Show or hide the differences", "d", only_on_runs=True),
    Action("as_written", "Show the original or the formatted text", "w", only_on_runs=True),
    Action("comment", "Write a comment", "c"),
    Action("guidelines", "Show or hide the guidelines", "g"),
    Action("history", "My history", "h"),
    Action("keys", "Show or hide the list of keys", "?"),
)
USUAL_KEYS = {action.name: action.usual for action in ACTIONS}

NAMED_KEYS = frozenset({"Enter", "Backspace", "Delete", "Insert", "Home", "End", "F2", "F4", "F8", "F9"})
"""Keys without a character that may be chosen. Tab, Escape, arrows and the like move about in the page."""

OFF = ""
"""An action without a key: it keeps its button, and Ctrl or ⌘ with Enter submits whatever else is set."""


def is_allowed(key: str) -> bool:
    """A character that can be seen, or one of the named keys; letters in lower case, as Caps Lock is ignored."""
    if len(key) == 1:
        return key.isprintable() and not key.isspace() and key == key.lower()
    return key == OFF or key in NAMED_KEYS
