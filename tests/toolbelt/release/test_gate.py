"""The gate's judgements: pure, on what was seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from toolbelt import gate
from toolbelt.gate import Streak, Traffic
from toolbelt.heroku import router
from toolbelt.heroku.dynos import Dyno
from toolbelt.heroku.outage import Look, gap
from toolbelt.heroku.releases import Release
from toolbelt.heroku.router import Request
from toolbelt.heroku.site import Answer, Ready, Worker

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
SHA, OLD = "0123456789abcdef", "fedcba9876543210"
RELEASE = Release("r", 7, "succeeded", "Deploy", "me", NOW, True, True, "", "")
LINE = (
    "2026-11-21T10:00:00.123456+00:00 heroku[router]: at={at} method=GET path=\"{path}\" host=mine.example "
    'request_id=1 fwd="1.2.3.4" dyno=web.1 connect=0ms service=27ms status={status} bytes=174 protocol=http1.1 '
    "tls=true tls_version=tls1.3"
)  # fmt: skip


# the router's lines


def test_a_request_is_read_from_its_line() -> None:
    found = router.parse(LINE.format(at="info", path="/a?b=c d", status=200))
    assert found == Request(datetime(2026, 11, 21, 10, 0, 0, 123456, tzinfo=UTC), "/a?b=c d", 200, "", "web.1", 27)


def test_an_error_has_its_code() -> None:
    found = router.parse(LINE.format(at='error code=H12 desc="Request timeout"', path="/", status=503))
    assert found is not None
    assert (found.code, found.status) == ("H12", 503)


def test_a_request_that_reached_no_dyno() -> None:
    line = LINE.format(at='error code=H10 desc="App crashed"', path="/", status=503)
    found = router.parse(line.replace("dyno=web.1 connect=0ms service=27ms", "dyno= connect= service="))
    assert found is not None
    assert (found.dyno, found.milliseconds) == ("", 0)


@pytest.mark.parametrize("line", ["", "2026-11-21T10:00:00+00:00 app[web.1]: at=info status=500", "x heroku[router]: status=x"])
def test_other_lines_are_no_requests(line: str) -> None:
    assert router.parse(line) is None


# what visitors see


def requests(good: int, bad: int, *, path: str = "/", code: str = "") -> list[Request]:
    return [Request(NOW, path, 200)] * good + [Request(NOW, path, 503, code)] * bad


def test_probes_and_visitors_who_left_do_not_count() -> None:
    seen = requests(8, 2) + requests(50, 5, path="/health/ready") + requests(0, 3, code="H27") + requests(0, 3, code="H80")
    assert gate.count(seen) == Traffic(10, 2)


def test_the_commonest_code_stands_first() -> None:
    assert gate.count(requests(0, 1, code="H13") + requests(0, 2, code="H12")).codes == ("H12", "H13")


@pytest.mark.parametrize(
    ("before", "now", "bad"),
    [
        (Traffic(), Traffic(), False),
        (Traffic(1000, 0), Traffic(100, 0), False),
        (Traffic(1000, 0), Traffic(100, 2), False),  # too few to say anything
        (Traffic(1000, 0), Traffic(5, 3), True),
        (Traffic(), Traffic(5, 3), True),  # nobody came before: three of five are too many all the same
        (Traffic(1000, 0), Traffic(10_000, 50), False),  # one in two hundred
        (Traffic(1000, 0), Traffic(10_000, 150), True),
        (Traffic(100, 10), Traffic(100, 20), False),  # it was bad before
        (Traffic(100, 10), Traffic(100, 30), True),
        (Traffic(100, 100), Traffic(100, 100), False),
    ],
)  # fmt: skip
def test_worse_than_before(before: Traffic, now: Traffic, bad: bool) -> None:
    assert bool(gate.worse(before, now)) is bad


def test_what_is_worse_is_told_with_both_numbers() -> None:
    told = gate.worse(Traffic(400, 1), Traffic(40, 8, ("H13",)))
    assert told == "8 of 40 requests failed (H13), where before it were 1 of 400 requests"


# who answers


@pytest.mark.parametrize(
    ("answer", "good"),
    [
        (Answer(200, SHA, "v7"), True),
        (Answer(200, SHA), True),
        (Answer(200, OLD, "v7"), False),
        (Answer(500, SHA), False),
        (Answer(0), False),
        (Answer(200, "unknown", "v7"), True),
        (Answer(200, "unknown", ""), True),
        (Answer(200, "unknown", "v6"), False),
    ],
)
def test_the_right_answer(answer: Answer, good: bool) -> None:
    assert gate.right(answer, commit=SHA, release=RELEASE) is good


def test_where_nobody_knows_the_commit_the_release_decides() -> None:
    assert gate.right(Answer(200, OLD, "v7"), commit="", release=RELEASE)
    assert not gate.right(Answer(200, OLD, "v6"), commit="", release=RELEASE)


def test_answers_in_a_row() -> None:
    streak = Streak(3)
    for good in (True, True, False, True, True):
        streak.look(good, "x")
    assert not streak.enough
    streak.look(True, "x")
    assert streak.enough
    assert not streak.flaps


def test_one_wrong_answer_may_be_the_networks_and_two_are_not() -> None:
    streak = Streak(1)
    for good, said in ((True, ""), (False, "HTTP status 500"), (True, "")):
        streak.look(good, said)
    assert streak.enough
    assert not streak.flaps
    streak.look(False, "HTTP status 502")
    assert streak.flaps == "HTTP status 502"


def test_wrong_answers_before_the_first_good_ones_are_no_flapping() -> None:
    streak = Streak(2)
    for good in (False, True, False, False, True, True):
        streak.look(good, "x")
    assert not streak.flaps


# ready, and the worker

GREEN = Ready(200, told=True, ok=True, workers=(Worker("a", SHA),))


def test_all_is_ready() -> None:
    assert gate.unready(GREEN, commit=SHA, workers=1) == ""


def test_a_site_that_tells_nothing_is_not_held_to_it() -> None:
    assert gate.unready(Ready(404), commit=SHA, workers=1) == ""
    assert gate.unready(Ready(200), commit=SHA, workers=1) == ""


@pytest.mark.parametrize(
    ("ready", "why"),
    [
        (Ready(0), "does not answer"),
        (Ready(500), "HTTP status 500"),
        (Ready(503, told=True, failing={"database": "does not answer"}), "database: does not answer"),
        (replace(GREEN, workers=()), "no worker"),
        (replace(GREEN, workers=(Worker("a", SHA), Worker("b", OLD))), f"still runs commit {OLD[:12]}"),
    ],
)
def test_what_is_missing_is_named(ready: Ready, why: str) -> None:
    assert why in gate.unready(ready, commit=SHA, workers=1)


def test_without_a_worker_dyno_none_is_asked_for() -> None:
    assert gate.unready(replace(GREEN, workers=()), commit=SHA, workers=0) == ""
    assert gate.unready(replace(GREEN, workers=(Worker("a", "unknown"),)), commit=SHA, workers=1) == ""


# dynos that restart

WEB = Dyno("web.1", "web", "up", "Basic", "x", 7, NOW)
LATER = NOW + timedelta(seconds=3)


@pytest.mark.parametrize(
    ("now", "bad"),
    [
        (WEB, False),
        (replace(WEB, state="crashed", since=LATER), True),
        (replace(WEB, since=LATER), True),  # it has ended and is up again
        (replace(WEB, state="starting", since=LATER), True),
        (replace(WEB, state="idle", since=LATER), False),  # an Eco dyno that nobody visits
        (replace(WEB, version=8, state="starting", since=LATER), False),  # somebody has set a config var
        (replace(WEB, version=8, state="crashed", since=LATER), True),
        (replace(WEB, version=6, state="crashed", since=LATER), False),  # of the old release
        (replace(WEB, name="run.1", type="run", state="crashed"), False),
    ],
)  # fmt: skip
def test_a_dyno_that_is_not_as_it_was(now: Dyno, bad: bool) -> None:
    found = gate.restarted([WEB], [now], release=RELEASE, wanted={"web": 1})
    assert (found is not None) is bad


def test_a_dyno_that_was_taken_away_did_not_crash() -> None:
    assert gate.restarted([WEB, replace(WEB, name="web.2")], [WEB], release=RELEASE, wanted={"web": 2}) is None


def test_an_eco_dyno_may_wake_up() -> None:
    asleep = replace(WEB, state="idle")
    assert gate.restarted([asleep], [replace(WEB, since=LATER)], release=RELEASE, wanted={"web": 1}) is None


# how long nobody answered


def looks(*each: tuple[float, float, bool]) -> list[Look]:
    return [Look(*one) for one in each]


@pytest.mark.parametrize(
    ("seen", "seconds", "lost"),
    [
        ([], 0.0, 0),
        ([(0, 0.1, True), (1, 1.1, True)], 0.0, 0),
        ([(0, 0.1, True), (1, 1.1, False), (2, 2.1, False), (3, 3.5, True)], 2.5, 2),
        ([(0, 0.1, True), (1, 5, True), (6, 6.1, True)], 4.0, 0),  # the router kept it waiting
        ([(0, 0.1, True), (1, 1.1, False), (2, 2.1, False)], 1.1, 2),  # it has not come back yet
        ([(0, 0.1, False), (1, 1.1, False), (2, 2.1, True)], 0.0, 0),  # it was away before
        ([(0, 9, True), (10, 10.1, True)], 0.0, 0),  # it was asleep
        ([(0, 9, True), (10, 10.1, False), (11, 11.1, True)], 1.1, 1),
        ([(0, 0.1, True), (1, 1.1, False), (2, 2.1, True), (3, 3.1, False), (4, 4.1, True)], 2.2, 2),
    ],
)
def test_the_gap(seen: list[tuple[float, float, bool]], seconds: float, lost: int) -> None:
    found = gap(looks(*seen))
    assert found.seconds == pytest.approx(seconds)
    assert found.lost == lost


def test_two_gaps_are_one() -> None:
    both = gap(looks((0, 0.1, True), (1, 4, True))) + gap(looks((9, 9.1, True), (10, 10.5, False), (11, 12, True)))
    assert (both.seconds, both.lost, both.looks) == (5.0, 1, 5)


def test_a_gap_is_told_in_a_word() -> None:
    assert gap([]).told == ""
    assert gap(looks((0, 0.1, True))).told == "no gap"
    assert gap(looks((0, 0.1, True), (1, 4, True))).told == "gap 3.0 s, in which requests waited"
    assert gap(looks((0, 0.1, True), (1, 1.1, False), (2, 3.2, True))).told == "gap 2.2 s"
