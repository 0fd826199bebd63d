"""Is the site ready? Asked where everybody can ask it: /health/ready."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Readiness:
    """What /health/ready says: every check with its verdict and its sentence; empty where nothing answers."""

    ready: bool
    checks: dict[str, tuple[bool, str]]

    @property
    def missing(self) -> list[str]:
        return [f"{name}: {detail}" for name, (ok, detail) in self.checks.items() if not ok]


def probe(port: int, *, host: str = "127.0.0.1", timeout: float = 5.0) -> Readiness:
    """Ask once; a site that does not answer yet is not ready and has no checks."""
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request("GET", "/health/ready")
        response = connection.getresponse()
        body = json.loads(response.read())
        checks = {name: (bool(check["ok"]), str(check.get("detail", ""))) for name, check in body["checks"].items()}
        return Readiness(ready=response.status == 200, checks=checks)
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError, AttributeError):
        return Readiness(ready=False, checks={})
    finally:
        connection.close()
