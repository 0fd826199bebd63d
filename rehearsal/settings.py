"""Limits and times of the platform; Heroku's own unless somebody asks for others with ``--set NAME=VALUE``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Seconds where nothing else is said.

    The back-off of crashed dynos is Heroku's in shape (the first restart at once, then longer and longer), but in
    seconds where Heroku's is in minutes: nobody rehearses for five hours.
    """

    boot_timeout: float = 60.0  # R10: a web process has so long to bind to $PORT
    stop_grace: float = 30.0  # R12: between SIGTERM and SIGKILL
    crash_first: float = 0.0  # before the first restart of a crashed dyno
    crash_base: float = 20.0  # before the second one; then twice as long every time
    crash_limit: float = 320.0
    crash_calm: float = 60.0  # a dyno that was up for so long has its first restart again
    release_timeout: float = 24 * 3600.0
    run_timeout: float = 24 * 3600.0
    first_byte: float = 30.0  # H12
    rolling: float = 55.0  # H15: between two bytes, once there was one
    boot_queue: float = 75.0  # H20: how long the router keeps a request for a dyno that is starting
    connect_timeout: float = 5.0  # H19
    keepalive: float = 90.0  # Router 2.0, to dynos
    provisioning: float = 0.0  # how long an add-on stays in state provisioning at least
    memory_check: float = 5.0  # between two R14 in the log of a dyno that is above its quota
    memory_sample: float = 1.0  # between two looks at a dyno's memory
    domain_adding: float = 0.0  # how long a domain is pending, without its DNS target
    certificate_step: float = 1.0  # between two states of automated certificate management; at Heroku, minutes to an hour
    preboot: float = 180.0  # from the start of the new web dynos to the switch: "approximately 3 minutes" (Dev Center)
    farewell: float = 1.0  # from the router's last request for a web dyno to its SIGTERM, as in Heroku's own logs
    eco_idle: float = 1800.0  # Eco dynos sleep when the app had no web traffic for so long
    eco_hours: float = 1000.0  # that the Eco dynos of an account share in a month
    eco_used: float = 0.0  # hours of them that were used up before the rehearsal began; what its dynos use is added
    kept_slugs: int = 5  # of an app; releases with older ones expire
    log_lines: int = 1500
    rate_limit: int = 4500
    rate_refill: float = 75 / 60  # a second
    heartbeat: float = 30.0  # a null character in an output stream that has been silent for so long
    source_limit: int = 500 * 1024 * 1024  # bytes of an uploaded source


def parse(assignments: Iterable[str]) -> Settings:
    """Settings from words like ``boot_timeout=5``; ValueError for a name or a value that is none."""
    kinds = {field.name: field.type for field in fields(Settings)}
    values: dict[str, float | int] = {}
    for word in assignments:
        name, _, value = word.partition("=")
        if name not in kinds:
            raise ValueError(f"There is no setting {name!r}; there are: {', '.join(kinds)}")
        values[name] = int(value) if kinds[name] == "int" else float(value)
    return replace(Settings(), **values)  # type: ignore[arg-type]
