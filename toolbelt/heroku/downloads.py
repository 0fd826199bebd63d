"""A large file at an address of Heroku's: fetched to its last byte, going on where it was cut."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import IO

from toolbelt.backoff import pause
from toolbelt.heroku.client import Client, Cut
from toolbelt.heroku.refusals import Unreachable, refusal

ATTEMPTS = 5  # in a row that bring nothing
MOST = 100  # of all
LONGEST = 10.0  # seconds between two of them
QUIET = 30.0  # seconds without a byte


def fetch(client: Client, address: Callable[[], str], file: IO[bytes], *, least: int, told: Callable[[int], None]) -> None:
    """Into a file that is empty, until it is as long as the answer promises.

    address: asked for each attempt, as one of these is good for a while only; least: bytes that there are at least, for an
    answer that promises nothing; told: of the bytes that have come, less than nothing where it begins anew. Raises
    Unreachable where it is cut again and again, a child of Refused where there is nothing to be fetched, OSError where the
    file cannot be written.
    """
    failures, total = 0, -1
    for _ in range(MOST):
        before = file.tell()
        try:
            total = _some(client, address(), file, total, told)
            if file.tell() >= (least if total < 0 else total):
                return
            cut = "it ended too early"
        except Cut as error:
            cut = str(error)
        failures = 0 if file.tell() > before else failures + 1
        if failures >= ATTEMPTS:
            break
        client.sleep(pause(failures, longest=LONGEST))
    said = f"{cut}, after {file.tell()} bytes{f' of {total}' if total > 0 else ''}"
    raise Unreachable("The download was cut", finding=said, todo="Type the same again")


def _some(client: Client, url: str, file: IO[bytes], total: int, told: Callable[[int], None]) -> int:
    """What comes until the answer ends; how long the whole is, -1 where that is not told. Raises Cut."""
    start = file.tell()
    # As it is: what is compressed on the way cannot be taken up in its middle.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    with client.stream(url, headers, quiet=QUIET) as answer:
        if answer.status_code >= 500 or answer.status_code == 429:
            raise Cut(f"HTTP {answer.status_code}")
        if answer.is_error:
            answer.read()
            raise refusal(answer.status_code, {"message": answer.text[:300]}, what="GET the backup", request_id="none")
        whole = _whole(answer.status_code, answer.headers)
        if start and (answer.status_code != 206 or whole != total):  # another server, or another file: from its beginning
            told(-start)
            file.seek(0)
            file.truncate()
            if answer.status_code == 206:
                raise Cut("the file has changed")
        for piece in answer.iter_raw():
            file.write(piece)
            told(len(piece))
        return whole


def _whole(status: int, headers: Mapping[str, str]) -> int:
    """How long the whole file is, by the answer's own headers."""
    if status == 206:
        found = re.fullmatch(r"bytes \d+-\d+/(\d+)", headers.get("Content-Range", ""))
        return int(found[1]) if found else -1
    return int(headers.get("Content-Length", -1))
