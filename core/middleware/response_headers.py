"""Headers that every answer has: it is stored nowhere, and says what a browser may do with it."""

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

FEATURES = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "hid",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "usb",
    "xr-spatial-tracking",
)
PERMISSIONS_POLICY = ", ".join(f"{feature}=()" for feature in FEATURES)
"""No page uses any of these; copying to the clipboard, which some do, stays allowed."""
SOURCES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
CONTENT_POLICY = "; ".join(f"{directive} {sources}" for directive, sources in SOURCES.items())
"""The same for every page, so that it is put together once."""
DEBUG_PAGES = {HTTPStatus.NOT_FOUND, HTTPStatus.INTERNAL_SERVER_ERROR}
"""Django's own, with styles and scripts in the page."""


class ResponseHeadersMiddleware:
    """Forbids caches to store an answer, except a static file's, which says itself that it is public.

    Not only pages behind a login: a redirect, a refusal or the login page tells something of who asked, too. A program
    that sends `If-None-Match` has stored the document itself, so conditional requests work as before.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        directives = _directives(response.headers.get("Cache-Control", ""))
        if "public" not in directives:
            stays = [directive for directive in directives if directive == "no-transform"]
            response.headers["Cache-Control"] = ", ".join(["private", "no-store", *stays])
        if not (settings.DEBUG and response.status_code in DEBUG_PAGES):
            response.headers["Content-Security-Policy"] = CONTENT_POLICY
        response.headers["Permissions-Policy"] = PERMISSIONS_POLICY
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return response


def _directives(cache_control: str) -> list[str]:
    return [directive.strip().lower() for directive in cache_control.split(",")]
