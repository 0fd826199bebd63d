"""A release that something else than a deploy has made: its release phase is shown, and seen through to its end."""

from __future__ import annotations

from toolbelt.errors import DeployFailed, Interrupted
from toolbelt.heroku import releases, streams
from toolbelt.heroku.releases import Release
from toolbelt.tools import Heroku, Tools


def settle(tools: Tools, heroku: Heroku, made: Release, *, kept: str) -> Release:
    """Wait until a release is no longer pending; DeployFailed if its release phase fails.

    kept: what is so all the same if it does.
    """
    client, app = heroku.client, heroku.app

    def ended() -> bool:
        return releases.info(client, app, made.id).status != "pending"

    try:
        if made.status == "pending" and made.output_url:
            for piece in streams.follow(client, made.output_url, finished=ended):
                tools.printer.raw(piece)
        while (done := releases.info(client, app, made.id)).status == "pending":
            client.sleep(1)
    except KeyboardInterrupt:
        raise Interrupted(
            f"{made.name} is made, and its release phase goes on at Heroku",
            finding=kept,
            todo=f"./inv releases.output {made.name}{heroku.stage.flag}",
        ) from None
    if done.status == "failed":
        raise DeployFailed(
            f"The release phase of {done.name} failed: what ran before keeps running",
            finding=kept,
            todo=f"./inv releases.output {done.name}{heroku.stage.flag}",
        )
    return done
