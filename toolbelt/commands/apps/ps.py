"""Verbs on what runs: ps."""

from __future__ import annotations

import json

from toolbelt.heroku import dynos, formation
from toolbelt.output import ago
from toolbelt.tools import Tools


def ps(tools: Tools, *, stage: str, as_json: bool) -> None:
    """Every dyno, and process types that have none; exit status 1 if one has crashed."""
    heroku = tools.heroku(stage)
    found = dynos.every(heroku.client, heroku.app)
    rows = formation.every(heroku.client, heroku.app)
    if as_json:
        running = [
            {"name": d.name, "type": d.type, "state": d.state, "size": d.size, "release": d.version, "command": d.command,
             "updated_at": d.since.isoformat() if d.since else None} for d in found
        ]  # fmt: skip
        types = [{"type": row.type, "quantity": row.quantity, "size": row.size} for row in rows]
        tools.printer.data(json.dumps({"dynos": running, "formation": types}, indent=2))
    else:
        table = [(d.name, d.state, f"v{d.version}", d.size, ago(d.since), d.command) for d in found]
        table += [
            (row.type, f"{row.quantity} dynos", "", row.size, "", row.command)
            for row in rows
            if not any(dyno.type == row.type for dyno in found)
        ]
        tools.printer.table(("dyno", "state", "release", "size", "since", "command"), table)
    if any(dyno.state == "crashed" for dyno in found):
        raise SystemExit(1)
