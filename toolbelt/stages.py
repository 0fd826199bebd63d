"""Stages: the names in pyproject.toml that point to Heroku apps, and the rehearsal on this machine."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from toolbelt.addresses import address, is_safe
from toolbelt.errors import UsageError
from toolbelt.secret import Secret

REHEARSAL = "rehearsal"
SUFFIX = "@"  # what follows it makes an app of its own: review@12
# https://devcenter.heroku.com/articles/platform-api-reference#app : a letter first, then letters, digits, hyphens.
APP = re.compile(r"^[a-z][a-z0-9-]{1,28}[a-z0-9]$")


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Which app a stage means, and where the Heroku that has it is spoken to.

    account: the name that its token is kept under in the system's keyring ("" for the usual one); token: only the
    rehearsal brings its own. protected: what destroys or overwrites wants the app's name typed. differences: where
    the stage's app is to be other than app.json has it, as it stands in pyproject.toml (see manifest.differing).
    """

    name: str
    app: str
    account: str = ""
    api: str = "https://api.heroku.com"
    git: str = "https://git.heroku.com"
    registry: str = "https://registry.heroku.com"
    data: str = "https://api.data.heroku.com"
    token: Secret | None = None
    protected: bool = False
    differences: Mapping[str, Any] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """The API's host name, which tokens are kept under."""
        return urlsplit(self.api).hostname or self.api

    @property
    def flag(self) -> str:
        """What a next command says to mean this stage."""
        return f" --stage {self.name}"


def load(root: Path, *, name: str = "", app: str = "") -> Stage:
    """The stage of that name; without one "production", else the only one that there is.

    ``review@12`` is the stage ``review`` with an app of its own, whose name ends in -12. app takes the place of the
    stage's own app. Raises UsageError with every complaint at once.
    """
    known = _defined(root / "pyproject.toml")
    whole = name = name or _default(known)
    name, _, suffix = whole.partition(SUFFIX)
    if name == REHEARSAL and REHEARSAL not in known:
        found = _rehearsal(root / ".djheroku" / "rehearsal" / "rehearsal.json", app=app or project(root))
    elif name not in known:
        raise UsageError(f"There is no stage {name!r}", todo=_todo([*known, REHEARSAL]))
    else:
        found = _stage(name, known[name], app=app)
    if SUFFIX not in whole:
        return found
    if not APP.match(own := f"{found.app}-{suffix}"):
        raise UsageError(f"{own!r} is not the name of an app (3 to 30 of a-z, 0-9 and -)")
    return replace(found, name=whole, app=own, protected=False)


def names(root: Path) -> tuple[str, ...]:
    """The stages that pyproject.toml defines."""
    return tuple(_defined(root / "pyproject.toml"))


def _read(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as error:
        raise UsageError("pyproject.toml cannot be read", finding=str(error)) from error


def _defined(path: Path) -> Mapping[str, Mapping[str, Any]]:
    stages: Mapping[str, Mapping[str, Any]] = _read(path).get("tool", {}).get("djheroku", {}).get("stages", {})
    return stages


def project(root: Path) -> str:
    """The project's own name, which its app has in the rehearsal."""
    return str(_read(root / "pyproject.toml").get("project", {}).get("name") or "site")


def _default(known: Mapping[str, object]) -> str:
    if "production" in known:
        return "production"
    if len(known) == 1:
        return next(iter(known))
    if not known:
        raise UsageError(
            "No stage is defined yet",
            finding='[tool.djheroku.stages.production]\napp = "the-name-of-your-app"',
            todo="Write these two lines to pyproject.toml, or try it on this machine first: ./inv rehearse",
        )
    raise UsageError("Which stage?", todo=_todo(list(known)))


def _todo(names: list[str]) -> str:
    return f"There are: {', '.join(f'--stage {name}' for name in names)}"


def _stage(name: str, found: Mapping[str, Any], *, app: str) -> Stage:
    complaints = [f"{key}: there is no such key" for key in found if key not in (*TEXTS, *DIFFERENCES, "protected")]
    complaints += [
        f"{key}: {value!r} is not a text" for key, value in found.items() if key in TEXTS and not isinstance(value, str)
    ]
    if not isinstance(found.get("protected", False), bool):
        complaints.append(f"protected: {found['protected']!r} is neither true nor false")
    chosen = app or str(found.get("app", ""))
    if not APP.match(chosen):
        complaints.append(f"app: {chosen!r} is not the name of an app (3 to 30 of a-z, 0-9 and -)")
    urls = {key: address(str(found[key])) for key in URLS if key in found}
    complaints += [f"{key}: http is for this machine only" for key, url in urls.items() if not is_safe(url)]
    if complaints:
        raise UsageError(f"[tool.djheroku.stages.{name}] in pyproject.toml cannot be", finding="\n".join(complaints))
    return Stage(
        name=name,
        app=chosen,
        account=str(found.get("account", "")),
        api=urls.get("api", Stage.api),
        git=urls.get("git", Stage.git),
        registry=urls.get("registry", Stage.registry),
        data=urls.get("data", Stage.data),
        protected=found.get("protected", name == "production"),
        differences={key: found[key] for key in DIFFERENCES if key in found},
    )


URLS = ("api", "git", "registry", "data")
TEXTS = (*URLS, "app", "account")
DIFFERENCES = (
    "env", "formation", "addons", "features", "environment", "stack", "buildpacks", "region", "team", "pipeline", "coupling",
)  # fmt: skip


def _rehearsal(path: Path, *, app: str) -> Stage:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError("No rehearsal is running", todo="./inv rehearse") from None
    return Stage(
        name=REHEARSAL,
        app=app,
        token=Secret(found["token"]),
        api=address(found["api"]),
        git=address(found["git"]),
        registry=address(found["registry"]),
        data=address(found["data"]),
    )
