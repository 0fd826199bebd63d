"""A rehearsal, every answer of which is held against the schema."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.rehearsal.harness import Running
from tests.verification.cli import Heroku, Unavailable
from tests.verification.commanded import Commanded
from tests.verification.witness import Witness


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A rehearsal whose dynos are processes."""
    running = Running(tmp_path_factory.mktemp("rehearsal"), runtime="process")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def witness(running: Running) -> Witness:
    """What looks at every answer that the rehearsal's API gives to running.http from here on."""
    witness = Witness()
    running.http.event_hooks["response"].append(witness.look)
    return witness


@pytest.fixture(scope="module")
def heroku(inv: Commanded, tmp_path_factory: pytest.TempPathFactory) -> Heroku:
    """The real CLI, pointed at the rehearsal of the module's verbs."""
    try:
        made = inv.cli(tmp_path_factory.mktemp("home"))
    except Unavailable as reason:
        pytest.skip(str(reason))
    made("version")  # says once what it says to everybody who starts it first
    return made
