"""Permissions-Policy: what the pages, and anything that is embedded in them, need not ask a browser for."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

# The site copies to the clipboard; it uses nothing else of the kind.
POLICY = ", ".join(
    f"{feature}=()"
    for feature in ("accelerometer", "camera", "geolocation", "gyroscope", "magnetometer", "microphone", "payment", "usb")
)


class PermissionsPolicyMiddleware:
    """Sets the header; Django has no setting for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.setdefault("Permissions-Policy", POLICY)
        return response
