"""A plan's connections: one too many is refused here first, in the words in which Heroku's Postgres does it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import psycopg2
import pytest

from rehearsal.addons.server import connections
from rehearsal.catalogue import PLANS
from tests.rehearsal.harness import Running
from tests.rehearsal.test_addons import POSTGRES, provision


@contextmanager
def filled(url: str, most: int) -> Iterator[None]:
    """As many connections as there may be, and one more that must be refused."""
    with ExitStack() as stack:
        for _ in range(most):
            stack.enter_context(closing(psycopg2.connect(url, sslmode="require")))
        with pytest.raises(psycopg2.OperationalError, match='too many connections for role "u'):
            psycopg2.connect(url, sslmode="require")
        yield


def test_one_connection_too_many(running: Running) -> None:
    app = running.app()
    made = provision(running, app, POSTGRES)
    other = provision(running, app, POSTGRES, attachment={"name": "ANALYTICS"})
    values = running.http.get(f"/apps/{app}/config-vars").json()
    with filled(values["DATABASE_URL"], 20), filled(values["ANALYTICS_URL"], 20):
        pass  # each has its own
    path = f"/apps/{app}/addons/{made['name']}"
    for plan, most in (("heroku-postgresql:essential-2", 40), (POSTGRES, 20)):
        assert running.http.patch(path, json={"plan": plan}).status_code == 200
        with filled(values["DATABASE_URL"], most):
            pass
    assert other["name"] != made["name"]


def _server(running: Running) -> tuple[int, int]:
    """How many connections the server has at all, and how many the add-on's role."""
    app = running.app()
    provision(running, app, "heroku-postgresql:standard-0")
    url = running.http.get(f"/apps/{app}/config-vars").json()["DATABASE_URL"]
    with closing(psycopg2.connect(url, sslmode="require")) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('max_connections')::int, rolconnlimit FROM pg_roles WHERE rolname = current_user")
        most, own = cursor.fetchone()
        return most, own


LARGEST = max(connections(plan.full) for plan in PLANS if plan.service == "heroku-postgresql")


@pytest.mark.slow
def test_the_limit_that_is_met_is_the_plans(running: Running) -> None:
    most, own = _server(running)
    assert own == 120
    assert most > LARGEST


@pytest.mark.slow
@pytest.mark.docker
def test_the_same_in_a_container(engine: Running) -> None:
    most, own = _server(engine)
    assert own == 120
    assert most > LARGEST
