"""Endpoints: made, changed, as providers see them, and what keeps one from being called."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from pydantic import JsonValue

from core.audit.writing import record
from core.errors import Conflict, DomainError
from core.models import User
from core.names import check_name
from evaluation.endpoints.services.recorded_replies import recorded_replies
from evaluation.endpoints.services.waking import wake_drain
from evaluation.llm import registry
from evaluation.llm.endpoint_rules import (
    API_PROVIDERS,
    EndpointRefused,
    check_endpoint,
    check_unused_fields,
)
from evaluation.llm.providers import Provider
from evaluation.llm.recorded import RecordedProvider
from evaluation.llm.registry import EndpointSettings
from evaluation.models import Endpoint
from evaluation.models.completion import FIRST_TRIAL, OF_ANY_STATUS, CompletionStatus
from evaluation.models.endpoint import Provider as ProviderName
from evaluation.models.endpoint import StructuredOutput


@dataclass(frozen=True, slots=True)
class EndpointSpec:
    """What an endpoint is set to; names are those of the model's fields. Prices in US dollars for a million tokens."""

    name: str
    provider: str
    model: str
    base_url: str = ""
    api_key_variable: str = ""
    input_price: Decimal | None = None
    output_price: Decimal | None = None
    priced_on: date | None = None
    account: str = ""
    max_concurrency: int = 64
    timeout_seconds: int = 120
    structured_output: str = StructuredOutput.JSON_SCHEMA
    options: dict[str, JsonValue] = field(default_factory=dict)


def spec_of(endpoint: Endpoint) -> EndpointSpec:
    """What the endpoint is set to now."""
    return EndpointSpec(**_values(endpoint))


ASKED = ("name", "provider", "model")
"""What requests on record are made of: fixed once a run, judge or catalogue build has asked, or a run is planned."""

FIXED = (*ASKED, "base_url", "options")
"""What says whose answers these are: fixed from the first answer on, for they are part of what is on record. Of the
options, only those of `WEIGHTS`."""

WEIGHTS = ("revision", "adapter", "adapter_sha256")
"""The options of a local model that say which weights answer."""


TOLD = (
    "name",
    "provider",
    "model",
    "input_price",
    "output_price",
    "priced_on",
    "max_concurrency",
    "timeout_seconds",
    "structured_output",
)
"""The fields whose values the audit log has. Of the others it has the name alone: a secret may be in one by mistake."""


@transaction.atomic
def create_endpoint(*, spec: EndpointSpec, actor: User | None) -> Endpoint:
    """Make an endpoint. Raises DomainError, with the field at fault."""
    endpoint = _saved(Endpoint(), spec, is_ruled=True)
    record(
        "endpoint.created",
        actor=actor,
        subject=endpoint,
        name=endpoint.name,
        provider=endpoint.provider,
        model=endpoint.model,
    )
    return endpoint


@transaction.atomic
def change_endpoint(*, endpoint: Endpoint, spec: EndpointSpec, actor: User | None) -> Endpoint:
    """Change an endpoint. Raises DomainError, with the field at fault.

    Once it has answered, its name, provider, model, base URL and the weights of a local model stay as they are: answers
    on record would pass for those of another model. As long as it never has, a wrong base URL can be corrected,
    whatever waits for it; and all else, too, where nothing but tests was asked. Raises Conflict otherwise.
    """
    held = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
    changed = [name for name in FIXED if _identity(held, name) != _identity(spec, name)]
    fixed = fixed_fields(held) if changed else ()
    if at_fault := next((name for name in changed if name in fixed), None):
        raise Conflict(why_fixed(held, fixed), code="endpoint_in_use", field=at_fault)
    if changed and held.completions.filter(status=CompletionStatus.LEASED).exists():
        raise Conflict(
            f"A call to {held} is under way as it is set now. Wait until that has ended, at most "
            f"{held.timeout_seconds} s, then save again.",
            code="calls_in_flight",
            field=changed[0],
        )
    is_ruled = any(getattr(held, name) != getattr(spec, name) for name in RULED)
    before = _values(held)
    saved = _saved(held, spec, is_ruled=is_ruled)
    _record_change(saved, before, actor)
    wake_drain(saved.pk)  # what waits for it is called as it is set now
    return saved


def fixed_fields(endpoint: Endpoint) -> tuple[str, ...]:
    """What of the endpoint can no longer be changed, for what is on record or planned."""
    answered = endpoint.completions.filter(status__in=[CompletionStatus.SUCCEEDED, CompletionStatus.REFUSED])
    if answered.exists() or endpoint.runs.filter(imported_from__isnull=False).exists():
        return FIXED
    requests = endpoint.completions.filter(
        OF_ANY_STATUS,
        Q(run__isnull=False) | Q(request__replicate__lt=FIRST_TRIAL) | Q(request__replicate__isnull=True),
    )
    return ASKED if requests.exists() or endpoint.runs.exists() else ()


def why_fixed(endpoint: Endpoint, fixed: tuple[str, ...]) -> str:
    """In words, why these fields stay as they are, and what one can do instead."""
    if fixed == FIXED:
        names = "name, provider, model and base URL"
        if endpoint.provider == ProviderName.TRANSFORMERS:
            names += f", and its options {', '.join(WEIGHTS[:-1])} and {WEIGHTS[-1]},"
        return f"{endpoint} has answers on record, so its {names} stay as they are. Make another endpoint instead."
    return (
        f"Requests to {endpoint} are on record, so its name, provider and model stay as they are. It has never "
        "answered, so its base URL can be corrected."
    )


def has_changed_since(endpoint: Endpoint) -> bool:
    """Whether the endpoint has been set otherwise since it was read, in what its provider needs; or is gone."""
    now = Endpoint.objects.filter(pk=endpoint.pk).first()
    return now is None or settings_of(now) != settings_of(endpoint)


def _values(endpoint: Endpoint) -> dict[str, Any]:
    # Any: each field has a type of its own
    return {name: getattr(endpoint, name) for name in EndpointSpec.__dataclass_fields__}


def _record_change(endpoint: Endpoint, before: dict[str, object], actor: User | None) -> None:
    """Note which fields changed, if any did, and of those without secrets from what to what."""
    after = _values(endpoint)
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        told = [name for name in changed if name in TOLD]
        record(
            "endpoint.changed",
            actor=actor,
            subject=endpoint,
            name=endpoint.name,
            changed=changed,
            before={name: before[name] for name in told},
            after={name: after[name] for name in told},
        )


def _identity(endpoint: Endpoint | EndpointSpec, name: str) -> object:
    """What a field says of whose answers these are."""
    value: object = getattr(endpoint, name)
    if not isinstance(value, dict):
        return value
    return (
        [value.get(option) for option in WEIGHTS] if endpoint.provider == ProviderName.TRANSFORMERS else None
    )


RULED = ("provider", "model", "base_url", "api_key_variable", "options")
"""The fields that the rules of endpoints are about. An odd row, saved before a rule was there, can still be given a
price or a limit, but is not called until these are right."""


def _saved(endpoint: Endpoint, spec: EndpointSpec, *, is_ruled: bool) -> Endpoint:
    check_name(spec.name)
    for name in EndpointSpec.__dataclass_fields__:
        setattr(endpoint, name, getattr(spec, name))
    priced = spec.input_price is not None or spec.output_price is not None
    endpoint.priced_on = (spec.priced_on or timezone.localdate()) if priced else None
    if endpoint.provider in API_PROVIDERS and _looks_like_a_key(endpoint.api_key_variable):
        raise DomainError(
            "This looks like a key itself. Give the name of the environment variable that holds it, such as "
            "OPENAI_API_KEY: keys are never stored.",
            field="api_key_variable",
        )
    try:
        if is_ruled:
            check_endpoint(spec)
            check_unused_fields(spec)
    except EndpointRefused as error:
        raise DomainError(str(error), field=error.field) from error
    try:
        with transaction.atomic():
            endpoint.full_clean()
            endpoint.save()
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        at = None if name == "__all__" else name
        raise DomainError(messages[0], field=at or _field_of(messages[0])) from error
    return endpoint


def _field_of(message: str) -> str | None:
    return "input_price" if "price" in message else "name" if "name" in message else None


def _looks_like_a_key(variable: str) -> bool:
    """Names of variables are of letters, digits and underscores; keys have dashes, or are long."""
    return bool(variable) and (not variable.isidentifier() or len(variable) > 60)


def settings_of(endpoint: Endpoint) -> EndpointSettings:
    """What a provider needs of an endpoint; Django stays outside."""
    return EndpointSettings(
        name=endpoint.name,
        provider=endpoint.provider,
        model=endpoint.model,
        base_url=endpoint.base_url,
        api_key_variable=endpoint.api_key_variable,
        timeout_seconds=float(endpoint.timeout_seconds),
        reply_max_bytes=settings.REPLY_MAX_BYTES,
        options=endpoint.options,
    )


def missing_key(endpoint: Endpoint) -> str | None:
    """What keeps the endpoint from being called, in words: a missing key, for one; None: nothing."""
    return registry.missing_key(settings_of(endpoint))


def provider_of(endpoint: Endpoint) -> Provider:
    """The provider that answers for an endpoint. Raises ProviderNotAvailable, which says why."""
    if endpoint.provider == ProviderName.RECORDED:
        return RecordedProvider(recorded_replies(endpoint))
    return registry.provider_for(settings_of(endpoint))


def limit_key(endpoint: Endpoint) -> str:
    """What the endpoints that share a limit of calls have in common."""
    account = endpoint.account or endpoint.api_key_variable or endpoint.base_url
    return f"{account}/{endpoint.model}"
