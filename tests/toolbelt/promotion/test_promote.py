"""What runs where, as Heroku tells it, and in what two apps differ: judgements without a rehearsal."""

from __future__ import annotations

import json

import httpx
import pytest

from toolbelt.artifacts.copying import Pinned
from toolbelt.commands.promotion.comparing import Side, differences
from toolbelt.heroku import running
from toolbelt.heroku.client import DOCKER_RELEASES, Client
from toolbelt.heroku.releases import Release
from toolbelt.secret import Secret


def history(*told: str) -> list[Release]:
    """Releases with these descriptions, the newest first; one that begins with an x has failed."""
    return [
        Release(str(version), version, "failed" if text.startswith("x") else "succeeded", text, "", None, False, True, "", "")
        for version, text in zip(range(len(told), 0, -1), told, strict=True)
    ]


A, B, C = "a" * 12, "b" * 12, "c" * 12


@pytest.mark.parametrize(
    ("releases", "found"),
    [
        (history(f"Deployed web ({A})"), {"web": A}),
        (history("Set WORD config vars", f"Deployed release ({B}), web ({A})"), {"release": B, "web": A}),
        (history(f"Deployed web ({B})", f"Deployed web ({A}), worker ({C})"), {"web": B, "worker": C}),
        (history(f"x Deployed web ({B})", f"Deployed web ({A})"), {"web": A}),
        (history("Rollback to v2", f"Deployed web ({B})", f"Deployed web ({A})", "Initial release"), {"web": A}),
        (history("Rollback to v1", "Rollback to v2", f"Deployed web ({B})", f"Deployed web ({A})"), {"web": A}),
        (history("Initial release"), {}),
    ],
    ids=["deployed", "config change since", "one type since", "failed since", "rolled back", "twice", "nothing yet"],
)
def test_the_images_that_run_are_read_from_what_releases_say(releases: list[Release], found: dict[str, str]) -> None:
    assert running.told(releases) == found


def client(rows: list[dict[str, object]]) -> Client:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["Accept"] == DOCKER_RELEASES
        return httpx.Response(200, json=rows)

    return Client("https://api.example", Secret("t"), transport=httpx.MockTransport(answer))


def test_where_the_formation_names_its_images_these_count() -> None:
    whole = "d" * 64
    rows: list[dict[str, object]] = [
        {"type": "web", "docker_image": {"id": f"sha256:{whole}"}},
        {"type": "worker", "docker_image": f"sha256:{whole}"},
        {"type": "clock"},
    ]
    releases = history(f"Deployed release ({B}), web ({A}), gone ({C}), clock ({C})")
    found = running.images(client(rows), "app", releases)
    assert found == {"web": whole, "worker": whole, "release": B, "clock": C}
    assert running.same(f"sha256:{whole}", found["web"])
    assert not running.same(f"sha256:{whole}", found["clock"])
    assert not running.same(f"sha256:{whole}", "")


def pinned(**config: object) -> Pinned:
    return Pinned("web", b"", "", (), {"config": config})


def test_an_image_tells_its_commit_and_its_command() -> None:
    label = {"org.opencontainers.image.revision": "c0ffee"}
    assert pinned(Labels=label, Env=["COMMIT=other"]).commit == "c0ffee"
    assert pinned(Env=["PATH=/bin", "COMMIT=c0ffee"]).commit == "c0ffee"
    assert pinned(Env=["COMMIT="]).commit == pinned().commit == ""
    assert pinned(Cmd=["/bin/sh", "-c", "a && b"]).command == "a && b"
    assert pinned(Entrypoint=["tini"], Cmd=["python", "web.py"]).command == "tini python web.py"


def side(**changes: object) -> Side:
    facts: dict[str, object] = {
        "app": "one", "stack": "container", "region": "eu", "config": frozenset({"A"}), "formation": ("web 1 Basic",),
        "addons": (), "features": frozenset(), "buildpacks": (),
    }  # fmt: skip
    return Side(**(facts | changes))  # type: ignore[arg-type]


def test_only_what_differs_is_told_and_of_config_vars_the_names() -> None:
    assert differences(side(), side(app="two")) == ()
    there = side(
        config=frozenset({"A", "B"}), formation=("web 2 Standard-1X",), features=frozenset({"preboot"}),
        addons=("heroku-postgresql:essential-0",), stack="heroku-24",
    )  # fmt: skip
    found = {each.topic: (each.here, each.there) for each in differences(side(), there)}
    assert found == {
        "stack": ("container", "heroku-24"),
        "config vars": ("none", "B"),
        "add-ons": ("none", "heroku-postgresql:essential-0"),
        "formation": ("web 1 Basic", "web 2 Standard-1X"),
        "features": ("none", "preboot"),
    }
    assert "A" not in json.dumps(found)
