"""Where records of releases are kept in this checkout, and what Heroku never changes about them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from toolbelt import records
from toolbelt.addresses import is_local
from toolbelt.errors import ToolbeltError
from toolbelt.heroku import slugs
from toolbelt.heroku.refusals import NotFound
from toolbelt.heroku.slugs import Slug
from toolbelt.records import Record
from toolbelt.tools import Heroku, Tools

AT_ONCE = 4  # calls


def key(heroku: Heroku) -> str:
    """The app's name; one that is rehearsed on this machine is another than that of Heroku."""
    return f"{heroku.app}.rehearsal" if is_local(heroku.stage.api) else heroku.app


def write(path: Path, text: str) -> None:
    """Write a file in one step, so that whoever reads it, after whatever end, reads all of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def keep(tools: Tools, heroku: Heroku, record: Record) -> Path:
    """Keep the record of a release; returns where."""
    path = _place(tools, heroku) / f"{record.name}.json"
    write(path, records.dump(record))
    return path


def kept(tools: Tools, heroku: Heroku) -> dict[int, Record]:
    """All records of the app that this checkout has, by version."""
    found = {}
    for path in _place(tools, heroku).glob("v*.json"):
        with suppress(OSError):
            if (record := records.load(path.read_text(encoding="utf-8"))) is not None:
                found[record.version] = record
    return found


def _place(tools: Tools, heroku: Heroku) -> Path:
    return tools.config.home / "releases" / key(heroku)


def slugs_of(tools: Tools, heroku: Heroku, wanted: Iterable[str]) -> dict[str, Slug]:
    """What Heroku tells of slugs that are released, by id; each is asked for once in the life of this checkout."""
    place = tools.config.home / "cache" / "slugs"

    def one(slug_id: str) -> Slug | None:
        path = place / f"{slug_id}.json"
        with suppress(OSError, ValueError, KeyError, AttributeError):
            return slugs.read(json.loads(path.read_text(encoding="utf-8")))
        try:
            found = slugs.info(heroku.client, heroku.app, slug_id)
        except NotFound:  # it has expired, and will not come back
            found = Slug(slug_id, "", None)
        except ToolbeltError:
            return None
        write(path, json.dumps(asdict(found)))
        return found

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return {found.id: found for found in pool.map(one, dict.fromkeys(filter(None, wanted))) if found is not None}
