"""The console that stands in for valkey-cli, on the real server."""

from __future__ import annotations

import os

import redis

from toolbelt.stack import console


def test_answers_are_rendered_as_redis_cli_does() -> None:
    assert console.render(None) == ["(nil)"]
    assert console.render(3) == ["(integer) 3"]
    assert console.render(b"text") == ["text"]
    assert console.render([]) == ["(empty array)"]
    assert console.render([b"a", [1, b"b"]]) == ["1) a", "2) 1) (integer) 1", "   2) b"]


def test_commands_run_and_errors_are_told(capsys) -> None:  # type: ignore[no-untyped-def]
    client = redis.from_url(os.environ["REDIS_URL"])
    assert console.execute(client, ["set", "console-test", "hello there"])
    assert console.execute(client, ["get", "console-test"])
    assert console.execute(client, ["del", "console-test"])
    assert not console.execute(client, ["no-such-command"])
    out = capsys.readouterr().out.splitlines()
    assert out[:3] == ["OK", "hello there", "(integer) 1"]
    assert out[3].startswith("(error)")
