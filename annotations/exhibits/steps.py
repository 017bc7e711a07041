"""Traces as safe HTML: steps that unfold, each with its thought, the tool that it calls, and what came back."""

from collections.abc import Iterator, Mapping
from typing import Any

from annotations.exhibits.allowance import Allowance
from annotations.exhibits.texts import code_html, json_html, markdown_html, summary_of, text_html
from annotations.exhibits.turns import (
    CONTENTS,
    LISTS_OF_TURNS,
    TURN_HEADING,
    arguments_html,
    call_html,
    is_turn,
    parsed,
    role_of,
    turn_html,
)

LISTS_OF_STEPS = ("steps", "substeps", "children", "trace", "trajectory", "spans", *LISTS_OF_TURNS)
THOUGHTS = ("thought", "thinking", "reasoning", "rationale", "plan")
TOOLS = ("action", "tool", "tool_name", "function", "name")
ARGUMENTS = ("arguments", "args", "action_input", "tool_input", "input", "parameters", "params", "kwargs")
RESULTS = ("observation", "result", "results", "output", "tool_output", "response", "tool_result", "error")
DEEPEST = 12
"""Levels of steps in steps; deeper ones are shown as JSON."""


def trace_html(content: object, allowance: Allowance) -> str:
    """The steps of a trace; as JSON what has none."""
    content = parsed(content)
    steps = _steps_in(content)
    if steps is None:
        return (
            markdown_html(content, allowance, heading=4) if isinstance(content, str) else json_html(content)
        )
    html = _list_html(steps, allowance, DEEPEST)
    rest = _rest(content, {*LISTS_OF_STEPS}) if isinstance(content, dict) else {}
    return html + (json_html(rest, "Other fields") if rest else "")


def _steps_in(content: object) -> list[object] | None:
    if isinstance(content, dict):
        lists = (content.get(name) for name in LISTS_OF_STEPS)
        return next((steps for steps in lists if isinstance(steps, list)), None)
    return content if isinstance(content, list) else None


def _list_html(steps: list[object], allowance: Allowance, depth: int) -> str:
    return f'<ol class="steps">{"".join(_items(steps, allowance, depth))}</ol>'


def _items(steps: list[object], allowance: Allowance, depth: int) -> Iterator[str]:
    for number, step in enumerate(steps, 1):
        if allowance.is_spent:
            left = len(steps) - number + 1
            yield f'<li class="no-text">{left:,} more are not shown: this is too long for a page.</li>'
            return
        title, body = _step(step, allowance, depth)
        summary = f'<summary><span class="step-number">{number}</span> {title}</summary>'
        html = f'<li><details class="step">{summary}<div class="step-body">{body}</div></details></li>'
        # What is inside has been counted where it was written.
        yield html if isinstance(step, list) else allowance.writes(html)


def _step(step: object, allowance: Allowance, depth: int) -> tuple[str, str]:
    """The line that stands for a step, and what it unfolds to."""
    if isinstance(step, list):
        count = f"{len(step):,} step{'' if len(step) == 1 else 's'}"
        return count, _list_html(step, allowance, depth - 1) if depth > 1 else json_html(step)
    if isinstance(step, str):
        return summary_of(step), markdown_html(step, allowance, heading=TURN_HEADING)
    if not isinstance(step, dict):
        return summary_of(step), json_html(step)
    if is_turn(step):
        role = next(
            role_of(step[name]) for name in ("role", "from", "speaker", "author", "sender") if name in step
        )
        content = next((step[name] for name in CONTENTS if step.get(name)), "")
        return f"<b>{summary_of(role)}</b> {summary_of(content)}", turn_html(step, allowance)
    body = "".join(_parts(step, allowance, depth))
    return _title(step), body or json_html(step)


def _title(step: Mapping[str, Any]) -> str:
    """The tool and its arguments, else the thought or what came back."""
    tool = next((step[name] for name in TOOLS if step.get(name)), None)
    arguments = next((step[name] for name in ARGUMENTS if step.get(name) is not None), None)
    if isinstance(tool, dict):
        arguments = next((tool[name] for name in ARGUMENTS if tool.get(name) is not None), arguments)
        tool = next((tool[name] for name in TOOLS if isinstance(tool.get(name), str)), "")
    if tool:
        return f"<b>{summary_of(str(tool))}</b>{'' if arguments is None else ' ' + summary_of(arguments)}"
    said = next((step[name] for name in (*THOUGHTS, *CONTENTS, *RESULTS) if step.get(name)), step)
    return summary_of(said)


def _parts(step: Mapping[str, Any], allowance: Allowance, depth: int) -> Iterator[str]:
    """Every field of a step under its name, in the order in which a step happens."""
    shown = set[str]()
    for name in (*THOUGHTS, *CONTENTS, *TOOLS, *ARGUMENTS, "tool_calls", *RESULTS, *LISTS_OF_STEPS):
        value = step.get(name)
        if name in shown or value in (None, "", [], {}):
            continue
        shown.add(name)
        yield f'<p class="step-label">{name.replace("_", " ").capitalize()}</p>'
        yield _value(name, value, allowance, depth)
    rest = _rest(step, shown)
    if shown and rest:
        yield f'<p class="step-label">Other fields</p>{json_html(rest, "Other fields")}'


def _value(name: str, value: object, allowance: Allowance, depth: int) -> str:
    if name in LISTS_OF_STEPS and isinstance(value, list):
        return _list_html(value, allowance, depth - 1) if depth > 1 else json_html(value)
    if name == "tool_calls":
        return "".join(map(call_html, value if isinstance(value, list) else [value]))
    if name in THOUGHTS or name in CONTENTS:
        return (
            markdown_html(value, allowance, heading=TURN_HEADING)
            if isinstance(value, str)
            else json_html(value)
        )
    if name in ARGUMENTS:
        return arguments_html(value)
    if name in TOOLS:
        return code_html(value) if isinstance(value, str) else json_html(value)
    value = parsed(value)
    return text_html(value, allowance) if isinstance(value, str) else json_html(value, name.capitalize())


def _rest(step: Mapping[str, Any], shown: set[str]) -> dict[str, Any]:
    return {
        name: value for name, value in step.items() if name not in shown and value not in (None, "", [], {})
    }
