"""Daily backups: asked for, listed, and not any more."""

from __future__ import annotations

import json

import pytest

from tests.toolbelt.data.kept import Kept
from toolbelt.commands.data import schedules
from toolbelt.errors import UsageError


def listed(kept: Kept, capsys: pytest.CaptureFixture[str]) -> list[tuple[str, int, str]]:
    kept.verb(schedules.list_, stage="b", as_json=True)
    return [(each["name"], each["hour"], each["timezone"]) for each in json.loads(capsys.readouterr().out)]


def test_from_the_first_to_none(kept: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    assert "has no daily backups. ./inv db.backups.schedule 02:00 --stage b" in kept.verb(
        schedules.list_, stage="b", as_json=False
    )
    assert "daily at 02:00 Europe/Berlin" in kept.verb(schedules.schedule, at="02:00 Europe/Berlin", stage="b")
    assert "as it was" in kept.verb(schedules.schedule, at="2:00 Europe/Berlin", stage="b")
    assert listed(kept, capsys) == [("DATABASE_URL", 2, "Europe/Berlin")]
    kept.verb(schedules.schedule, at="23:00", stage="b")
    assert listed(kept, capsys) == [("DATABASE_URL", 23, "UTC")]
    assert "DATABASE_URL  daily at 23:00 UTC" in kept.verb(schedules.list_, stage="b", as_json=False)
    assert "which was daily at 23:00 UTC" in kept.verb(schedules.unschedule, stage="b")
    assert "as it was" in kept.verb(schedules.unschedule, stage="b")
    assert listed(kept, capsys) == []


def test_a_cut_answer_makes_no_second_one(kept: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    kept.fault(status=503, path="transfer-schedules", after=1)
    kept.verb(schedules.schedule, at="04:00 EST", stage="b")
    assert listed(kept, capsys) == [("DATABASE_URL", 4, "America/New_York")]


@pytest.mark.parametrize("at", ["", "24:00", "2:30", "2", "02:00 Moon/Sea", "nightly", "02:00 UTC tomorrow"])
def test_what_is_no_hour_is_refused_before_anything_is_asked(kept: Kept, at: str) -> None:
    with pytest.raises(UsageError) as caught:
        kept.verb(schedules.schedule, at=at, stage="b")
    assert "Europe/Berlin" in caught.value.todo
