"""Heroku's error bodies."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An answer with a status and a body ``{"id": ..., "message": ...}``; further members as Heroku adds them."""

    def __init__(self, status: int, identity: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {**more, "id": identity, "message": message}


def not_found(resource: str) -> ApiError:
    return ApiError(404, "not_found", f"Couldn't find that {resource}.", resource=resource)


def no_route() -> ApiError:
    message = (
        "The requested API endpoint was not found. Are you using the right HTTP verb (i.e. `GET` vs. `POST`), and did "
        "you specify your intended version with the `Accept` header?"
    )
    return ApiError(404, "not_found", message)


def invalid(message: str) -> ApiError:
    return ApiError(422, "invalid_params", message)


def bad_request(message: str) -> ApiError:
    return ApiError(400, "bad_request", message)


def unauthorized() -> ApiError:
    return ApiError(401, "unauthorized", "Invalid credentials provided.")


def forbidden(message: str = "You do not have access to this resource.") -> ApiError:
    return ApiError(403, "forbidden", message)


def conflict(message: str) -> ApiError:
    return ApiError(409, "conflict", message)


def rate_limit() -> ApiError:
    message = "Your account reached the API rate limit\nPlease wait a few minutes before making new requests"
    return ApiError(429, "rate_limit", message)


def internal(status: int = 500) -> ApiError:
    if status == 503:
        return ApiError(503, "unavailable", "The service is temporarily unavailable, please retry your request.")
    return ApiError(status, "internal_server_error", "Internal server error.")


def payment() -> ApiError:
    return ApiError(402, "verification_required", "Please verify your account to make this change.")


def asked_for(status: int) -> ApiError:
    """The error that a test wants to see."""
    made = {402: payment, 403: forbidden, 422: lambda: invalid("Heroku does not take it."), 429: rate_limit}.get(status)
    return made() if made else internal(status)
