"""Apps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from toolbelt.errors import ToolbeltError
from toolbelt.heroku.client import Client, Json
from toolbelt.heroku.records import inner
from toolbelt.heroku.refusals import NotFound

CONTAINER = "container"
CEDAR, FIR = "cedar", "fir"


@dataclass(frozen=True)
class App:
    """An app; stack is what it will be built for next, web_url "" where it has none; sizes in bytes, None where there is
    nothing yet; team: its name, "" for an app of a person's own."""

    id: str
    name: str
    stack: str
    region: str
    web_url: str
    git_url: str
    maintenance: bool
    owner: str
    generation: str = CEDAR
    owner_id: str = ""
    repo_size: int | None = None
    slug_size: int | None = None
    team: str = ""

    @property
    def is_fir(self) -> bool:
        """Of Heroku's next generation, which these tools deploy nothing to."""
        return self.generation == FIR

    @property
    def is_container(self) -> bool:
        return self.stack == CONTAINER


def read(found: Json) -> App:
    return App(
        id=found["id"],
        name=found["name"],
        # The stack that it was last deployed on, and the one that it will be: either may say container first.
        stack=inner(found, "build_stack", "name") or inner(found, "stack", "name"),
        region=inner(found, "region", "name"),
        web_url=(found.get("web_url") or "").rstrip("/"),
        git_url=found.get("git_url") or "",
        maintenance=bool(found.get("maintenance")),
        owner=inner(found, "owner", "email"),
        generation=inner(found, "generation", "name") or CEDAR,
        owner_id=inner(found, "owner", "id"),
        repo_size=found.get("repo_size"),
        slug_size=found.get("slug_size"),
        team=inner(found, "team", "name"),
    )


def refuse_fir(app: App) -> None:
    """Raises ToolbeltError for an app that these tools can bring nothing to."""
    if app.is_fir:
        raise ToolbeltError(
            f"{app.name} is an app of Heroku's Fir generation, which these tools do not deploy to",
            finding="It has no stack and no classic buildpacks, and Heroku's container registry is not known to serve it: it is "
            "built by Cloud Native Buildpacks.",
            todo="Let the stage mean an app of the Cedar generation: one outside of a Fir space, as ./inv apps.create makes it",
        )


def info(client: Client, name: str) -> App:
    return read(client.get(f"/apps/{name}"))


def find(client: Client, name: str) -> App | None:
    """The app of that name, or None where this account sees none."""
    try:
        return info(client, name)
    except NotFound:
        return None


def create(client: Client, name: str, *, stack: str = "", region: str = "", team: str = "") -> App:
    """Make an app; the caller has looked that there is none of that name."""
    body: dict[str, Any] = {"name": name}
    body |= {key: value for key, value in (("stack", stack), ("region", region), ("team", team)) if value}
    path = "/teams/apps" if team else "/apps"
    return client.post(path, body, found=lambda: find(client, name), made=read)


def every(client: Client) -> tuple[App, ...]:
    """All apps that this account sees."""
    return tuple(sorted((read(each) for each in client.pages("/apps")), key=lambda each: each.name))


def rename(client: Client, name: str, to: str) -> App:
    return client.patch(f"/apps/{name}", {"name": to}, found=lambda: find(client, to), made=read)


def maintain(client: Client, name: str, *, on: bool) -> App:
    """Switch maintenance mode: the router shows its page instead of asking a dyno."""

    def done() -> App | None:
        there = info(client, name)
        return there if there.maintenance is on else None

    return client.patch(f"/apps/{name}", {"maintenance": on}, found=done, made=read)


def change_stack(client: Client, name: str, stack: str) -> App:
    """The stack that the next build or release is for; an app that nothing was released to has it at once."""

    def done() -> App | None:
        there = info(client, name)
        return there if there.stack == stack else None

    return client.patch(f"/apps/{name}", {"build_stack": stack}, found=done, made=read)


def buildpacks(client: Client, name: str) -> tuple[str, ...]:
    """Names or addresses of the buildpacks that are set, in order."""
    found = sorted(client.pages(f"/apps/{name}/buildpack-installations", field="ordinal"), key=lambda each: each["ordinal"])
    return tuple(str(each["buildpack"]["name"] or each["buildpack"]["url"]) for each in found)


def set_buildpacks(client: Client, name: str, wanted: Sequence[str]) -> None:
    client.put(f"/apps/{name}/buildpack-installations", {"updates": [{"buildpack": each} for each in wanted]})


def destroy(client: Client, name: str) -> None:
    client.delete(f"/apps/{name}")
