"""Verbs on daily backups that Heroku takes by itself: db.backups.schedule, .schedules, .unschedule."""

from __future__ import annotations

import json
import re
import zoneinfo
from dataclasses import asdict

from toolbelt.commands.data import dumps
from toolbelt.errors import UsageError
from toolbelt.heroku import data, schedules
from toolbelt.heroku.addons import Addon
from toolbelt.heroku.schedules import Schedule
from toolbelt.tools import Heroku, Tools

AT = re.compile(r"(?P<hour>[01]?\d|2[0-3]):00(?:\s+(?P<zone>\S+))?")
# What Heroku's CLI makes of abbreviations (src/commands/pg/backups/schedule.ts): zones with summer time.
ZONES = {
    "BST": "Europe/London", "CDT": "America/Chicago", "CEST": "Europe/Paris", "CET": "Europe/Paris", "CST": "America/Chicago",
    "EDT": "America/New_York", "EST": "America/New_York", "GMT": "Europe/London", "MDT": "America/Boise",
    "MST": "America/Boise", "PDT": "America/Los_Angeles", "PST": "America/Los_Angeles", "Z": "UTC",
}  # fmt: skip


def schedule(tools: Tools, *, at: str, stage: str) -> None:
    """Have Heroku take a backup every day at an hour; typing it again changes nothing, another hour replaces the one before."""
    hour, zone = _read(at)
    heroku = tools.heroku(stage)
    addon, name, there = _there(heroku)
    door = data.door(heroku.stage, heroku.token)
    before = [each for each in there if each.name == name]
    if [(each.hour, each.timezone) for each in before] == [(hour, zone)]:
        tools.printer.step("schedule", f"{name} of {heroku.app}, {before[0].shown}: as it was")
        return
    made = schedules.make(door, addon, name=name, hour=hour, timezone=zone)
    for each in (each for each in schedules.every(door, addon) if each.name == name and each.id != made.id):
        schedules.remove(door, addon, each)
    tools.printer.step("schedule", f"{name} of {heroku.app}, {made.shown}")


def list_(tools: Tools, *, stage: str, as_json: bool) -> None:
    """When backups are taken."""
    heroku = tools.heroku(stage)
    addon, _name, found = _there(heroku)
    if as_json:
        tools.printer.data(json.dumps([asdict(each) | {"addon": addon.name} for each in found], indent=2))
        return
    if not found:
        tools.printer.say(f"{heroku.app} has no daily backups. ./inv db.backups.schedule 02:00{heroku.stage.flag}")
        return
    tools.printer.table(("database", "when"), [(each.name, each.shown) for each in found])


def unschedule(tools: Tools, *, stage: str) -> None:
    """Take no more daily backups; those that there are stay."""
    heroku = tools.heroku(stage)
    addon, _name, found = _there(heroku)
    if not found:
        tools.printer.step("unschedule", f"{heroku.app} has no daily backups: as it was")
    for each in found:
        schedules.remove(data.door(heroku.stage, heroku.token), addon, each)
        tools.printer.step("unschedule", f"{each.name} of {heroku.app}, which was {each.shown}")


def _read(at: str) -> tuple[int, str]:
    """An hour and a time zone, as `02:00 Europe/Berlin`."""
    found = AT.fullmatch(at.strip())
    if found is None:
        todo = "A whole hour, and a time zone where it is not UTC: ./inv db.backups.schedule '02:00 Europe/Berlin'"
        raise UsageError(f"{at!r} is no hour of the day", todo=todo)
    zone = found["zone"] or "UTC"
    zone = ZONES.get(zone.upper(), zone)
    if zone not in zoneinfo.available_timezones():
        raise UsageError(f"There is no time zone {zone}", todo="Such as Europe/Berlin or America/New_York")
    return int(found["hour"]), zone


def _there(heroku: Heroku) -> tuple[Addon, str, tuple[Schedule, ...]]:
    """The app's Postgres, the config var that a schedule is named after, and what schedules there are."""
    addon = dumps.postgres(heroku)
    names = sorted(addon.config_vars, key=lambda name: name != "DATABASE_URL")
    return addon, names[0] if names else "DATABASE_URL", schedules.every(data.door(heroku.stage, heroku.token), addon)
