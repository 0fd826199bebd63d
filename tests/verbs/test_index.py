"""A function becomes a verb: groups, names with a dot, arguments that may be left out, and the error boundary."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from invoke import Context, Program, Task

from toolbelt.errors import UsageError
from verbs.index import Group, arranged, collected
from verbs.words import words


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> tuple[Group, Group, Group]:
    """Two titles in three modules; the index of ./inv itself is left as it is."""
    monkeypatch.setattr("verbs.index.GROUPS", {})
    return Group("One"), Group("Two"), Group("One")


def run(collection: Any, *typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["inv", *typed])
    Program(namespace=collection).run(["inv", *typed], exit=False)


def test_groups_keep_their_order_and_those_of_one_title_are_one(groups: tuple[Group, Group, Group]) -> None:
    first, second, third = groups

    @third()
    def last(c: Context) -> None: ...

    @first()
    def early(c: Context) -> None: ...

    @second()
    def other(c: Context) -> None: ...

    assert {title: [each.name for each in verbs] for title, verbs in arranged(*groups).items()} == {
        "One": ["early", "last"],
        "Two": ["other"],
    }


def test_a_noun_alone_is_the_list_of_its_verbs(groups: tuple[Group, Group, Group]) -> None:
    @groups[0]()
    def keys(c: Context) -> None: ...

    @groups[1](name="keys.add")
    def add(c: Context) -> None: ...

    @groups[1](name="keys.add.many")
    def many(c: Context) -> None: ...

    namespace = collected(arranged(*groups))
    assert namespace["keys"] is keys
    assert namespace["keys.add"] is add
    assert namespace["keys.add.many"] is many


@pytest.mark.parametrize(
    ("typed", "given"),
    [
        (["show"], ("", 3, [])),
        (["show", "red"], ("red", 3, [])),
        (["show", "--num", "5"], ("", 5, [])),
        (["show", "--num", "5", "red"], ("red", 5, [])),
        (["show", "red", "--", "-x", "a b"], ("red", 3, ["-x", "a b"])),
    ],
)
def test_an_argument_may_be_left_out(
    groups: tuple[Group, Group, Group], typed: list[str], given: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[Any, ...]] = []

    @groups[0](optional=("colour",))
    def show(c: Context, colour: str = "", num: int = 3) -> None:
        seen.append((colour or "", num, words()))

    run(collected(arranged(*groups)), *typed, monkeypatch=monkeypatch)
    assert seen == [given]


@pytest.mark.parametrize(
    ("typed", "given"),
    [
        (["set"], ((), "")),
        (["set", "A=1", "B=x=y"], (("A=1", "B=x=y"), "")),
        (["set", "A=1", "--stage", "s", "B=ü \n"], (("A=1", "B=ü \n"), "s")),
        (["set", *(f"A{n}=" for n in range(12))], (tuple(f"A{n}=" for n in range(12)), "")),
    ],
)
def test_an_argument_takes_all_further_words(
    groups: tuple[Group, Group, Group], typed: list[str], given: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[Any, ...]] = []

    @groups[0](name="set", rest="pairs", help={"pairs": "NAME=value"})
    def set_(c: Context, pairs: tuple[str, ...] = (), stage: str = "") -> None:
        seen.append((pairs, stage))

    run(collected(arranged(*groups)), *typed, monkeypatch=monkeypatch)
    assert seen == [given]


@pytest.mark.parametrize("word", ["abc", "-3", "1.5", "٣", ""])
def test_a_number_that_is_none_is_told_without_a_traceback(
    groups: tuple[Group, Group, Group], word: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    @groups[0]()
    def show(c: Context, num: int = 3) -> None:
        raise AssertionError("not reached")

    run(collected(arranged(*groups)), "show", "--num", word, monkeypatch=monkeypatch)
    assert capsys.readouterr().err == f"{word!r} is not a number, such as 5\n"


def test_known_bad_news_is_a_message_and_an_exit_status(
    groups: tuple[Group, Group, Group], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    @groups[0]()
    def refuse(c: Context) -> None:
        raise UsageError("Not like that", todo="./inv help")

    @groups[0]()
    def stopped(c: Context) -> None:
        raise KeyboardInterrupt

    @groups[0]()
    def broken(c: Context) -> None:
        raise ZeroDivisionError

    def status(made: Task[Any]) -> int | str | None:
        with pytest.raises(SystemExit) as ended:
            made(Context())
        return ended.value.code

    assert status(refuse) == UsageError("").status
    assert "Not like that" in capsys.readouterr().err
    assert status(stopped) == 130
    with pytest.raises(ZeroDivisionError):
        broken(Context())
