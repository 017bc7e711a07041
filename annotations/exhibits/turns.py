"""Chats as safe HTML: turns of a role and a content, in the shapes that files have them in."""

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from annotations.exhibits.allowance import Allowance
from annotations.exhibits.texts import code_html, json_html, markdown_html, text_html
from core.text.unseen import with_marks

# Any: whatever JSON may nest
Turn = Mapping[str, Any]

LISTS_OF_TURNS = ("messages", "turns", "conversation", "conversations", "dialogue", "history")
ROLES = ("role", "from", "speaker", "author", "sender")
CONTENTS = ("content", "text", "value", "message", "utterance", "parts")
CALLS = ("tool_calls", "function_call")
TOOLS = {"tool", "function", "observation", "tool_result"}
SHOWN_TURNS = 100
"""The others are folded."""
LONGEST_ROLE = 100
LONGEST_ADDRESS = 200
TURN_HEADING = 6


def chat_html(content: object, allowance: Allowance) -> str:
    """The turns of a chat; as JSON what is none."""
    turns = turns_in(content)
    if turns is None:
        return (
            markdown_html(content, allowance, heading=4) if isinstance(content, str) else json_html(content)
        )
    shown = "".join(_items(turns[:SHOWN_TURNS], allowance))
    rest = "".join(_items(turns[SHOWN_TURNS:], allowance))
    html = f'<ol class="turns">{shown}</ol>' if shown else text_html("", allowance)
    if rest:
        more = len(turns) - SHOWN_TURNS
        summary = f"<summary>{more:,} more turn{'' if more == 1 else 's'}</summary>"
        html += f'<details class="exhibit-fold">{summary}<ol class="turns">{rest}</ol></details>'
    return html


def turns_in(content: object) -> list[object] | None:
    """The turns of what stands for a chat: a list, an object with a list in it, or the JSON of either."""
    content = parsed(content)
    if isinstance(content, dict):
        lists = (content.get(name) for name in LISTS_OF_TURNS)
        content = next(
            (turns for turns in lists if isinstance(turns, list)), [content] if is_turn(content) else None
        )
    if not isinstance(content, list):
        return None
    return [
        turn
        for entry in content
        for turn in (entry if isinstance(entry, list) and not _is_pair(entry) else [entry])
    ]


def parsed(value: object) -> object:
    """What a text holds where it is the JSON of a list or an object; else the value itself."""
    if not isinstance(value, str) or value.lstrip()[:1] not in {"[", "{"}:
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def is_turn(value: object) -> bool:
    """Whether this is an object with a role."""
    return isinstance(value, dict) and any(isinstance(value.get(name), str | dict) for name in ROLES)


def _is_pair(entry: list[object]) -> bool:
    return len(entry) == 2 and all(isinstance(part, str) for part in entry)


def _items(turns: list[object], allowance: Allowance) -> Iterator[str]:
    for number, turn in enumerate(turns):
        if allowance.is_spent:
            left = len(turns) - number
            yield f'<li class="no-text">{left:,} more are not shown: this is too long for a page.</li>'
            return
        yield allowance.writes(f'<li class="turn">{turn_html(turn, allowance)}</li>')


def turn_html(turn: object, allowance: Allowance) -> str:
    """One turn: who speaks, what is said, and which tools are called."""
    if isinstance(turn, list) and _is_pair(turn):
        turn = {"role": turn[0], "content": turn[1]}
    if isinstance(turn, str):
        return markdown_html(turn, allowance, heading=TURN_HEADING)
    if not isinstance(turn, dict):
        return json_html(turn)
    role_name = next((name for name in ROLES if turn.get(name)), None)
    content_name = next((name for name in CONTENTS if turn.get(name) is not None), None)
    if role_name is None and content_name is None:
        return json_html(turn)
    role = role_of(turn[role_name]) if role_name else ""
    parts = [f'<p class="turn-role" translate="no">{with_marks(role[:LONGEST_ROLE])}</p>'] if role else []
    if content_name:
        is_tool = role.lower() in TOOLS
        parts += _contents(turn[content_name], allowance, is_tool=is_tool)
    for name in CALLS:
        calls = turn.get(name) or []
        parts += [call_html(call) for call in (calls if isinstance(calls, list) else [calls])]
    used = {role_name, content_name, *CALLS}
    rest = {
        name: value for name, value in turn.items() if name not in used and value not in (None, "", [], {})
    }
    if rest:
        parts.append(json_html(rest, "Other fields") if len(str(rest)) > 200 else _fields(rest))
    return "".join(parts)


def role_of(role: object) -> str:
    """The name of who speaks; some files have it in an object."""
    if isinstance(role, dict):
        role = next((role[name] for name in ("role", "name") if role.get(name)), "")
    return str(role)


def _fields(rest: Turn) -> str:
    facts = "; ".join(f"{with_marks(str(name))}: {with_marks(_short(value))}" for name, value in rest.items())
    return f'<p class="turn-fields" translate="no">{facts}</p>'


def _short(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _contents(content: object, allowance: Allowance, *, is_tool: bool) -> Iterator[str]:
    """The parts of a content, which may be a text, a list of parts, or an object with one."""
    if isinstance(content, dict) and isinstance(content.get("parts"), list):
        content = content["parts"]
    if not isinstance(content, list):
        content = [content]
    for part in content:
        yield _part(part, allowance, is_tool=is_tool)


def _part(part: object, allowance: Allowance, *, is_tool: bool) -> str:
    if isinstance(part, str):
        value = parsed(part) if is_tool else part
        if not isinstance(value, str):
            return json_html(value)
        return text_html(part, allowance) if is_tool else markdown_html(part, allowance, heading=TURN_HEADING)
    if not isinstance(part, dict):
        return json_html(part)
    kind = str(part.get("type", "text" if "text" in part else ""))
    if kind in {"text", "input_text", "output_text"} and isinstance(part.get("text"), str):
        return markdown_html(part["text"], allowance, heading=TURN_HEADING)
    if kind in {"thinking", "reasoning"} and isinstance(text := part.get("thinking", part.get("text")), str):
        return f'<p class="step-label">Thought</p>{markdown_html(text, allowance, heading=TURN_HEADING)}'
    if kind in {"tool_use", "tool_call", "function_call"}:
        return call_html(part)
    if kind == "tool_result":
        results = _contents(part.get("content", ""), allowance, is_tool=True)
        return f'<p class="step-label">Result</p>{"".join(results)}'
    if "image" in kind or "audio" in kind or "video" in kind or "file" in kind:
        return _medium(kind, part)
    return json_html(part)


def _medium(kind: str, part: Turn) -> str:
    """A picture or the like is named, never fetched."""
    name = kind.removeprefix("input_").removesuffix("_url") or kind
    address = part.get(kind, part.get("url", part.get("source", "")))
    if isinstance(address, dict):
        address = address.get("url", "")
    text = str(address)
    cut = text[:LONGEST_ADDRESS] + ("…" if len(text) > LONGEST_ADDRESS else "")
    return f'<p class="no-text">{escape(name.capitalize())}, not shown: <bdi translate="no">{with_marks(cut)}</bdi></p>'


def call_html(call: object) -> str:
    """A call of a tool: its name and its arguments."""
    if not isinstance(call, dict):
        return json_html(call)
    inner = call["function"] if isinstance(call.get("function"), dict) else call
    name = inner.get("name", inner.get("tool"))
    arguments = next(
        (inner[key] for key in ("arguments", "input", "args", "parameters") if key in inner), None
    )
    if not isinstance(name, str):
        return json_html(call)
    label = f'<p class="step-label">Calls <code>{with_marks(name[:LONGEST_ROLE])}</code></p>'
    return label if arguments in (None, "", {}) else label + arguments_html(arguments)


def arguments_html(arguments: object) -> str:
    """Arguments of a call, which may be the text of JSON."""
    value = parsed(arguments)
    return code_html(value) if isinstance(value, str) else json_html(value, "Arguments")
