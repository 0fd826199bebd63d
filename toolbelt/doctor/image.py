"""The Dockerfile, and an image that was built before: would Heroku run it, and as we mean it?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from toolbelt.artifacts import contents
from toolbelt.artifacts.contents import Built
from toolbelt.doctor.finding import Finding, error, ok, warning
from toolbelt.doctor.known import LARGE, LAYERS, NOT_HONOURED
from toolbelt.errors import ToolbeltError
from toolbelt.output import ago, size


def dockerfile(root: Path, *, release_phase: bool) -> Iterator[Finding]:
    path = root / "Dockerfile"
    if not path.is_file():
        yield error(
            "image",
            "there is no Dockerfile",
            "the app's stack is container, which runs images",
            "Write one, or ./inv deploy --build source",
        )
        return
    text = path.read_text(encoding="utf-8")
    ignored = [word for word in NOT_HONOURED if re.search(rf"^\s*{word}\s", text, re.MULTILINE)]
    if ignored:
        yield warning(
            "image",
            f"the Dockerfile says {', '.join(ignored)}",
            "Heroku takes no notice of it",
            "Take it out, or know that it holds elsewhere only",
        )
    if release_phase and "curl" not in text:
        yield warning(
            "image",
            "nothing in the Dockerfile installs curl",
            "Heroku streams a release phase's output only from images that have it",
            "apt-get install --no-install-recommends curl, in the stage that is released",
        )


def built(found: Built) -> Iterator[Finding]:
    """An image that is in Docker already: the one of the last deploy."""
    try:
        contents.refuse(found)
    except ToolbeltError as problem:
        yield error("image", problem.headline, problem.finding, problem.todo)
    user = str(found.config.get("User") or "").partition(":")[0]
    if user in ("", "0", "root"):
        yield warning(
            "image",
            "it runs as root",
            "not on Heroku, which takes a user of its own: what needs root breaks there",
            "USER 10001:10001 at the end of the Dockerfile",
        )
    if len(found.layers) > LAYERS:
        yield warning(
            "image",
            f"it has {len(found.layers)} layers",
            f"images with more than {LAYERS} may not start",
            "Put RUN lines together",
        )
    if found.size > LARGE:
        yield warning(
            "image",
            f"it has {size(found.size)}",
            "every dyno pulls it before it starts",
            "What of it does the site need? docker history tells",
        )
    if found.os == "linux" and found.architecture == "amd64":
        when = _when(found.created)
        told = f", built {ago(when)}" if when else ""
        yield ok("image", f"linux/amd64, {size(found.size)} in {len(found.layers)} layers, user {user or 'root'}{told}")


def _when(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(re.sub(r"\.\d+", "", text).replace("Z", "+00:00"))
    except ValueError:
        return None


def manifest(media_type: str) -> Iterator[Finding]:
    """What the registry has of the app's web: Heroku runs nothing but Docker's manifest v2 schema 2."""
    if media_type and media_type != contents.MANIFEST:
        yield warning(
            "image",
            f"the registry has a manifest of type {media_type}",
            "Heroku takes Docker's version 2 schema 2 only",
            "./inv deploy makes one",
        )
