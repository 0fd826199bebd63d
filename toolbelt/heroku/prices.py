"""What dynos and add-ons cost, as Heroku tells it."""

from __future__ import annotations

from toolbelt.heroku import addons, formation
from toolbelt.heroku.client import Client
from toolbelt.heroku.refusals import Refused


def month(client: Client, app: str) -> int:
    """Cents a month for what the app has now: its formation and its add-ons; what has no price counts nothing."""
    cost = sizes(client)
    cents = sum(row.quantity * cost.get(row.size.lower(), 0) for row in formation.every(client, app))
    for addon in addons.every(client, app):
        try:
            cents += _cents(client.get(f"/plans/{addon.plan}").get("price"))
        except Refused:  # a plan that is no longer sold
            continue
    return cents


def sizes(client: Client) -> dict[str, int]:
    """Cents a month of one dyno, by its size in lower case."""
    return {str(each["name"]).lower(): _cents(each.get("cost")) for each in client.pages("/dyno-sizes", field="name")}


def _cents(found: object) -> int:
    return int(found.get("cents") or 0) if isinstance(found, dict) and found.get("unit", "month") == "month" else 0
