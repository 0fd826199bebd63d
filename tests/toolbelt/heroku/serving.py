"""A Heroku at the door: answers are functions of the request, in the order in which they are asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx

from toolbelt.heroku.client import Client
from toolbelt.secret import Secret

TOKEN = "HRKU-0123456789-secret-word"
Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class Door:
    """Keeps the requests that were made and gives out the answers, the last of which it repeats."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.slept: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer

    def client(self, base: str = "https://api.heroku.com") -> Client:
        return Client(base, Secret(TOKEN), flag=" --stage staging", transport=httpx.MockTransport(self), sleep=self.slept.append)

    @property
    def asked(self) -> list[str]:
        return [f"{request.method} {request.url.path}" for request in self.requests]

    def body(self, number: int) -> Any:
        return json.loads(self.requests[number].content)


def said(status: int, body: object = None, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=body, headers={name.replace("_", "-"): value for name, value in headers.items()})
