"""The dyno contract: what a process is given, and what a runtime must be able to do with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from rehearsal.dynos.terminal import Terminal
from rehearsal.dynos.writes import Writes
from rehearsal.records import Image, Slug, new_id


@dataclass(frozen=True, kw_only=True)
class Size:
    """A dyno size. megabytes: R14 above, R15 and the end at twice as much; cents: a month.

    Between the two Heroku's dynos swap, and are slow. Here they are not: what is slow there is only in the log here.
    """

    name: str
    megabytes: int
    compute: int
    units: float
    cents: int
    dedicated: bool
    id: str

    @property
    def tier(self) -> str:
        """Sizes of one tier may be mixed in an app: Eco, Basic, and all the others."""
        return self.name if self.name in ("Eco", "Basic") else PROFESSIONAL


PROFESSIONAL = "professional"


def _size(number: int, name: str, megabytes: int, compute: int, units: float, cents: int) -> Size:
    """A size; its id is the same in every rehearsal."""
    identity = f"8b1e1a35-6b0c-4d9f-9f35-0f0f8a0d1c{number:02x}"
    return Size(name=name, megabytes=megabytes, compute=compute, units=units, cents=cents,
                dedicated=name.startswith("Performance"), id=identity)  # fmt: skip


# Memory from Heroku's own buildpack and Dev Center's table of dyno types; prices are only there to be shown.
SIZES = (
    _size(1, "Eco", 512, 1, 0.0, 500),
    _size(2, "Basic", 512, 1, 0.28, 700),
    _size(3, "Standard-1X", 512, 1, 1.0, 2500),
    _size(4, "Standard-2X", 1024, 2, 2.0, 5000),
    _size(5, "Performance-M", 2560, 12, 8.0, 25000),
    _size(6, "Performance-L", 14336, 50, 16.0, 50000),
    _size(7, "Performance-L-RAM", 30720, 24, 16.0, 50000),
    _size(8, "Performance-XL", 63488, 50, 24.0, 75000),
    _size(9, "Performance-2XL", 129024, 100, 48.0, 150000),
)
BASIC = SIZES[1]


def size(name: str) -> Size | None:
    """The size with this name or id, whatever its case."""
    return next((each for each in SIZES if name.lower() in (each.name.lower(), each.id)), None)


@dataclass(frozen=True, kw_only=True)
class Launch:
    """A process to be started as a dyno.

    command None: what the image itself names. environ: all of it, by the folder that is to be $HOME. port None: no
    port is published (everything but web). terminal: an attached one-off dyno.
    """

    app: str
    name: str
    command: str | None
    environ: Callable[[str], Mapping[str, str]]
    code: Slug | Image
    size: Size
    port: int | None = None
    terminal: Terminal | None = None
    tty: bool = False
    id: str = field(default_factory=new_id)


class Instance(Protocol):
    """A started process. All its methods may be called after its end."""

    @property
    def address(self) -> tuple[str, int]:
        """Where the router reaches its $PORT."""
        ...

    @property
    def missing(self) -> tuple[str, ...]:
        """What of the contract this runtime could not enforce, in words."""
        ...

    async def line(self) -> str | None:
        """The next line that it prints; None at the end."""
        ...

    async def wait(self) -> int:
        """Its exit status, as a shell would tell it: 128 + signal for a process that was killed."""
        ...

    async def out_of_memory(self) -> bool:
        """Whether a process of it was killed because all together used twice the memory that its size has."""
        ...

    async def memory(self) -> int | None:
        """Bytes that its processes use now; None where that is not known."""
        ...

    async def writes(self) -> Writes | None:
        """What it has written to its disk, until ``remove``; None where that is not known."""
        ...

    async def bound(self) -> bool:
        """Whether it listens on $PORT where the router can reach it."""
        ...

    async def terminate(self) -> None:
        """SIGTERM to all its processes."""
        ...

    async def kill(self) -> None:
        """SIGKILL to all its processes."""
        ...

    async def remove(self) -> None:
        """After its end: nothing of it stays."""
        ...


class Runtime(Protocol):
    """A way to run dynos."""

    name: str  # docker | process

    async def start(self) -> None:
        """Make ready, and remove what a rehearsal that was killed has left in this home."""
        ...

    async def stop(self) -> None:
        """Remove what was made for all dynos together."""
        ...

    async def launch(self, launch: Launch) -> Instance:
        """Start a process; raises RuntimeError with a sentence if the runtime cannot."""
        ...
