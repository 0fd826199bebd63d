"""Looks at answers as they pass, and remembers what was wrong with them."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx

from tests.verification import schema

# Calls that the schema does not describe, and who makes them.
NOT_IN_THE_SCHEMA = {
    "GET /apps/{app}/available-dyno-sizes": "the CLI, before ps:type changes a size",
    "GET /apps/{app}/available-stacks": "the CLI: `heroku stack`",
    "GET /accounts/{account}/actions/get-quota": "the CLI: `heroku ps` of an app with Eco dynos",
    "GET /users/~/pipeline-couplings": "the dashboard",
}


@dataclass
class Witness:
    """Of every answer that is no error: valid, or not, or of a call that the schema does not know."""

    calls: set[tuple[str, str]] = field(default_factory=set)
    complaints: dict[str, list[str]] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)

    def look(self, answer: httpx.Response) -> None:
        request = answer.request
        path = request.url.path
        answer.read()
        if answer.status_code >= 400:
            self._error(answer)
            return
        self.calls.add((request.method, path))
        link = schema.find(request.method, path)
        if link is None:
            self.unknown.add(f"{request.method} {path}")
            return
        if found := schema.complaints(link, answer.content):
            self.complaints.setdefault(f"{request.method} {link.href}: {link.definition} {link.title}", found)

    def _error(self, answer: httpx.Response) -> None:
        """https://devcenter.heroku.com/articles/platform-api-reference#error-response"""
        body = answer.json()
        if not {"id", "message"} <= set(body):
            self.complaints[f"{answer.request.method} {answer.request.url.path} -> {answer.status_code}"] = [str(body)]
