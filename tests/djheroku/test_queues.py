"""`manage.py jobs`: what is in the queues, with real Valkey and a job that really fails."""

import json
from collections.abc import Iterator

import django_rq
import pytest
from django.core.management import CommandError, call_command
from rq.registry import FailedJobRegistry

from djheroku.queues import looking


def break_down() -> None:
    raise ValueError("it is broken")


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    queue = django_rq.get_queue()

    def clear() -> None:
        queue.empty()
        registry = FailedJobRegistry(queue=queue)
        for identity in registry.get_job_ids():
            registry.remove(identity, delete_job=True)

    clear()
    yield
    clear()


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, list[dict[str, object]]]:
    capsys.readouterr()
    call_command("jobs", "--json")
    found: dict[str, list[dict[str, object]]] = json.loads(capsys.readouterr().out)
    return found


def work() -> None:
    django_rq.get_worker().work(burst=True)


def test_waiting_jobs_and_how_long_the_oldest_has_waited(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys)["queues"][0] == {"name": "default", "waiting": 0, "oldest_s": None, "running": 0, "failed": 0}
    django_rq.get_queue().enqueue(break_down)
    django_rq.get_queue().enqueue(break_down)
    found = told(capsys)["queues"][0]
    assert found["waiting"] == 2
    assert isinstance(found["oldest_s"], float)
    assert 0 <= found["oldest_s"] < 60


def test_a_failed_job_is_told_with_its_reason_and_put_back(capsys: pytest.CaptureFixture[str]) -> None:
    job = django_rq.get_queue().enqueue(break_down, description="breaking down")
    work()
    failed = told(capsys)["failed"]
    assert [(each["id"], each["what"], each["why"]) for each in failed] == [(job.id, "breaking down", "ValueError: it is broken")]
    call_command("jobs")
    assert "ValueError: it is broken" in capsys.readouterr().out
    call_command("jobs", "--retry", job.id)
    assert told(capsys)["queues"][0]["waiting"] == 1
    work()
    call_command("jobs", "--retry", "all")
    assert "1 put back" in capsys.readouterr().out


def test_a_job_that_did_not_fail_is_not_put_back() -> None:
    job = django_rq.get_queue().enqueue(break_down)
    assert not looking.retry(job.id)
    with pytest.raises(CommandError, match="no failed job"):
        call_command("jobs", "--retry", job.id)
