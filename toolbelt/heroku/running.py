"""Which images an app runs, as far as Heroku tells: the digests of their configs, whole or their first twelve digits."""

from __future__ import annotations

import re
from collections.abc import Iterable

from toolbelt.heroku.client import DOCKER_RELEASES, Client
from toolbelt.heroku.releases import Release

# "Deployed release (1a2b3c4d5e6f), web (0f1e2d3c4b5a)": what Heroku says of a release of images.
DEPLOYED = re.compile(r"([\w-]+) \(([0-9a-f]{12})\)")
ROLLBACK = re.compile(r"^Rollback to v(\d+)\b")


def images(client: Client, app: str, history: Iterable[Release]) -> dict[str, str]:
    """For each process type the digest of the image that runs; {} where Heroku does not tell.

    Asked first is the formation, which under Heroku's variant for images may name them; then what the releases
    say of themselves. history: the app's releases, the newest first.
    """
    rows = client.get(f"/apps/{app}/formation", accept=DOCKER_RELEASES)
    types = {str(row["type"]) for row in rows} | {"release"}
    named: dict[str, str] = {}
    for row in rows:
        image = row.get("docker_image")
        digest = str((image.get("id") if isinstance(image, dict) else image) or "")
        if digest:
            named[str(row["type"])] = _bare(digest)
    # An image that is no process type of the formation any more has been removed; the release phase is in none.
    return {name: digest for name, digest in (told(history) | named).items() if name in types}


def told(history: Iterable[Release]) -> dict[str, str]:
    """What the releases' descriptions say: for each process type the newest image, along the way of rollbacks."""
    found: dict[str, str] = {}
    upto: int | None = None
    for release in history:
        if release.status not in ("succeeded", "expired") or (upto is not None and release.version > upto):
            continue
        if rollback := ROLLBACK.match(release.description):
            upto = int(rollback[1])
        for name, digest in DEPLOYED.findall(release.description):
            found.setdefault(name, digest)
    return found


def same(digest: str, short: str) -> bool:
    """Whether a digest is the one that is told of, which may be its beginning only."""
    return bool(short) and _bare(digest).startswith(_bare(short))


def _bare(digest: str) -> str:
    return digest.removeprefix("sha256:")
