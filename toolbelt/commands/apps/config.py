"""Verbs on config vars: shown, set, compared between stages, exchanged with .env.

Values are secrets: they are shown where somebody asks for them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from toolbelt import dotfile, output, variables
from toolbelt.commands.release.settling import settle
from toolbelt.errors import Interrupted, ToolbeltError, UsageError
from toolbelt.heroku import addons, configvars, releases
from toolbelt.secret import Secret
from toolbelt.tools import Heroku, Tools

# With these in .env, the stack on this machine would be another place's: they come only where they are named.
ELSEWHERE = ("DJANGO_SETTINGS_MODULE", "SECRET_KEY")


def config(tools: Tools, *, stage: str, show: bool, as_json: bool) -> None:
    """Every config var; values are masked unless they are to be shown."""
    heroku = tools.heroku(stage)
    found = configvars.every(heroku.client, heroku.app)
    if as_json:
        values = {name: value.reveal() if show else None for name, value in sorted(found.items())}
        tools.printer.data(json.dumps(values, indent=2, ensure_ascii=False))
        return
    tools.printer.facts((name, variables.shown(name, found[name], open_=show)) for name in sorted(found))


def get(tools: Tools, *, name: str, stage: str) -> None:
    """The value of one, and nothing else; exit status 1 if it is not set."""
    heroku = tools.heroku(stage)
    found = configvars.every(heroku.client, heroku.app)
    if name not in found:
        near = variables.near(name, found)
        raise ToolbeltError(f"{name} is not set on {heroku.app}", todo=f"Did you mean {near}?" if near else "")
    tools.printer.data(found[name].reveal())


def set_(tools: Tools, *, pairs: Sequence[str], stage: str, force: bool) -> None:
    """Set config vars, all in one release; a name alone asks for its value, or reads it from stdin."""
    heroku = tools.heroku(stage)
    values = _values(tools, pairs)
    _known(tools, heroku, values, force=force)
    _change(tools, heroku, values)


def unset(tools: Tools, *, names: Sequence[str], stage: str) -> None:
    """Remove config vars, all in one release."""
    if not names:
        raise UsageError("Which config vars?", todo="./inv config.unset NAME …")
    heroku = tools.heroku(stage)
    there = configvars.every(heroku.client, heroku.app)
    if missing := [name for name in names if name not in there]:
        raise ToolbeltError(f"Not set on {heroku.app}: {', '.join(missing)}", finding="Nothing was removed.")
    _change(tools, heroku, dict.fromkeys(names))


def diff(tools: Tools, *, a: str, b: str, show: bool, as_json: bool) -> None:
    """What one stage has and the other has not, or has otherwise; exit status 1 if there is a difference."""
    ours, theirs = tools.heroku(a), tools.heroku(b)
    left, right = (configvars.every(each.client, each.app) for each in (ours, theirs))
    names = sorted(name for name in left.keys() | right.keys() if left.get(name) != right.get(name))
    if as_json:
        sides = {name: {a: _told(left, name, show), b: _told(right, name, show)} for name in names}
        tools.printer.data(json.dumps(sides, indent=2, ensure_ascii=False))
    elif names:
        rows = [(name, *(_cell(side, name, show) for side in (left, right))) for name in names]
        tools.printer.table(("config var", a, b), rows)
    else:
        tools.printer.say(f"{a} and {b} have the same {len(left)} config vars.")
    if names:
        raise SystemExit(1)


def pull(tools: Tools, *, names: Sequence[str], stage: str, yes: bool) -> None:
    """Write config vars to .env: those named, else all but what would make this machine another place's."""
    heroku = tools.heroku(stage)
    path = tools.config.root / ".env"
    dotfile.refuse_in_git(tools.config.root)
    there = configvars.every(heroku.client, heroku.app)
    if missing := [name for name in names if name not in there]:
        raise ToolbeltError(f"Not set on {heroku.app}: {', '.join(missing)}", finding=".env is as it was.")
    attached = {name for each in addons.every(heroku.client, heroku.app) for name in each.config_vars}
    left = [] if names else sorted(name for name in there if name in attached or name in ELSEWHERE)
    chosen = {name: there[name] for name in (names or sorted(there)) if name not in left}
    before = dotfile.read(path)
    fresh = {name: value for name, value in chosen.items() if before.get(name) != value.reveal()}
    if over := sorted(name for name in fresh if name in before):
        _may(tools, f"This overwrites {', '.join(over)} in .env", yes=yes, verb="config.pull")
    dotfile.write(path, fresh)
    tools.printer.step("pull", f".env has {', '.join(sorted(fresh))}" if fresh else ".env has them already")
    if left:
        tools.printer.say(f"  left out: {', '.join(left)} (name one to have it: ./inv config.pull{heroku.stage.flag} {left[0]})")


def push(tools: Tools, *, names: Sequence[str], stage: str, yes: bool, force: bool) -> None:
    """Set config vars as .env has them: those named, else all of it but what belongs to this machine; one release."""
    heroku = tools.heroku(stage)
    local = dotfile.read(tools.config.root / ".env")
    if missing := [name for name in names if name not in local]:
        raise ToolbeltError(f"Not in .env: {', '.join(missing)}", finding="Nothing was set.")
    there = configvars.every(heroku.client, heroku.app)
    mine = ("DATABASE_URL", "REDIS_URL", "PORT", *ELSEWHERE)
    chosen = {name: Secret(local[name]) for name in (names or sorted(local)) if names or name not in mine}
    fresh: dict[str, Secret | None] = {name: value for name, value in chosen.items() if there.get(name) != value}
    if not fresh:
        tools.printer.step("push", f"{heroku.app} has them already")
        return
    _known(tools, heroku, fresh, force=force)
    tools.printer.table(
        ("config var", heroku.app, ".env"), [(name, _cell(there, name, False), _cell(chosen, name, False)) for name in fresh]
    )
    _may(tools, f"This sets {len(fresh)} config vars of {heroku.app}", yes=yes, verb="config.push")
    _change(tools, heroku, fresh)


def _values(tools: Tools, pairs: Sequence[str]) -> dict[str, Secret | None]:
    if not pairs:
        raise UsageError("Which config vars?", todo="./inv config.set NAME=value …; a name alone asks for its value")
    values: dict[str, Secret | None] = {}
    for pair in pairs:
        name, given, value = pair.partition("=")
        if not variables.NAME.match(name):
            raise UsageError(f"{name!r} is not the name of a config var", todo="Letters, digits and _, no digit first")
        if not given and len(pairs) > 1 and not tools.config.interactive:
            raise UsageError("Only one value can be read from stdin", todo="./inv config.set NAME < file")
        values[name] = Secret(_text(name, value if given else _asked(tools, name)))
    return values


def _text(name: str, value: str) -> str:
    """A value that can be sent at all: Python keeps bytes of the command line that are no text as half characters."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise UsageError(f"The value of {name} is no text: it is not UTF-8", finding="Nothing was set.") from None
    return value


def _asked(tools: Tools, name: str) -> str:
    """A value that is in no shell's history."""
    return output.hidden(f"{name}: ") if tools.config.interactive else output.piped_whole()


def _known(tools: Tools, heroku: Heroku, names: Iterable[str], *, force: bool) -> None:
    """A name that no setting reads, and that is nearly one that a setting reads, is most likely a slip."""
    known = variables.known(tools.config.root)
    slips = {name: near for name in names if name not in known and (near := variables.near(name, known))}
    strangers = [name for name in names if name not in known and name not in slips]
    if strangers:
        tools.printer.warn(f"the settings read no {', '.join(strangers)} (.env.example and app.json tell which they read)")
    if slips and not force:
        raise UsageError(
            f"The settings read no {', '.join(slips)}",
            finding="\n".join(f"{name}: did you mean {near}?" for name, near in slips.items()),
            todo=f"Nothing was set. If it is meant: --force{heroku.stage.flag}",
        )


def _change(tools: Tools, heroku: Heroku, values: Mapping[str, Secret | None]) -> None:
    """One call, one release; its release phase is seen through."""
    before = releases.newest(heroku.client, heroku.app)
    try:
        configvars.change(heroku.client, heroku.app, values)
    except KeyboardInterrupt:
        half = "Whether Heroku has changed the config vars is not known: all of them, or none."
        raise Interrupted("Interrupted", finding=half, todo=f"./inv config{heroku.stage.flag} tells") from None
    made = releases.since(heroku.client, heroku.app, before)
    told = ", ".join(name if value is not None else f"{name} removed" for name, value in values.items())
    if made is None:
        tools.printer.step("config", f"{told}: as it was, no release")
        return
    settle(tools, heroku, made, kept="The config vars are set all the same: what ran before keeps the old ones.")
    tools.printer.step("config", f"{told}: {made.name}, and the dynos restart with it")


def _may(tools: Tools, what: str, *, yes: bool, verb: str) -> None:
    if yes:
        return
    if not tools.config.interactive:
        raise UsageError(what, finding="Nobody is here to be asked, and nothing was changed.", todo=f"./inv {verb} --yes")
    tools.printer.warn(f"{what}.")
    if not output.ask("Go on?"):
        raise ToolbeltError("Nothing was changed")


def _told(side: Mapping[str, Secret], name: str, show: bool) -> str | None:
    if name not in side:
        return None
    return side[name].reveal() if show else variables.MASK


def _cell(side: Mapping[str, Secret], name: str, show: bool) -> str:
    return variables.shown(name, side[name], open_=show) if name in side else "not set"
