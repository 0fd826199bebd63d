"""Checks run side by side, and none can hang the probe."""

import threading
import time
from dataclasses import dataclass

import pytest
from django.db import connection, connections
from health_check.base import HealthCheck
from health_check.checks import Database

from djheroku.health.checks import MigrationsApplied, NotReady
from djheroku.health.probe import Probe
from tests.waiting import until

GATE = threading.Event()
RUNS: list[str] = []


@dataclass
class Passes(HealthCheck):
    def run(self) -> None:
        RUNS.append("passes")


@dataclass
class Hangs(HealthCheck):
    def run(self) -> None:
        RUNS.append("hangs")
        GATE.wait(20)


@dataclass
class Refuses(HealthCheck):
    def run(self) -> None:
        raise NotReady("a sentence of ours")


@dataclass
class Breaks(HealthCheck):
    def run(self) -> None:
        raise RuntimeError('connection to server at "10.0.0.7" failed: password "hunter2"')


@pytest.fixture(autouse=True)
def _gate() -> None:
    GATE.clear()
    RUNS.clear()


def test_one_that_hangs_holds_up_nobody() -> None:
    probe = Probe({"first": Hangs, "second": Hangs, "third": Passes}, seconds=0.2)
    started = time.monotonic()
    outcomes = probe.outcomes()
    assert time.monotonic() - started < 2
    assert [outcome.ok for outcome in outcomes.values()] == [False, False, True]
    assert outcomes["first"].detail == "no answer within 0.2 seconds"
    GATE.set()


def test_threads_do_not_pile_up_behind_one_that_hangs() -> None:
    probe = Probe({"one": Hangs}, seconds=0.02)
    for _ in range(10):
        probe.outcomes()
    assert RUNS == ["hangs"]
    GATE.set()
    until(lambda: probe.outcomes()["one"].ok, what="it has recovered")


def test_what_drivers_say_stays_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    outcomes = Probe({"ours": Refuses, "theirs": Breaks}).outcomes()
    assert outcomes["ours"].detail == "a sentence of ours"
    assert outcomes["theirs"].detail == "does not answer"
    assert "theirs" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_fifty_probes_leave_no_connection_behind() -> None:
    name = connection.settings_dict["NAME"]
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"

    def count() -> int:
        with connections["default"].cursor() as cursor:
            cursor.execute(query, [name])
            return int(cursor.fetchone()[0])

    before = count()
    probe = Probe({"database": Database, "migrations": MigrationsApplied})
    for _ in range(50):
        assert all(outcome.ok for outcome in probe.outcomes().values())
    until(lambda: count() <= before, what=f"as many connections as before: {before}")
