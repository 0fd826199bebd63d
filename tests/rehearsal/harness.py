"""A rehearsal inside the test process, on a loop of its own, spoken to over HTTP; slugs are put in without a build."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from rehearsal.records import App, Image, Release, Slug
from rehearsal.settings import Settings
from rehearsal.world import World
from tests.waiting import until

# Quick enough for tests, slow enough for a loaded machine.
QUICK = replace(
    Settings(), boot_timeout=3.0, stop_grace=2.0, crash_base=0.3, crash_limit=2.0, first_byte=2.0, boot_queue=4.0,
    memory_check=0.2, memory_sample=0.1, farewell=0.1, preboot=0.5, kept_slugs=2,
)  # fmt: skip
V3 = "application/vnd.heroku+json; version=3"


class Running:
    """A started world with a client for its API."""

    def __init__(self, home: Path, *, runtime: str, settings: Settings = QUICK) -> None:
        self.home = home
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.world = self.call(self._make(runtime, settings))
        self.call(self.world.start())
        headers = {"Authorization": f"Bearer {self.world.token}", "Accept": V3}
        self.http = httpx.Client(base_url=self.world.base, headers=headers, timeout=30, trust_env=False)
        self._numbers = 0

    async def _make(self, runtime: str, settings: Settings) -> World:
        return World(self.home, settings=settings, runtime=runtime)

    def call(self, work: Coroutine[Any, Any, Any], *, seconds: float = 60) -> Any:
        """Run something on the world's loop and return what it returns."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    def stop(self) -> None:
        self.http.close()
        self.call(self.world.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    # --- apps -------------------------------------------------------------------------------------------------------

    def app(self, *, stack: str = "heroku-24") -> str:
        """A fresh app; returns its name."""
        self._numbers += 1
        name = f"app-{self._numbers}-{self.world.label[:6]}"
        answer = self.http.post("/apps", json={"name": name, "stack": stack})
        assert answer.status_code == 201, answer.text
        return name

    def record(self, name: str) -> App:
        found = self.world.store.one(App, name=name)
        assert found is not None
        return found

    def release(self, name: str, process_types: Mapping[str, str], files: Mapping[str, str] | None = None) -> Release:
        """Release a slug with these files, as a build would; returns when its release phase is over."""
        self._numbers += 1
        folder = self.home / "slugs" / f"test-{self._numbers}" / "app"
        folder.mkdir(parents=True)
        for path, text in (files or {}).items():
            (folder / path).write_text(text, encoding="utf-8")
        app = self.record(name)
        slug = Slug(app_id=app.id, folder=str(folder), process_types=dict(process_types), commit="c0ffee" + "0" * 34,
                    pythonhome=False, stack="heroku-24")  # fmt: skip

        async def go() -> Release:
            self.world.store.put(slug)
            made = await self.world.releases.create(app, "Deploy c0ffee00", slug=slug)
            return await self.world.releases.finished(made)

        return self.call(go())

    def release_image(self, name: str, ref: str, commands: Mapping[str, str]) -> Release:
        """Release a local image for these process types, as a PATCH of the formation with docker_image would."""
        app = self.record(name)
        images = {type_: Image(digest=f"sha256:{ref}-{type_}", ref=ref, command=shown) for type_, shown in commands.items()}

        async def go() -> Release:
            made = await self.world.releases.create(app, f"Deployed {', '.join(images)}", images=images)
            return await self.world.releases.finished(made)

        return self.call(go())

    # --- looking on ---------------------------------------------------------------------------------------------------

    def lines(self, name: str, **filters: Any) -> list[str]:
        """The app's log so far."""
        asked = self.http.post(f"/apps/{name}/log-sessions", json={"lines": 1500, **filters})
        assert asked.status_code == 201, asked.text
        return httpx.get(asked.json()["logplex_url"], timeout=10, trust_env=False).text.splitlines()

    def print(self, name: str, text: str) -> None:
        """Put lines into the app's log as its web dyno would."""

        async def go() -> None:
            self.world.logs.write(self.record(name).id, "app", "web.1", text)

        self.call(go())

    def logged(self, name: str, text: str, *, seconds: float = 20) -> str:
        """Wait for a line with this text in the app's log, and return it."""
        return until(
            lambda: next((line for line in self.lines(name) if text in line), ""),
            what=f"{text!r} in the log:\n" + "\n".join(self.lines(name)[-25:]), seconds=seconds,
        )  # fmt: skip

    def states(self, name: str) -> dict[str, str]:
        return {dyno["name"]: dyno["state"] for dyno in self.http.get(f"/apps/{name}/dynos").json()}

    def up(self, name: str, *dynos: str, seconds: float = 20) -> None:
        """Wait until these dynos are up."""
        wanted = dynos or ("web.1",)
        until(
            lambda: all(self.states(name).get(dyno) == "up" for dyno in wanted),
            what=f"{', '.join(wanted)} up; log:\n" + "\n".join(self.lines(name)[-25:]), seconds=seconds,
        )  # fmt: skip

    def visit(self, name: str, path: str = "/", *, method: str = "GET", **more: Any) -> httpx.Response:
        """A request through the router."""
        headers = {"Host": f"{name}.localhost:{self.world.router_port}", **more.pop("headers", {})}
        url = f"http://127.0.0.1:{self.world.router_port}{path}"
        return httpx.request(method, url, headers=headers, timeout=30, trust_env=False, **more)
