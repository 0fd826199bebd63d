"""A steady load on a site, in the background: so many requests a second, each answer with what it was and when."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType

import httpx

LONGEST = 30.0  # seconds; a load that nobody ends


@dataclass(frozen=True)
class Answer:
    """status 0: none came."""

    status: int
    seconds: float
    pid: int


@dataclass
class Load:
    """Requests for paths, in turn, through the router; each on a connection of its own, as visitors come."""

    url: str
    host: str
    paths: tuple[str, ...] = ("/",)
    rate: float = 50.0
    answers: list[Answer] = field(default_factory=list)

    def __enter__(self) -> Load:
        self._ended = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._go()), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """No more requests; those under way are waited for."""
        self._ended.set()
        self._thread.join(LONGEST)

    @property
    def lost(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.status != 200]

    @property
    def pids(self) -> list[int]:
        """Processes that answered, in the order in which they began to."""
        return list(dict.fromkeys(answer.pid for answer in self.answers if answer.pid))

    async def _go(self) -> None:
        began, number = time.monotonic(), 0
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        async with httpx.AsyncClient(timeout=20, trust_env=False, limits=limits) as client, asyncio.TaskGroup() as tasks:
            while not self._ended.is_set() and time.monotonic() - began < LONGEST:
                tasks.create_task(self._one(client, self.paths[number % len(self.paths)]))
                number += 1
                await asyncio.sleep(max(0.0, began + number / self.rate - time.monotonic()))

    async def _one(self, client: httpx.AsyncClient, path: str) -> None:
        began = time.monotonic()
        try:
            answer = await client.get(f"{self.url}{path}", headers={"Host": self.host})
            pid = answer.json()["pid"] if answer.status_code == 200 else 0
            self.answers.append(Answer(answer.status_code, time.monotonic() - began, pid))
        except httpx.HTTPError:
            self.answers.append(Answer(0, time.monotonic() - began, 0))
