"""The app's site, asked from outside: which commit is it that answers?"""

from __future__ import annotations

from dataclasses import dataclass

from toolbelt.heroku.client import Client

UNKNOWN = ("", "unknown")  # what the site says where Heroku tells it no commit


@dataclass(frozen=True)
class Answer:
    """What /health/release says; status 0 where nothing answers."""

    status: int
    commit: str = ""
    release: str = ""

    @property
    def said(self) -> str:
        if not self.status:
            return "no answer"
        return f"commit {self.commit[:12]}" if self.commit else f"HTTP status {self.status}"


def ask(client: Client, url: str) -> Answer:
    answer = client.fetch(f"{url}/health/release")
    if answer is None:
        return Answer(0)
    try:
        found = answer.json()
        return Answer(answer.status_code, str(found.get("commit") or ""), str(found.get("release") or ""))
    except (ValueError, AttributeError):
        return Answer(answer.status_code)
