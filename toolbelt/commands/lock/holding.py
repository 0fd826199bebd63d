"""Who holds a lock, as it is written into the address of a webhook and read again."""

from __future__ import annotations

import hashlib
import os
import platform
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import psutil

from toolbelt.errors import ToolbeltError
from toolbelt.heroku import accounts
from toolbelt.stack.state import Running
from toolbelt.tools import Heroku, Tools

HOST = "deploy-lock.invalid"  # RFC 2606: never an address, so that nothing ever reaches anybody


@dataclass(frozen=True)
class Holder:
    """What a lock tells. who: the account; host: user@machine; since: by Heroku's clock, and asked: by its own, finer than
    seconds; born and place: which process of which machine it is (pids and names of machines are used again); job: the
    page of a CI run."""

    who: str
    host: str
    pid: int
    commit: str
    since: datetime
    verb: str
    born: float = 0.0
    place: str = ""
    job: str = ""
    asked: str = ""

    @property
    def key(self) -> str:
        """The same for one run, and for no other."""
        return f"{self.place} {self.pid} {self.born:.2f} {self.asked}"

    @property
    def told(self) -> str:
        return f"./inv {self.verb}{f' of {self.commit[:7]}' if self.commit else ''} by {self.who}"

    @property
    def whereabouts(self) -> str:
        here = ", which is this machine" if self.place == _place() else ""
        return f"process {self.pid} of {self.host}{here}" + (f"\n{self.job}" if self.job else "")

    def gone(self) -> bool:
        """It was a process of this machine, and is no more. Of another machine's nothing is known."""
        return self.place == _place() and not Running(self.pid, self.born).alive()


def ours(tools: Tools, heroku: Heroku, *, commit: str, verb: str) -> Holder:
    """This process."""
    host = f"{_user()}@{platform.node()}"
    me = Running.of(os.getpid())
    return Holder(
        who=_account(heroku) or host,
        host=host,
        pid=me.pid,
        commit=commit,
        since=datetime.now(UTC),
        verb=verb,
        born=me.born,
        place=_place(),
        job=job(tools),
        asked=datetime.now(UTC).isoformat(timespec="milliseconds"),
    )


def url(held: Holder, *, nonce: str) -> str:
    """The address of a webhook that says it; with the nonce no two are the same."""
    told = {"who": held.who, "host": held.host, "pid": held.pid, "since": held.asked or held.since.isoformat(),
            "commit": held.commit, "verb": held.verb, "born": f"{held.born:.2f}", "place": held.place, "job": held.job,
            "nonce": nonce}  # fmt: skip
    return f"https://{HOST}/?{urlencode({name: value for name, value in told.items() if value})}"


def read(address: str, created: datetime | None) -> Holder | None:
    """What the address of a webhook says, or None where it is no lock of ours."""
    parts = urlsplit(address)
    if parts.hostname != HOST:
        return None
    told = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    pid, born = told.get("pid", ""), told.get("born", "")
    return Holder(
        who=told.get("who", "somebody"),
        host=told.get("host", "a machine"),
        pid=int(pid) if pid.isdecimal() else 0,
        commit=told.get("commit", ""),
        since=created or _time(told.get("since", "")),
        verb=told.get("verb", "deploy"),
        born=float(born) if born.replace(".", "", 1).isdecimal() else 0.0,
        place=told.get("place", ""),
        job=told.get("job", ""),
        asked=told.get("since", ""),
    )


def _time(text: str) -> datetime:
    with suppress(ValueError):
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return datetime.fromtimestamp(0, UTC)


def _user() -> str:
    try:
        return psutil.Process().username()
    except (psutil.Error, KeyError):  # a user without a name, as in a container
        return "somebody"


def _account(heroku: Heroku) -> str:
    """The account's address; "" where the token is not allowed to ask."""
    with suppress(ToolbeltError):
        return accounts.info(heroku.client).email
    return ""


def job(tools: Tools) -> str:
    """The page of the CI run that this is (GitHub's variables), or ""."""
    environ = tools.config.environ
    server, repository, run = (environ.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    return f"{server}/{repository}/actions/runs/{run}" if server and repository and run else ""


def _place() -> str:
    """This machine, and the space of pids on it: two containers of one image are two places."""
    words = [platform.node()]
    try:
        words.append(Path("/etc/machine-id").read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        words.append(str(uuid.getnode()))
    with suppress(OSError):
        words.append(str(Path("/proc/self/ns/pid").readlink()))
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:16]
