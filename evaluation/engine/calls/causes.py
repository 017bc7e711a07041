"""Why calls fail, in plain words, and what helps."""

from evaluation.stages.names import stage_name

# Code: what happened, and what to do about it.
CAUSES = {
    "authentication": ("The provider did not accept the key.", "Look at the key in the endpoint's variable."),
    "permission": (
        "The key may not use this model.",
        "Ask for access at the provider, or take another model.",
    ),
    "quota_exhausted": ("The account has no money or quota left.", "Top it up, then try again."),
    "not_found": (
        "The provider does not know this model, or the address is wrong.",
        "Look at model and base URL.",
    ),
    "bad_request": (
        "The provider refused the request as it was put.",
        "Its message says what it did not like.",
    ),
    "unprocessable": (
        "The provider refused the request as it was put.",
        "Its message says what it did not like.",
    ),
    "too_large": ("The request is too long for the provider.", "Take fewer tokens or another model."),
    "prompt_too_long": ("The prompt is longer than the model can read.", "Take a model that reads more."),
    "rate_limited": (
        "The provider kept saying that there are too many calls.",
        "Try again later, or allow fewer calls at a time.",
    ),
    "overloaded": ("The provider's server was overloaded or broken.", "Try again later."),
    "timeout": ("No complete answer came in time.", "Try again, or give the endpoint a longer time-out."),
    "conflict": ("The provider was busy with the same request.", "Try again."),
    "connection": ("The connection failed.", "Look at the base URL and the network, then try again."),
    "malformed": ("The answer was not what the provider's API promises.", "Try again; look at the base URL."),
    "reply_too_large": (
        "The answer was larger than what is read of one.",
        "Look at the base URL; the limit is PERG_REPLY_MAX_BYTES.",
    ),
    "unknown_encoding": (
        "The answer was compressed in a way that was not asked for.",
        "Look at the server, or at the proxy in front of it.",
    ),
    "redirect": (
        "The server redirects to another address, and redirects are not followed.",
        "Give the endpoint the address that answers.",
    ),
    "provider_not_available": ("The worker cannot call this endpoint.", "The message says what it lacks."),
    "lease_expired": (
        "The workers that took the call were lost each time.",
        "The request may be what stops them; look at their log.",
    ),
    "not_recorded": ("The record has no reply to this.", "Import a run that has one, or ask a live model."),
    "out_of_memory": ("The local model ran out of memory.", "Take smaller batches or a smaller model."),
    "local_model_failed": ("The local model failed.", "The message and the worker's log say how."),
    "provider_error": ("An error of ours in calling the provider.", "The worker's log has the details."),
    "unstorable": ("The answer could not be stored.", "The worker's log has the details."),
    "unreadable_request": ("The request on record cannot be read.", "It was made by another version."),
    "cancelled": ("The worker was stopped in mid-call.", "Try again."),
    "refused": ("The model refused to answer.", "That is an answer: it is not tried again."),
}
SET_WRONGLY = {"authentication", "permission", "not_found", "connection", "malformed", "timeout"}
SET_WRONGLY |= {"reply_too_large", "redirect"}
UNKNOWN = ("The call failed.", "The message says how.")
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
