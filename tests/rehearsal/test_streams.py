"""Output of builds and release phases over HTTP, as the tools read it: whole, however it is written and cut."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import httpx
import pytest

from rehearsal.records import new_id
from rehearsal.streams import CHUNK
from tests.rehearsal.harness import QUICK, Running

LINES = "".join(f"line {number}: grün\n" for number in range(CHUNK // 8))


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Running:
    """A rehearsal that is impatient with streams in which nothing comes."""
    made = Running(tmp_path_factory.mktemp("quiet"), runtime="process", settings=replace(QUICK, heartbeat=0.02))
    yield made
    made.stop()


def written(running: Running, *pieces: str, pause: float = 0) -> str:
    """The address of a stream that is written piece by piece while it is read."""
    stream = running.world.streams.get(new_id())

    async def first() -> None:
        stream.write(pieces[0])

    async def rest() -> None:
        for piece in pieces[1:]:
            await asyncio.sleep(pause)
            stream.write(piece)
        stream.close()

    async def begin() -> None:
        await first()
        running.world.spawn(rest(), name="a test writes")

    running.call(begin())
    return f"{running.world.base}/streams/{stream.path.stem}"


def read(url: str, headers: dict[str, str]) -> tuple[bytes, bool]:
    """What comes until the end or the cut, and whether it was the end."""
    found = b""
    try:
        with httpx.stream("GET", url, headers=headers, trust_env=False, timeout=20) as answer:
            if answer.status_code == 416:
                return b"", True
            for piece in answer.iter_bytes():
                found += piece
    except httpx.TransportError:
        return found, False
    return found, True


def data(events: bytes) -> dict[int, str]:
    """By their ids, the whole events of a stream of them."""
    found = {}
    for event in events.decode().split("\n\n")[:-1]:
        lines = event.splitlines()
        if lines[0].startswith("id: "):
            found[int(lines[0][4:])] = "\n".join(line.removeprefix("data: ") for line in lines[1:])
    return found


def test_events_hold_whole_lines_however_long_the_text_is(quiet: Running) -> None:
    found, whole = read(written(quiet, LINES), {"Accept": "text/event-stream"})
    assert whole
    assert len(data(found)) > 1
    assert all(text.endswith("\n") for text in data(found).values())
    assert "".join(data(found).values()) == LINES


def test_a_line_that_is_written_in_two_pieces_is_one_event(quiet: Running) -> None:
    found, _ = read(written(quiet, "gr", "ün\nlast", pause=0.1), {"Accept": "text/event-stream"})
    assert list(data(found).values()) == ["grün\n", "last"]
    assert b": \n\n" in found  # it was quiet for a while


def test_a_quiet_stream_that_is_cut_is_resumed_without_what_kept_it_open(quiet: Running) -> None:
    quiet.http.post("/_rehearsal/faults", json={"stream_cut": 12, "times": 4})
    url = written(quiet, *(f"{number}\n" for number in range(20)), pause=0.05)
    text, answers, whole, beats = b"", 0, False, 0
    while not whole:
        piece, whole = read(url, {"Range": f"bytes={len(text)}-"} if text else {})
        beats += piece.count(b"\0")
        text += piece.replace(b"\0", b"")
        answers += 1
    assert text.decode().split() == [str(number) for number in range(20)]
    assert answers == 5
    assert beats
