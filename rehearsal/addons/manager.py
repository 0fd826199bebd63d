"""Add-ons: provisioned in the background, attached as config vars, each with a server of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rehearsal import catalogue
from rehearsal.addons.database import Database
from rehearsal.addons.postgres import PostgresContainer, PostgresProcess
from rehearsal.addons.server import Server, secrets_of
from rehearsal.addons.valkey import ValkeyContainer, ValkeyProcess
from rehearsal.builds.engine import EngineFailed
from rehearsal.catalogue import Plan
from rehearsal.leftovers import Leftovers
from rehearsal.records import Addon, App, Attachment

if TYPE_CHECKING:
    from rehearsal.world import World

log = logging.getLogger("rehearsal")

ADJECTIVES = ("acute", "closed", "convex", "cubic", "flat", "fluffy", "regular", "round", "rugged", "shaped")


class Addons:
    """The add-ons of all apps and their servers."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._servers: dict[str, Server] = {}
        self._provisioning: dict[str, asyncio.Task[None]] = {}
        self.leftovers = Leftovers(world.home / "processes" / "addons")

    async def start(self) -> None:
        """Start the servers of all add-ons there are, with their data."""
        await asyncio.to_thread(self.leftovers.end)
        addons = [addon for addon in self._world.store.all(Addon) if addon.state != "deprovisioned"]
        urls = await asyncio.gather(*(self._server(addon).start() for addon in addons), return_exceptions=True)
        for addon, url in zip(addons, urls, strict=True):
            if isinstance(url, BaseException):
                log.error("%s could not be started: %s", addon.name, url)
            else:
                self._note_url(addon, url, state="provisioned")
                self._rotate(addon, url)

    def _note_url(self, addon: Addon, url: str, **more: str) -> Addon:
        """Keep where the server is, beside what the server itself has noted."""
        newest = self._world.store.get(Addon, addon.id) or addon
        return self._world.store.change(newest, server={**newest.server, "url": url}, **more)

    def _rotate(self, addon: Addon, url: str) -> None:
        """The server has another address than before: as when Heroku rotates credentials, the config vars follow."""
        for attached in self._world.store.all(Attachment, addon_id=addon.id):
            app = self._world.store.get(App, attached.app_id)
            if app is None:
                continue
            config = self._world.releases.config(app)
            if config.get(f"{attached.name}_URL") == url:
                continue
            log.info("%s_URL of %s has changed", attached.name, app.name)
            self._world.releases.set_config(app, {**config, f"{attached.name}_URL": url})
            if (current := self._world.releases.current(app)) is not None:
                fresh = {**current.config, f"{attached.name}_URL": url}
                self._world.store.change(current, config=fresh)

    async def stop(self) -> None:
        for task in self._provisioning.values():
            task.cancel()
        await asyncio.gather(*self._provisioning.values(), return_exceptions=True)
        await asyncio.gather(*(server.stop() for server in self._servers.values()), return_exceptions=True)

    def _server(self, addon: Addon) -> Server:
        if addon.id not in self._servers:
            docker = self._world.runtime.name == "docker"
            kinds: dict[str, type[Server]]
            if docker:
                kinds = {"heroku-postgresql": PostgresContainer, "heroku-redis": ValkeyContainer}
            else:
                kinds = {"heroku-postgresql": PostgresProcess, "heroku-redis": ValkeyProcess}
            self._servers[addon.id] = kinds[addon.service](self._world, addon)  # type: ignore[call-arg]
        return self._servers[addon.id]

    def postgres(self, addon: Addon) -> Database:
        """The server of a Postgres add-on, which can be dumped and restored."""
        server = self._server(addon)
        assert isinstance(server, Database)
        return server

    async def create(
        self, app: App, plan: Plan, *, name: str | None = None, attachment: str = "", config: Mapping[str, str] | None = None
    ) -> Addon:
        """Begin to provision an add-on; its config var comes, with a release, when its server is there."""
        service = catalogue.service(plan.service)
        assert service is not None
        name = name or f"{service.prefix}-{secrets.choice(ADJECTIVES)}-{10000 + secrets.randbelow(90000)}"
        server = secrets_of(plan, config or {})
        addon = self._world.store.put(Addon(app_id=app.id, name=name, service=plan.service, plan=plan.full, server=server))
        attached = self._attachment(app, addon, attachment)
        task = self._world.spawn(self._provision(app, addon, attached), name=f"provisioning of {name}")
        self._provisioning[addon.id] = task
        task.add_done_callback(lambda _: self._provisioning.pop(addon.id, None))
        return addon

    def _attachment(self, app: App, addon: Addon, name: str, namespace: str | None = None) -> Attachment:
        """Make the attachment; without a name the service's own, or one with a colour if that is taken."""
        service = catalogue.service(addon.service)
        assert service is not None
        taken = {each.name for each in self._world.store.all(Attachment, app_id=app.id)}
        if not name:
            name = service.attachment
            if name in taken:
                name = f"{addon.service.replace('-', '_').upper()}_{addon.server['color']}"
            while name in taken:
                name = f"{name}_{secrets.randbelow(90) + 10}"
        made = Attachment(app_id=app.id, addon_id=addon.id, name=name, namespace=namespace)
        return self._world.store.put(made)

    async def _provision(self, app: App, addon: Addon, attached: Attachment) -> None:
        await asyncio.sleep(self._world.settings.provisioning)
        try:
            url = await self._server(addon).start()
        except (RuntimeError, EngineFailed, OSError) as error:
            log.error("%s could not be provisioned: %s", addon.name, error)  # noqa: TRY400 (a sentence, not a surprise)
            self._world.logs.api(app.id, f"{addon.name} could not be provisioned: {error}")
            newest = self._world.store.get(Addon, addon.id) or addon
            self._world.store.change(newest, state="deprovisioned", server={**newest.server, "failure": str(error)})
            return
        addon = self._note_url(addon, url)
        await self._set(app, addon, attached)
        self._world.store.change(addon, state="provisioned")

    async def _set(self, app: App, addon: Addon, attached: Attachment) -> None:
        config = self._world.releases.config(app)
        self._world.releases.set_config(app, {**config, f"{attached.name}_URL": str(addon.server["url"])})
        await self._world.releases.create(app, f"Attach {attached.name} (@ref:{addon.name})")

    async def attach(self, app: App, addon: Addon, name: str = "", *, namespace: str | None = None) -> Attachment:
        """Attach an add-on that is there to an app, under one more name or to another app."""
        attached = self._attachment(app, addon, name, namespace)
        if addon.state == "provisioned":
            await self._set(app, addon, attached)
        return attached

    async def detach(self, app: App, attached: Attachment, *, release: bool = True) -> None:
        """Take the config var away."""
        addon = self._world.store.get(Addon, attached.addon_id)
        self._world.store.delete(attached)
        config = self._world.releases.config(app)
        if config.pop(f"{attached.name}_URL", None) is not None:
            self._world.releases.set_config(app, config)
            if release:
                await self._world.releases.create(app, f"Detach {attached.name} (@ref:{addon.name if addon else '?'})")

    async def destroy(self, addon: Addon) -> None:
        """End the server and throw its data away."""
        if (task := self._provisioning.get(addon.id)) is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([task])
        for attached in self._world.store.all(Attachment, addon_id=addon.id):
            self._world.store.delete(attached)
        self._world.store.delete(addon)
        server = self._servers.pop(addon.id, None) or self._server(addon)
        self._servers.pop(addon.id, None)
        try:
            await server.destroy()
        except (RuntimeError, EngineFailed, OSError) as error:
            log.warning("%s: %s", addon.name, error)
