"""Each finding where it is so, and none of them where all is well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.toolbelt.artifacts.repositories import commit, repository
from tests.toolbelt.doctor.cases import (
    APP,
    BUILT,
    CHECK,
    DATABASE,
    DIRTY,
    DROP,
    EMPTY,
    EXPIRED,
    FAILED,
    FILES,
    HEAD,
    LOCKS,
    PENDING,
    RELEASE,
    WEB,
    Find,
    dockerfile,
    dynos,
    lock,
    migrations,
    processes,
    python,
    releases,
    sources,
    stack,
    told,
    versions,
    wrong,
)
from toolbelt.doctor import addons, app, image, migrating, shipping
from toolbelt.doctor import repository as checkout
from toolbelt.doctor.finding import Finding
from toolbelt.heroku.formation import Row
from toolbelt.manifest import Plan, Variable, Wish
from toolbelt.migrations import Package

WRONG = [
    # the checkout
    wrong("warning", "tree", "2 paths are not committed: a, b", lambda _root: checkout.tree(DIRTY, image=True)),
    wrong("warning", "tree", "2 paths are not committed", lambda _root: checkout.tree(DIRTY, image=False)),
    wrong("error", "Procfile", "There is no Procfile", processes, {"Procfile": None}),
    wrong("error", "Procfile", "The Procfile cannot be read", processes, {"Procfile": "oops\n"}),
    wrong("error", "Procfile", "names no process that runs", processes, {"Procfile": "release: x\n"}),
    wrong("warning", "Procfile", "there is no web", processes, {"Procfile": "worker: x\n"}),
    wrong(
        "warning",
        "Procfile",
        "app.json wants web",
        lambda root: checkout.processes(root, replace(EMPTY, formation={"webb": Wish(1, ""), "web": Wish(1, "")})),
        {},
    ),
    wrong("warning", "Python", "there are two: runtime.txt 3.13, Dockerfile 3.14", python, {"runtime.txt": "python-3.13\n"}),
    wrong(
        "warning", "Python", "there are two: runtime.txt 3.14, .python-version 3.13", python, {".python-version": "# x\n3.13\n"}
    ),
    wrong("warning", "Python", "no version is named", python, {"runtime.txt": None}),
    wrong("error", "Python", "has no Python 3.9", python, {"runtime.txt": "python-3.9.18\n"}),
    wrong(
        "warning",
        "Python",
        "Heroku has no Python 3.15",
        lambda root: python(root, image=True),
        {"runtime.txt": None, "Dockerfile": "FROM python:3.15"},
    ),
    wrong(
        "warning",
        "Python",
        "Python 3.10 is not in the buildpack any more from 2027-01-06",
        python,
        {"runtime.txt": "python-3.10\n"},
    ),
    wrong(
        "error",
        "Python",
        "Python 3.10 is not in the buildpack any more",
        lambda root: checkout.python(root, image=False, today=date(2027, 2, 1)),
        {"runtime.txt": "python-3.10\n"},
    ),
    wrong("warning", "Python", "3.14.0 is not the newest", python, {"runtime.txt": "python-3.14.0\n"}),
    wrong("error", "lock", "lacks rq", lock, {"requirements.txt": "django==5.2.1\nextra==1\n"}),
    wrong("error", "lock", "Django 6.0 is not ~=5.2.0", lock, {"requirements.txt": "Django==6.0\nrq==2\nextra==1\n"}),
    wrong("error", "lock", "is no requirement", lock, {"pyproject.toml": '[project]\ndependencies = ["a b c"]'}),
    wrong("error", "lock", "pyproject.toml cannot be read", lock, {"pyproject.toml": "oops ="}),
    # what would be shipped
    wrong("error", "source", "more than one package manager", sources, {"uv.lock": ""}),
    wrong("error", "source", "venv/ is in the source", sources, {"venv/pyvenv.cfg": "x"}),
    wrong("error", "secrets", "the source has .env.production", sources, {".env.production": "x"}),
    wrong("error", "secrets", "the source has deploy/site.key", sources, {"deploy/site.key": "x"}),
    wrong("error", "secrets", "the source has latest.dump", sources, {"latest.dump": "x"}),
    wrong("warning", "secrets", "the source has a database: site.sqlite3", sources, {"site.sqlite3": "x"}),
    wrong("warning", "secrets", "the source has .env", lambda root: shipping.source(root, "HEAD", sent=False), {".env": "x"}),
    wrong(
        "error",
        "secrets",
        "git has what looks like a token or a private key: notes.txt",
        shipping.tracked,
        {"notes.txt": "AKI" + "A0123456789ABCDEF "},
    ),
    wrong(
        "error",
        "secrets",
        "an image may be built from has web/.env",
        shipping.context,
        {".dockerignore": "*\n!web\n", "web/.env": "x"},
    ),
    wrong("warning", "secrets", "there is no .dockerignore", shipping.context, {".dockerignore": None}),
    # the image
    wrong("error", "image", "there is no Dockerfile", dockerfile, {"Dockerfile": None}),
    wrong(
        "warning",
        "image",
        "says EXPOSE, HEALTHCHECK",
        dockerfile,
        {"Dockerfile": "FROM x\nEXPOSE 80\nHEALTHCHECK NONE\nRUN curl"},
    ),
    wrong("warning", "image", "nothing in the Dockerfile installs curl", dockerfile, {"Dockerfile": "FROM x\n"}),
    wrong("error", "image", "The image is for linux/arm64", lambda _root: image.built(replace(BUILT, architecture="arm64"))),
    wrong("warning", "image", "it runs as root", lambda _root: image.built(replace(BUILT, config={"User": "root:root"}))),
    wrong("warning", "image", "it has 41 layers", lambda _root: image.built(replace(BUILT, layers=("a",) * 41))),
    wrong("warning", "image", "it has 2.00 GB", lambda _root: image.built(replace(BUILT, size=2 * 10**9))),
    wrong(
        "warning",
        "image",
        "manifest of type application/vnd.oci",
        lambda _root: image.manifest("application/vnd.oci.image.index.v1+json"),
    ),
    # the site
    wrong("error", "settings", "the site does not start with the config vars of mine", told(settings="NotSet: SECRET_KEY")),
    wrong("error", "settings", "DEBUG is on", told(debug=True)),
    wrong("error", "settings", "ALLOWED_HOSTS is empty", told(hosts=[])),
    wrong("warning", "checks", "security.W008: SSL", told(checks=[CHECK])),
    wrong("error", "checks", "security.W008: SSL", told(checks=[CHECK | {"level": "error"}])),
    wrong("error", "models", "a change of a model has no migration", told(models="+ Add field x")),
    wrong("error", "models", "the migrations do not fit together", told(models="makemigrations fails: KeyError: x")),
    wrong(
        "warning",
        "settings",
        "the app has no SECRET_KEY",
        lambda _root: app.variables({}, replace(EMPTY, env={"SECRET_KEY": Variable(), "X": Variable(required=False)})),
    ),
    # the app
    wrong("warning", "app", "maintenance mode is on", lambda _root: app.state(replace(APP, maintenance=True))),
    wrong(
        "warning", "stack", "the app's stack is heroku-24, and app.json says container", stack("heroku-24", wanted="container")
    ),
    wrong("warning", "stack", "heroku-22 is deprecated, and ends on 2027-05-01", stack("heroku-22")),
    wrong("error", "stack", "heroku-22 has ended", stack("heroku-22", date(2027, 5, 2))),
    wrong("error", "stack", "does not build on heroku-20", stack("heroku-20")),
    wrong("warning", "stack", "heroku-30 is not known here", stack("heroku-30")),
    wrong("warning", "dynos", "web has no dyno", dynos((replace(WEB, quantity=0),))),
    wrong("error", "dynos", "app.json asks for a dyno of size huge", dynos((), formation={"web": Wish(1, "huge")})),
    wrong("warning", "dynos", "size hobby, which is retired", dynos((), formation={"web": Wish(1, "hobby")})),
    wrong("warning", "dynos", "web, worker on Eco", dynos((replace(WEB, size="Eco"), Row("worker", 1, "Eco", "x")))),
    wrong("warning", "dynos", "preboot is on, and web is of size basic", dynos((WEB,), preboot=True)),
    wrong("warning", "dynos", "WEB_CONCURRENCY=4 on 512 MB", dynos((WEB,), concurrency="4")),
    wrong("warning", "releases", "v8, the newest, failed", releases(FAILED, RELEASE, replace(RELEASE, version=6))),
    wrong("warning", "releases", "v8 is under way", releases(PENDING, RELEASE)),
    wrong("warning", "releases", "a rollback would reach nothing: v1 expired", releases(RELEASE, EXPIRED)),
    # its add-ons
    wrong(
        "warning",
        "add-ons",
        "app.json asks for heroku-postgresql:mini",
        lambda _root: addons.plans(replace(EMPTY, addons=(Plan("heroku-postgresql:mini"),))),
    ),
    wrong(
        "warning",
        "add-ons",
        "db is on the plan heroku-postgresql:basic",
        lambda _root: addons.of([replace(DATABASE, plan="heroku-postgresql:basic")], EMPTY),
    ),
    wrong("warning", "add-ons", "db is provisioning", lambda _root: addons.of([replace(DATABASE, state="provisioning")], EMPTY)),
    wrong("error", "add-ons", "db is deprovisioned", lambda _root: addons.of([replace(DATABASE, state="deprovisioned")], EMPTY)),
    wrong(
        "warning",
        "add-ons",
        "and the app lacks it",
        lambda _root: addons.of([DATABASE], replace(EMPTY, addons=(Plan("heroku-redis:mini"),))),
    ),
    wrong("warning", "add-ons", "Postgres 17 runs there, and 18 in docker-compose.yml", versions(postgresql="17.2")),
    wrong("warning", "add-ons", "Postgres 14 is at its end since 2025-11-28", versions(postgresql="14")),
    wrong("warning", "add-ons", "Valkey 7 has been deprecated since 2026-08-20", versions(redis="7.2.5")),
    wrong("warning", "add-ons", "Valkey 7 is at its end since 2026-12-19", versions(date(2026, 12, 20), redis="7.2.5")),
    # the migrations
    wrong("warning", "migrations", "cannot be told", lambda _root: [migrating.unknown("x")]),
    wrong("warning", "migrations", "shop.0002_drop: irreversible", migrations(DROP)),
    wrong("warning", "migrations", "shop.0003_index: two-step", migrations(LOCKS)),
    wrong("warning", "migrations", "this commit lacks shop.0003_index", lambda _root: migrating.missing([LOCKS])),
    wrong("error", "migrations", "lacks shop.0002_drop, and does not work without", lambda _root: migrating.missing([DROP])),
    wrong(
        "warning",
        "migrations",
        "django 5.2.1 → 6.0: may bring",
        lambda _root: migrating.packages([Package("django", "5.2.1", "6.0", ("auth",), None, (DROP,))]),
    ),
    wrong(
        "warning",
        "migrations",
        "x (new) → 1: not installed here",
        lambda _root: migrating.packages([Package("x", "", "1", None)]),
    ),
]
WELL: list[Find] = [
    lambda _root: checkout.tree(HEAD, image=True), processes, python, lambda root: python(root, image=True), lock, sources,
    shipping.tracked, shipping.context, dockerfile, lambda _root: image.built(BUILT), told(),
    lambda _root: image.manifest("application/vnd.docker.distribution.manifest.v2+json"),
    lambda _root: app.variables({"A": 1}, replace(EMPTY, env={"A": Variable(), "B": Variable(required=False)})),
    lambda _root: app.state(APP), stack("container"), stack("heroku-24"), stack("heroku-26", wanted="heroku-24"),
    dynos((WEB, Row("worker", 0, "Basic", "x")), formation={"web": Wish(1, "basic")}, concurrency="2"),
    dynos((replace(WEB, size="Standard-1X"),), preboot=True), releases(), releases(RELEASE),
    releases(RELEASE, replace(RELEASE, version=6), EXPIRED),
    lambda _root: addons.plans(replace(EMPTY, addons=(Plan("heroku-postgresql:essential-0"), Plan("heroku-redis:mini")))),
    lambda _root: addons.of([DATABASE], replace(EMPTY, addons=(Plan("heroku-postgresql"),))),
    versions(postgresql="18.1", redis="9"), versions(),
    migrations(), migrations(replace(DROP, verdict="safe")), lambda _root: migrating.missing([]),
    lambda _root: migrating.packages([Package("django", "5.2.1", "6.0", ("auth",)), Package("x", "1", "2", ("x",), (DROP,))]),
]  # fmt: skip


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    repository(tmp_path, FILES)
    return tmp_path


def bad(found: Iterable[Finding]) -> list[Finding]:
    return [each for each in found if each.level != "ok"]


@pytest.mark.parametrize(("level", "topic", "says", "find", "files"), WRONG)
def test_what_is_wrong(level: str, topic: str, says: str, find: Find, files: Mapping[str, str | None], tree: Path) -> None:
    for name, text in files.items():
        if text is None:
            (tree / name).unlink()
        else:
            commit(tree, {name: text})
    found = [each for each in bad(find(tree)) if says in each.what]
    assert [(each.level, each.topic) for each in found] == [(level, topic)], list(find(tree))
    assert found[0].fix


@pytest.mark.parametrize("number", range(len(WELL)))
def test_what_is_well(number: int, tree: Path) -> None:
    assert bad(WELL[number](tree)) == []


def test_what_slugignore_names_is_not_shipped(tree: Path) -> None:
    commit(tree, {"uv.lock": "", ".env": "x", ".slugignore": "uv.lock\n/.env\n"})
    assert bad(sources(tree)) == []
