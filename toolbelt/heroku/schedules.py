"""Daily backups that Heroku takes by itself (pg:backups:schedule in its CLI), by the data API."""

from __future__ import annotations

from dataclasses import dataclass

from toolbelt.heroku.addons import Addon
from toolbelt.heroku.client import Client, Json


@dataclass(frozen=True)
class Schedule:
    """name: of the config var whose database it is; hour: 0-23 in the time zone, such as Europe/Berlin."""

    id: str
    name: str
    hour: int
    timezone: str

    @property
    def shown(self) -> str:
        return f"daily at {self.hour:02}:00 {self.timezone}"


def read(found: Json) -> Schedule:
    return Schedule(str(found["uuid"]), str(found.get("name") or ""), int(found["hour"]), str(found.get("timezone") or "UTC"))


def every(client: Client, addon: Addon) -> tuple[Schedule, ...]:
    return tuple(map(read, client.get(_path(addon))))


def make(client: Client, addon: Addon, *, name: str, hour: int, timezone: str) -> Schedule:
    """Have a backup taken every day."""

    def there() -> Schedule | None:
        wanted = (name, hour, timezone)
        return next((each for each in every(client, addon) if (each.name, each.hour, each.timezone) == wanted), None)

    body = {"hour": str(hour), "timezone": timezone, "schedule_name": name}
    return client.post(_path(addon), body, found=there, made=read)


def remove(client: Client, addon: Addon, which: Schedule) -> None:
    client.delete(f"{_path(addon)}/{which.id}")


def _path(addon: Addon) -> str:
    return f"/client/v11/databases/{addon.id}/transfer-schedules"
