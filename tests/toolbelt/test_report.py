"""The report of a rehearsal: facts in, text, JSON, Markdown and a page out."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest

from toolbelt.report import counting, data, judging, limits, markdown, page, pictures, text
from toolbelt.report.facts import BACK, BEFORE, THIS, Dyno, Facts, Leg, Lock, Request, Step, Write
from toolbelt.report.hiding import HIDDEN, Hider
from toolbelt.report.markup import Markup, el
from toolbelt.report.measure import OK, Measure
from toolbelt.report.style import DARK, LIGHT

MB = 1024**2
HOSTILE = "<script>alert('x')</script> & \"quoted\" | `tick` @somebody #1 [a](b)"


def dyno(**changes: Any) -> Dyno:
    memory = tuple((10.0 + second, (100 + second) * MB) for second in range(6))
    usual = Dyno(
        name="web.1", type="web", size="Basic", version=7, quota=512 * MB, at=10, boot=3, stop=1, first=0.2, peak=105 * MB,
        memory=memory, state="up",
    )  # fmt: skip
    return replace(usual, **changes)


def leg(title: str = THIS, **changes: Any) -> Leg:
    usual = Leg(
        title=title, commit="8d97fa3" + "0" * 33, subject="Keys have a colour", release="v7", kind="source", at=5, seconds=20,
        outcome="verified", steps=(Step(name="build", note="v7", at=5, seconds=8), Step(name="phase", note="", at=13, seconds=2)),
        size=80_000_000, before=79_000_000, build=8, phase=2, dynos=(dyno(), dyno(name="worker.1", type="worker", boot=None)),
        locks=(),
    )  # fmt: skip
    return replace(usual, **changes)


def facts(*legs: Leg, **changes: Any) -> Facts:
    usual = Facts(
        project="djheroku", app="djheroku", like="", runtime="docker", kind="source", when="2026-11-21 09:00 UTC", seconds=60,
        legs=legs or (leg(),), rate=3, requests=tuple(Request(at=float(at), seconds=0.02, status=200) for at in range(20)),
    )  # fmt: skip
    return replace(usual, **changes)


def one(found: Facts, key: str) -> Measure:
    return next(measure for measure in judging.measures(found) if measure.key == key)


def test_a_good_rehearsal_is_good_in_every_line() -> None:
    found = facts(leg(BEFORE, release="v6", dynos=()), leg(), leg(BACK, release="v8", dynos=()))
    assert {measure.level for measure in judging.measures(found)} == {OK}
    assert judging.verdict(found) == (OK, "It would go well")
    assert [measure.key for measure in judging.measures(found)] == [
        "build", "size", "phase", "locks", "boot", "first", "memory.web", "memory.worker", "requests", "stop", "writes",
        "rollback",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "changed", "level"),
    [
        ("size", {"size": limits.SLUG_SLOW - 1}, "ok"),
        ("size", {"size": limits.SLUG_SLOW}, "warn"),
        ("size", {"size": limits.SLUG}, "over"),
        ("size", {"size": 10 * limits.SLUG, "kind": "image"}, "ok"),  # of images there is no limit
        ("build", {"build": 899.0}, "warn"),
        ("build", {"build": 900.0}, "over"),
        ("layers", {"layers": 40, "kind": "image"}, "warn"),
        ("layers", {"layers": 41, "kind": "image"}, "over"),
        ("boot", {"dynos": (dyno(boot=29.9),)}, "ok"),
        ("boot", {"dynos": (dyno(boot=30.0),)}, "warn"),
        ("boot", {"dynos": (dyno(boot=61.0),)}, "over"),
        ("boot", {"dynos": (dyno(boot=None, codes=("R10",)),)}, "over"),
        ("boot", {"dynos": (dyno(boot=None, state="crashed"),)}, "unseen"),
        ("first", {"dynos": (dyno(first=4.9),)}, "ok"),
        ("first", {"dynos": (dyno(first=5.0),)}, "warn"),
        ("first", {"dynos": (dyno(first=30.0),)}, "over"),
        ("memory.web", {"dynos": (dyno(peak=409 * MB), dyno(name="web.2", peak=100 * MB))}, "ok"),
        ("memory.web", {"dynos": (dyno(peak=410 * MB), dyno(name="web.2", peak=100 * MB))}, "warn"),
        ("memory.web", {"dynos": (dyno(peak=512 * MB),)}, "over"),
        ("stop", {"dynos": (dyno(stop=16.0), dyno(name="web.2"))}, "warn"),
        ("stop", {"dynos": (dyno(stop=30.1, killed=True),)}, "over"),
        ("stop", {"dynos": (dyno(stop=None),)}, "unseen"),
        ("writes", {"dynos": (dyno(writes=(Write(path="media/a.png", size=9),)),)}, "warn"),
        ("locks", {"locks": (Lock(relation="keys", mode="AccessExclusiveLock", seconds=0.9),)}, "ok"),
        ("locks", {"locks": (Lock(relation="keys", mode="AccessExclusiveLock", seconds=0.9, waited=1),)}, "warn"),
        ("locks", {"locks": (Lock(relation="keys", mode="AccessExclusiveLock", seconds=1.0),)}, "warn"),
        ("locks", {"locks": (Lock(relation="keys", mode="AccessExclusiveLock", seconds=31.0),)}, "over"),
        ("locks", {"locks": (Lock(relation="keys", mode="ShareLock", seconds=31.0),)}, "ok"),  # readers go on
        ("phase", {"phase": 13 * 3600.0}, "warn"),
    ],
)  # fmt: skip
def test_against_the_limits(key: str, changed: dict[str, Any], level: str) -> None:
    found = facts(leg(**changed))
    assert one(found, key).level == level
    assert judging.verdict(found)[0] == ("ok" if level == "unseen" else level)


def test_what_ends_a_dyno_is_known_from_the_leg_that_replaced_it() -> None:
    found = facts(leg(BEFORE, release="v6", dynos=(dyno(version=6, stop=9),)), leg(), leg(BACK, dynos=(dyno(stop=2.5),)))
    assert (one(found, "stop").value, one(found, "stop").note) == ("2.5 s", "web.1")
    none = replace(found, legs=(found.legs[0], leg(dynos=(dyno(stop=None),))))
    assert (one(none, "stop").value, one(none, "stop").note) == ("9.0 s", "web.1 of the release before")


def test_lost_requests_and_the_gap() -> None:
    answers = [(0, 200), (1, 404), (2, 503), (3, 0), (4, 200), (5, 500), (6, 200)]
    requests = tuple(Request(at=float(at), seconds=0.1, status=status) for at, status in answers)
    counted = counting.count(requests)
    assert (counted.total, counted.lost, counted.gap) == (7, 3, 3.0)
    assert counting.gaps(requests) == [(1, 4), (4, 6)]
    assert counting.count(requests[:3]).gap == 1.0  # it has not come back yet
    assert counting.count(()).lost == 0
    found = facts(requests=requests)
    assert one(found, "requests").level == "warn"
    assert "preboot would close the gap" in one(found, "requests").note
    assert one(replace(found, preboot=True), "requests").level == "over"


def test_a_leg_that_failed_is_the_verdict() -> None:
    found = facts(leg(outcome="failed", trouble="The release phase of v7 failed"))
    assert judging.verdict(found) == ("over", "The release phase of v7 failed")
    for told in (text.render(found), page.render(found), markdown.render(found)):
        assert "The release phase of v7 failed" in told


def test_the_terminal_has_room_for_it() -> None:
    found = facts(leg(BEFORE, release="v6"), leg(), leg(BACK, release="v8"), notes=("no fixtures",))
    lines = text.render(found).splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 120
    assert lines[-1] == "✓ It would go well"


def test_the_machine_gets_the_same() -> None:
    found = facts()
    told = json.loads(data.render(found))
    assert told["schema"] == data.SCHEMA
    assert told["verdict"] == {"level": "ok", "sentence": "It would go well"}
    assert {measure["key"]: measure["value"] for measure in told["measures"]}["size"] == "80.0 MB"
    assert told["facts"]["legs"][0]["steps"][0]["name"] == "build"
    assert told["load"]["total"] == 20


def hostile() -> Facts:
    """Every text that comes from elsewhere is an attack."""
    bad = leg(
        subject=HOSTILE, trouble=HOSTILE, release="v7", steps=(Step(name=HOSTILE, note=HOSTILE, at=1, seconds=1),),
        dynos=(dyno(name=HOSTILE, type=HOSTILE, size=HOSTILE, writes=(Write(path=HOSTILE, size=1),)), dyno()),
        locks=(Lock(relation=HOSTILE, mode="AccessExclusiveLock", seconds=2),),
    )  # fmt: skip
    return facts(
        bad, project=HOSTILE, like=HOSTILE, path=HOSTILE, notes=(HOSTILE,), config=(("made up", (HOSTILE,)),)
    )  # fmt: skip


def test_the_page_escapes_whatever_comes_from_outside() -> None:
    told = page.render(hostile())
    assert "<script" not in told
    assert "alert(&#x27;x&#x27;)" in told
    body = told.partition("<body>")[2].removesuffix("</html>\n").removesuffix("</body>")
    root = ElementTree.fromstring(body)  # as strict as can be: it is well-formed XML, whatever stands in it
    assert {each.tag for each in root.iter()} <= {
        "main", "header", "section", "footer", "h1", "h2", "p", "ol", "ul", "li", "b", "span", "code", "table", "thead", "tbody",
        "tr", "th", "td", "div", "figure", "svg", "title", "desc", "g", "text", "line", "rect", "circle", "path", "polyline",
    }  # fmt: skip
    assert not [name for each in root.iter() for name in each.attrib if name.startswith("on") or name in ("href", "src", "style")]


def test_the_page_needs_nothing_else() -> None:
    told = page.render(hostile())
    assert "default-src 'none'" in told.replace("&#x27;", "'")
    assert not re.search(r"<link|<img|@import|url\(|https?://", told)


def test_every_picture_says_what_it_shows() -> None:
    found = facts(leg(BEFORE, release="v6"), leg())
    for drawn in (pictures.timeline(found), pictures.memory_chart(found), pictures.requests_chart(found)):
        assert drawn is not None
        root = ElementTree.fromstring(drawn)
        ids = root.attrib["aria-labelledby"].split()
        told = {each.attrib["id"]: each.text for each in root if each.tag in ("title", "desc")}
        assert list(told) == ids
        assert all(told.values())
    assert pictures.memory_chart(facts(leg(dynos=()))) is None
    assert pictures.requests_chart(facts(requests=())) is None


def test_lost_requests_are_drawn_and_nothing_is_drawn_outside() -> None:
    requests = tuple(
        Request(at=at / 5, seconds=90.0 if at % 7 else 0.0001, status=0 if 20 < at < 30 else 200) for at in range(99)
    )
    drawn = pictures.requests_chart(facts(requests=requests))
    assert drawn is not None
    assert drawn.count('class="cross"') == 9
    assert "away 2.0 s" in drawn
    plot = re.search(r'class="band" [^>]*|<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)" class="gap"', drawn)
    assert plot is not None
    top, bottom = float(plot[2]), float(plot[2]) + float(plot[4])
    heights = [float(value) for value in re.findall(r'cy="([^"]+)"', drawn)]
    assert top + 20 < min(heights)  # the crosses of the lost ones are above
    assert max(heights) <= bottom


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_text_can_be_read(colours: str) -> None:
    """WCAG 2: 4.5 to 1 for text, 3 to 1 for lines and dots."""
    known = dict(re.findall(r"--([\w-]+):(#\w+)", colours))
    for ink, paper in [
        *((ink, paper) for ink in ("ink", "soft") for paper in ("paper", "wash", "band")),
        *((level, f"{level}-wash") for level in ("ok", "warn", "over")),
        *((ink, "paper") for ink in ("over", "web", "worker", "release", "other", "make", "change", "look")),
    ]:
        assert contrast(known[ink], known[paper]) >= 4.5, (ink, paper)
    assert all(contrast(known[ink], known["paper"]) >= 3 for ink in ("ok", "warn"))


def contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
        parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    lighter, darker = sorted((light(one), light(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_markdown_is_text_and_calls_nobody() -> None:
    told = markdown.render(hostile())
    assert "<script" not in told
    assert "@somebody" not in told
    assert "@<!-- -->somebody" in told
    assert "\\#1" in told
    rows = [line for line in told.splitlines() if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1


def test_an_element_escapes_what_is_no_markup() -> None:
    assert el("b", "<", Markup("<i>x</i>"), None, title='"') == '<b title="&quot;">&lt;<i>x</i></b>'
    assert el("rect", x=1.0, y=0.333333) == '<rect x="1" y="0.33"/>'


def test_secrets_are_taken_out_wherever_they_are() -> None:
    word = "s3cr3t-of-somebody"
    bad = leg(
        subject=f"oops {word}", trouble=f"postgres://user:{word}@host/db refused",
        steps=(Step(name="x", note=word, at=0, seconds=1),),
        dynos=(dyno(writes=(Write(path=f"/tmp/{word}", size=1),)),), locks=(Lock(relation=word, mode="m", seconds=1),),
    )  # fmt: skip
    found = Hider({word, "web", "1"}).facts(facts(bad, notes=(word,), config=(("made up", (word,)),)))
    for told in (data.render(found), page.render(found), markdown.render(found), text.render(found)):
        assert word not in told
        assert HIDDEN in told or "REDACTED" in told
    assert found.legs[0].dynos[0].type == "web"  # a word that stands everywhere is no secret
    assert (
        Hider(()).text("rediss://:longpassword@h:1 and https://k@e.invalid/1")
        == f"rediss://{HIDDEN}@h:1 and https://k@e.invalid/1"
    )


# The app that is like another one, and the look at its database.
