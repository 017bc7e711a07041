"""The API's schema: OpenAPI 3.1, drawn from the views by drf-spectacular.

Added to what it finds: the problem details that any operation may answer with, the header of idempotent POSTs, and the
filters of lists. So that no view has to repeat them, and none can forget them.
"""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework.permissions import SAFE_METHODS

from core.api.idempotency import HEADER, LONGEST_KEY, REPLAYED
from core.api.permissions import IsStaff, needed_scope
from core.http.problem_details import PROBLEM

Json = dict[str, Any]  # Any: a schema is JSON of any depth

PROBLEM_SCHEMA: Json = {
    "type": "object",
    "description": "Problem details (RFC 9457): `code` is for programs and stays the same, `detail` is for people.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Which problem it is."},
        "detail": {"type": "string", "description": "What is wrong, in words."},
        "field": {"type": "string", "description": "The input at fault; the first, where there are several."},
        "errors": {
            "type": "array",
            "description": "Every input that is not valid.",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {
                    "field": {
                        "type": "string",
                        "description": "Path with dots; empty: the request as a whole.",
                    },
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
PROBLEMS = {
    400: ("Invalid", "The request is not valid: `errors` says which input, and why."),
    401: ("NobodyKnown", "No token, or one that is unknown, expired, revoked, or of a deactivated account."),
    403: ("NotAllowed", "The token's scopes do not suffice, or the person may not do this."),
    404: ("NotFound", "There is no such thing, or not for this person."),
    409: ("Conflict", "The state of the thing does not allow it, or somebody else was first."),
    413: ("TooLarge", "The body is larger than a request may be."),
    415: ("WrongType", "The body is of another type than this takes."),
    422: ("Refused", "The request is well-formed but cannot be carried out."),
    429: ("TooMany", "Too many requests; the header `Retry-After` says when to go on."),
    503: (
        "Unavailable",
        "The database did not answer in time; the header `Retry-After` says when to try again.",
    ),
}
RETRY_AFTER: Json = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}}
EXAMPLE = {
    "type": "about:blank",
    "title": "Bad Request",
    "status": 400,
    "code": "invalid",
    "detail": "name: This field is required.",
    "field": "name",
    "errors": [{"field": "name", "code": "required", "detail": "This field is required."}],
}


def finish(result: Json, **_: object) -> Json:
    """Add the components that every operation's errors refer to."""
    answers: Json = {}
    for status, (name, description) in PROBLEMS.items():
        content: Json = {"schema": {"$ref": "#/components/schemas/Problem"}}
        if status == 400:
            content["example"] = EXAMPLE
        answers[name] = {"description": description, "content": {PROBLEM: content}}
        if status in (429, 503):
            answers[name]["headers"] = RETRY_AFTER
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
    components["responses"] = answers
    _drop(result, "x-spec-enum-id")
    return result


def _drop(schema: Any, key: str) -> None:
    """Take a key that means nothing to readers out of a whole document."""
    # Any: JSON of any depth
    if isinstance(schema, dict):
        schema.pop(key, None)
        for inner in schema.values():
            _drop(inner, key)
    elif isinstance(schema, list):
        for inner in schema:
            _drop(inner, key)


class ApiSchema(AutoSchema):
    """Describes one operation of the API."""

    def get_operation(self, *args: Any, **kwargs: Any) -> Json | None:
        operation: Json | None = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        if self._is_idempotent():
            operation.setdefault("parameters", []).append(IDEMPOTENCY_PARAMETER)
            for status, answer in operation["responses"].items():
                if status.startswith("2"):
                    answer.setdefault("headers", {})[REPLAYED] = REPLAYED_HEADER
        for status in sorted(self._problems(operation)):
            operation["responses"].setdefault(
                str(status), {"$ref": f"#/components/responses/{PROBLEMS[status][0]}"}
            )
        operation["description"] = f"{operation.get('description', '')}\n\n{self._who_may()}".strip()
        return operation

    def get_operation_id(self) -> str:
        """Actions have the address of the thing and a word: this tells them apart from creating a thing."""
        name = str(super().get_operation_id())
        return f"{name.removesuffix('_create')}_act" if self.path.endswith("{action}/") else name

    def get_override_parameters(self) -> list[Any]:
        """The filters of a list stand in its view's `query_serializer_class`."""
        query = getattr(self.view, "query_serializer_class", None)
        filters = [query] if query is not None and query().fields and self.method in SAFE_METHODS else []
        return [*filters, *super().get_override_parameters()]

    def _is_idempotent(self) -> bool:
        # A viewset's methods go by the names of its actions.
        handler = getattr(self.view, getattr(self.view, "action", self.method.lower()), None)
        return bool(getattr(handler, "is_idempotent", False))

    def _problems(self, operation: Json) -> set[int]:
        """The problems that the operation may answer with."""
        statuses = {401, 403, 429, 503}
        if "requestBody" in operation:
            statuses |= {400, 413, 415}
        filters = [parameter for parameter in operation.get("parameters", ()) if parameter["in"] == "query"]
        if filters:
            statuses.add(400)
        if any(parameter.get("required") for parameter in filters):
            statuses.add(404)  # what they name
        if "{" in self.path:
            statuses.add(404)
        if self.method not in SAFE_METHODS:
            statuses |= {400, 404, 409}  # 404: what the body names
        if self._is_idempotent():
            statuses.add(422)
        return statuses

    def _who_may(self) -> str:
        scope = needed_scope(self.view, self.method)
        admins = any(isinstance(permission, IsStaff) for permission in self.view.get_permissions())
        return f"Scope: `{scope}`." + (" For admins." if admins else "")


IDEMPOTENCY_PARAMETER: Json = {
    "in": "header",
    "name": HEADER,
    "description": "With the same key and the same request, the work is done once, and its answer given again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[ -~]+$"},
}
REPLAYED_HEADER: Json = {
    "description": "`true`: this is the answer to an earlier request with the same key.",
    "schema": {"type": "string", "enum": ["true"]},
}


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How a program says who it is."""

    target_class = "core.users.tokens.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> Json:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token, made on the page of one's API tokens: `Authorization: Bearer perg_…`.",
        }


class BrowserScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How a browser does."""

    target_class = "core.users.tokens.authentication.BrowserAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> Json:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "The person logged in in a browser; other methods than GET need the CSRF token.",
        }
