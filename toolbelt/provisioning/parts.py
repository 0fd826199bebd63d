"""What a plan is made of: what there is, what will be done, and what is only told of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from toolbelt.heroku.addons import Addon
from toolbelt.heroku.apps import App
from toolbelt.heroku.attachments import Attachment
from toolbelt.heroku.formation import Row
from toolbelt.secret import Secret

ADD, CHANGE, KEPT = "+", "~", "?"


@dataclass(frozen=True)
class Live:
    """What there is. app None: nothing at all yet; coupling: (pipeline, place in it), None where it is in none; domains: those
    that somebody has added; versions: of servers by the id of their add-on, where one is asked for and it tells one."""

    app: App | None = None
    config: Mapping[str, Secret] = field(default_factory=dict)
    addons: tuple[Addon, ...] = ()
    rows: tuple[Row, ...] = ()
    buildpacks: tuple[str, ...] = ()
    features: Mapping[str, bool] = field(default_factory=dict)
    coupling: tuple[str, str] | None = None
    attachments: tuple[Attachment, ...] = ()
    domains: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """Something that will be done. kind: which; name: to what; what: before and after, values masked; cause: why."""

    kind: str
    name: str
    what: str
    cause: str
    sign: str = ADD


@dataclass(frozen=True)
class Notice:
    """Something that is otherwise than wanted, or not asked for, and is left alone; todo: how a person would change it;
    grave: the app lacks something by it that it needs."""

    kind: str
    name: str
    what: str
    todo: str = ""
    grave: bool = False


@dataclass(frozen=True)
class Shape:
    """The plan: what will be done, what is left alone, and config vars that only a person can give."""

    steps: tuple[Step, ...]
    notices: tuple[Notice, ...]
    missing: tuple[str, ...]
