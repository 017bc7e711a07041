"""The options of an endpoint, by provider: what there is, what each may be, and what is refused."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from evaluation.llm.local.options import LocalOptions
from evaluation.llm.providers import ProviderNotAvailable
from evaluation.llm.replies import storable

LONGEST = 10_000
"""Characters of all options as JSON."""
DEEPEST = 20

OWN_FIELDS = frozenset(
    {
        *("model", "messages", "system", "temperature", "max_tokens", "max_completion_tokens"),
        *("response_format", "tools", "tool_choice", "functions", "function_call"),
        *("stream", "stream_options", "n", "best_of"),
    }
)
"""Fields of a request that the engine writes itself, or that change the form of the answer that it reads."""

CREDENTIAL_FIELDS = frozenset(
    {
        *(
            "apikey",
            "key",
            "token",
            "accesstoken",
            "authtoken",
            "authorization",
            "password",
            "secret",
            "secretkey",
        ),
        *("credentials", "headers", "extraheaders", "defaultheaders", "host", "cookie", "xapikey"),
        *("apibase", "baseurl", "apiurl", "endpoint", "proxy"),
    }
)
"""Names, without their case, dashes and underscores, by which a gateway takes a key or another address."""


class OptionsRefused(ValueError):
    """The options cannot be an endpoint's; the message says which one is wrong, and what it may be."""


@dataclass(frozen=True, slots=True)
class Option:
    """An option: `values` says in words what it may be, `problem` finds what is wrong with a value of it."""

    name: str
    values: str
    default: str
    example: object
    problem: Callable[[object], str]


def _not_a_switch(value: object) -> str:
    return "" if isinstance(value, bool) else "is true or false"


def _not_a_token_parameter(value: object) -> str:
    names = ("max_tokens", "max_completion_tokens")
    return "" if value in names else f"is {' or '.join(names)}"


def _not_a_body(value: object) -> str:
    if not isinstance(value, dict):
        return "is a JSON object"
    if own := sorted(OWN_FIELDS.intersection(value)):
        return f"cannot set {', '.join(own)}: the engine does"
    for name in _names(value):
        if name.lower().replace("-", "").replace("_", "") in CREDENTIAL_FIELDS:
            return f"cannot hold {name}: keys and addresses are set by the endpoint's own fields"
    return ""


def _names(value: object) -> Iterator[str]:
    """The names of all fields, at every level."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield str(name)
            yield from _names(part)
    elif isinstance(value, list):
        for part in value:
            yield from _names(part)


SEND_TEMPERATURE = "send_temperature"
EXTRA_BODY = Option(
    "extra_body",
    f"a JSON object of further fields of the request, except {', '.join(sorted(OWN_FIELDS))}",
    "none",
    {"reasoning_effort": "low"},
    _not_a_body,
)
OPTIONS: Mapping[str, tuple[Option, ...]] = {
    "openai": (
        Option(
            "token_parameter",
            "`max_tokens` or `max_completion_tokens`",
            "`max_completion_tokens` at OpenAI and Azure, else `max_tokens`",
            "max_completion_tokens",
            _not_a_token_parameter,
        ),
        Option(SEND_TEMPERATURE, "true or false", "true", False, _not_a_switch),
        EXTRA_BODY,
    ),
    "anthropic": (Option(SEND_TEMPERATURE, "true or false", "false", True, _not_a_switch), EXTRA_BODY),
    "recorded": (),
    "heuristic": (),
}
"""Those of `transformers` are the fields of `LocalOptions`."""


def check_options(provider: str, options: Mapping[str, object]) -> None:
    """Raises OptionsRefused where the provider has no such option, or an option has a value that it cannot have."""
    if not isinstance(options, Mapping):  # a row may hold any JSON
        raise OptionsRefused("The options are a JSON object.")
    _check_values(options)
    if provider == "transformers":
        try:
            LocalOptions.parse(options)
        except ProviderNotAvailable as error:
            raise OptionsRefused(str(error)) from error
        return
    known = {option.name: option for option in OPTIONS.get(provider, ())}
    if unknown := sorted(set(options) - set(known)):
        names = ", ".join(repr(name[:60]) for name in unknown)
        there_are = f"Known: {', '.join(known)}." if known else "It has none."
        raise OptionsRefused(f"The provider {provider} has no option {names}. {there_are}")
    for name, value in options.items():
        if problem := known[name].problem(value):
            raise OptionsRefused(f"The option {name} {problem}.")


def _check_values(options: Mapping[str, object]) -> None:
    """What no column of the database can hold, or what is too much for an option."""
    try:
        length = len(json.dumps(dict(options), allow_nan=False))
    except (ValueError, TypeError, RecursionError) as error:
        raise OptionsRefused("The options are JSON with finite numbers.") from error
    if length > LONGEST:
        raise OptionsRefused(f"The options have {LONGEST:,} characters at most.")
    for value in _values(options, DEEPEST):
        if isinstance(value, str) and storable(value) != value:
            raise OptionsRefused("The options hold a character that cannot be stored, such as NUL.")


def _values(value: object, levels: int) -> Iterator[object]:
    """The value and all in it, names of fields too. Raises OptionsRefused where it is nested too deeply."""
    if not levels:
        raise OptionsRefused(f"The options are nested {DEEPEST} levels deep at most.")
    yield value
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield name
            yield from _values(part, levels - 1)
    elif isinstance(value, list):
        for part in value:
            yield from _values(part, levels - 1)
