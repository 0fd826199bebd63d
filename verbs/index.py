"""How a function becomes a verb, and how all verbs become one index."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import nullcontext
from functools import wraps
from typing import Any

from invoke import Collection, Context, Task, task

from toolbelt.commands.local.project import Verb
from toolbelt.errors import ToolbeltError
from toolbelt.output import Printer
from toolbelt.record import answered, recorded
from verbs.stopped import NOTHING, told
from verbs.words import Optional, flags, gathered, words

# By title, in the order in which ./inv lists them; tasks.py puts them there.
GROUPS: dict[str, list[Task[Any]]] = {}


class Group:
    """Verbs under one title, in the order in which they are written. Called with what invoke is to know of a verb
    (and `optional`: arguments that may be left out; `rest`: one that takes all further words), it makes a function one
    of them."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.verbs: list[Task[Any]] = []

    def __call__(
        self, *, optional: tuple[str, ...] = (), rest: str = "", **options: Any
    ) -> Callable[[Callable[..., None]], Task[Any]]:
        def decorate(function: Callable[..., None]) -> Task[Any]:
            name = (options.get("name") or function.__name__).rstrip("_").replace("_", "-")
            bounded = _bounded(function, name, rest)
            if "json" in inspect.signature(function).parameters:
                bounded = _answering(bounded, name)
            elif _tells(function):
                bounded = _telling(bounded, name)
                options["help"] = options.get("help", {}) | {"json": "what was done, as JSON on stdout; all else on stderr"}
            made: Optional = task(klass=Optional, positional=list(options.pop("positional", [])), **options)(bounded)
            made.optional_positional, made.rest = optional, rest
            made.hands_on = words.__name__ in function.__code__.co_names
            self.verbs.append(made)
            return made

        return decorate


# What reads, or has a terminal of its own; all other verbs on an app can tell a script what they did.
SILENT = {"logs", "open_", "config_get", "releases_output", "login", "logout", "rehearse", "help_"}
HERE = {"up", "down", "restart"}


def _tells(function: Callable[..., None]) -> bool:
    there = inspect.signature(function).parameters
    on_app = bool({"stage", "to", "a"} & set(there))
    hands_on = words.__name__ in function.__code__.co_names
    return "json" not in there and function.__name__ not in SILENT and not hands_on and (on_app or function.__name__ in HERE)


def _telling(bounded: Callable[..., None], name: str) -> Callable[..., None]:
    """The verb with a flag --json more, which tells what it did."""

    @wraps(bounded)
    def telling(c: Context, *args: Any, json: bool = False, **kwargs: Any) -> None:
        if not json:
            bounded(c, *args, **kwargs)
            return
        with recorded(name):
            bounded(c, *args, **kwargs)

    telling.tells = True  # type: ignore[attr-defined]
    found = inspect.signature(bounded)
    flag = inspect.Parameter("json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=bool)
    telling.__signature__ = found.replace(parameters=[*found.parameters.values(), flag])  # type: ignore[attr-defined]
    return telling


def _answering(bounded: Callable[..., None], name: str) -> Callable[..., None]:
    """The verb whose own flag --json has it print what there is; where it cannot, that is told as others tell it."""

    @wraps(bounded)
    def answering(c: Context, *args: Any, json: bool = False, **kwargs: Any) -> None:
        with answered(name) if json else nullcontext():
            bounded(c, *args, json=json, **kwargs)

    return answering


def _bounded(function: Callable[..., None], name: str, rest: str) -> Callable[..., None]:
    """The one error boundary: known bad news becomes a message and an exit status, unknown keeps its traceback."""

    @wraps(function)
    def bounded(c: Context, *args: Any, **kwargs: Any) -> None:
        try:
            function(c, *args, **(gathered(kwargs, rest) if rest else kwargs))
        except ToolbeltError as error:
            raise SystemExit(_ended(error)) from None
        except KeyboardInterrupt as stopped:
            said = told(name, kwargs, stopped)
            raise SystemExit(_ended(said, quiet=said.headline == NOTHING)) from None

    return bounded


def _ended(error: ToolbeltError, *, quiet: bool = False) -> int:
    """Tell a person and a script; the exit status. quiet: for a person there is nothing to say, as of a log that is left."""
    printer = Printer()
    if printer.record is not None:
        printer.record.error = error
    if not quiet:
        printer.bad_news(error)
    return error.status


def arranged(*groups: Group) -> dict[str, list[Task[Any]]]:
    """The groups in this order; those of one title are one."""
    GROUPS.clear()
    for group in groups:
        GROUPS.setdefault(group.title, []).extend(group.verbs)
    return GROUPS


def collected(groups: dict[str, list[Task[Any]]]) -> Collection:
    """All verbs; those with a dot in a collection of their noun, in which the noun alone is the default."""
    every = {each.name: each for verbs in groups.values() for each in verbs}
    parts = [name.split(".") for name in every]
    nouns = {".".join(part[:count]): Collection() for part in parts for count in range(1, len(part))}
    root = Collection()

    def above(name: str) -> tuple[Collection, str]:
        noun, _, last = name.rpartition(".")
        return (nouns[noun] if noun else root), last

    for name, each in every.items():
        if name in nouns:
            nouns[name].add_task(each, name="list", default=True)
        else:
            collection, last = above(name)
            collection.add_task(each, name=last)
    for noun, collection in nouns.items():
        outer, last = above(noun)
        outer.add_collection(collection, name=last)
    return root


def overview() -> dict[str, list[Verb]]:
    """All groups as `./inv help` shows them."""
    return {title: [_described(each) for each in verbs] for title, verbs in GROUPS.items()}


def _described(made: Task[Any]) -> Verb:
    line, _, details = (made.__doc__ or "").partition("\n")
    told = [
        (f"--[no-]{each.name}" if each.default is True else ", ".join(flags(each)), each.help or "")
        for each in made.get_arguments()
    ]
    if isinstance(made, Optional) and made.rest:
        told.insert(0, (f"{made.rest.upper()} …", made.rest_help))
    return Verb(made.name.replace("_", "-"), line, details.strip().replace("\n    ", "\n"), told)
