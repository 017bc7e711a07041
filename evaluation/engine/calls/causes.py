"""Why calls fail, in plain words, and what helps."""

from evaluation.stages.names import stage_name

# Code: what happened, and what to do about it.
CAUSES = {
    "authentication": ("The provider did not accept the key.", "Check the key in the endpoint's variable."),
    "permission": (
        "The key does not have access to this model.",
        "Request access from the provider, or use another model.",
    ),
    "quota_exhausted": (
        "The account has no money or quota left.",
        "Add credit or raise the quota, then try again.",
    ),
    "not_found": (
        "The provider does not know this model, or the address is wrong.",
        "Check the model and the base URL.",
    ),
    "bad_request": (
        "The provider rejected the request as invalid.",
        "See the provider's message.",
    ),
    "unprocessable": (
        "The provider rejected the request as invalid.",
        "See the provider's message.",
    ),
    "too_large": ("The request is too long for the provider.", "Use fewer tokens or another model."),
    "prompt_too_long": (
        "The prompt is longer than the model's context.",
        "Use a model with a longer context.",
    ),
    "rate_limited": (
        "The provider kept rejecting calls because of its rate limit.",
        "Try again later, or allow fewer concurrent calls.",
    ),
    "overloaded": ("The provider's server was overloaded or failed.", "Try again later."),
    "timeout": ("No complete answer came in time.", "Try again, or set a longer timeout for the endpoint."),
    "conflict": ("The provider was busy with the same request.", "Try again."),
    "connection": ("The connection failed.", "Check the base URL and the network, then try again."),
    "malformed": ("The answer does not conform to the provider's API.", "Try again, and check the base URL."),
    "reply_too_large": (
        "The answer was larger than the size limit.",
        "Check the base URL; the limit is PERG_REPLY_MAX_BYTES.",
    ),
    "unknown_encoding": (
        "The answer used an unsupported compression.",
        "Check the server, or the proxy in front of it.",
    ),
    "redirect": (
        "The server redirects to another address, and redirects are not followed.",
        "Set the endpoint's base URL to the final address.",
    ),
    "provider_not_available": ("The worker cannot call this endpoint.", "The message says what is missing."),
    "lease_expired": (
        "The workers processing the call stopped each time.",
        "The request may cause the stops; check the worker's log.",
    ),
    "not_recorded": (
        "There is no recorded reply for this request.",
        "Import a run that contains one, or use a live model.",
    ),
    "out_of_memory": ("The local model ran out of memory.", "Use smaller batches or a smaller model."),
    "local_model_failed": ("The local model failed.", "See the message and the worker's log."),
    "provider_error": ("Internal error while calling the provider.", "The worker's log has the details."),
    "unstorable": ("The answer could not be stored.", "The worker's log has the details."),
    "unreadable_request": ("The stored request cannot be read.", "It was created by another version."),
    "cancelled": ("The worker was stopped during the call.", "Try again."),
    "refused": ("The model refused to answer.", "A refusal is an answer, so the call is not tried again."),
}
SET_WRONGLY = {"authentication", "permission", "not_found", "connection", "malformed", "timeout"}
SET_WRONGLY |= {"reply_too_large", "redirect"}
UNKNOWN = ("The call failed.", "See the message.")
CALL_FAILED = "the call failed: "


def cause_in_words(code: str) -> str:
    """What happened, of an error code."""
    return CAUSES.get(code, UNKNOWN)[0]


def cause_helps(code: str) -> str:
    """What helps against an error code."""
    return CAUSES.get(code, UNKNOWN)[1]


def lies_with_endpoint(code: str) -> bool:
    """Whether what helps is to set the endpoint otherwise."""
    return code in SET_WRONGLY


def reason_in_words(reason: str) -> str:
    """Why a judge gave no score: what happened instead of the error code, if its call failed."""
    code = reason.removeprefix(CALL_FAILED)
    return f"its {CALL_FAILED}{cause_in_words(code)}" if code != reason and code in CAUSES else reason


def failure_in_words(failure: str) -> str:
    """Why an item failed: its stage, and what happened instead of the error code."""
    stage, _, reason = failure.partition(": ")
    code = reason.removeprefix(CALL_FAILED)
    if code == reason or code not in CAUSES:
        return failure
    return f"{stage_name(stage)}: {cause_in_words(code)}"
