"""`./inv promote` of images, end to end on a rehearsal with Docker: copied without a build, and proved like a deploy."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.toolbelt.promotion.promoted import PRODUCTION, STAGING, Pair, done, planned
from tests.toolbelt.rehearsed import IMAGED, Rehearsal
from toolbelt.artifacts import copying
from toolbelt.commands.apps import apps
from toolbelt.commands.history import keeping
from toolbelt.errors import DeployFailed, Interrupted, UsageError
from toolbelt.heroku import releases, webhooks
from toolbelt.heroku import running as told

pytestmark = [pytest.mark.slow, pytest.mark.docker]

TYPES = ("release", "web", "worker")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Staging runs a commit; production has never had any, until a test promotes it. The tests are one story: builds
    are what takes long."""
    made = Pair.start(tmp_path_factory.mktemp("pair"), runtime="docker", **IMAGED)
    try:
        with pytest.raises(UsageError, match="runs no image yet"):
            made.promote()
        made.to_staging()
        yield made
    finally:
        made.stop()


def digests(pair: Pair, stage: str) -> dict[str, str]:
    """The digests of the configs in a stage's repositories."""
    heroku = pair.at(stage)
    found = {name: copying.pin(heroku.registry, heroku.app, name) for name in TYPES}
    return {name: image.digest for name, image in found.items() if image}


def sent(said: str) -> float:
    """Bytes that went up."""
    found = re.search(r"✓ copy +([\d.]+) (bytes|kB|MB) sent", said)
    assert found, said
    return float(found[1]) * {"bytes": 1, "kB": 1e3, "MB": 1e6}[found[2]]


def test_a_staging_that_changes_while_it_is_copied_is_not_promoted(pair: Pair) -> None:
    before, was = pair.newest("production"), pair.newest("staging")

    def change(name: str, _text: str) -> bool:
        if name == "after copy":
            pair.config("staging", COLOUR="red")
        return False

    with pytest.raises(DeployFailed, match=rf"{STAGING} has changed: v{was.version + 1}") as caught:
        pair.promote(on=change)
    assert "Nothing was released" in caught.value.finding
    assert pair.newest("production") == before
    assert sent(pair.said) < 10_000  # three manifests: all blobs are mounted


def test_ctrl_c_says_what_carries_on_and_leaves_no_lock(pair: Pair) -> None:
    before = pair.newest("production")
    with pytest.raises(Interrupted) as caught:
        pair.promote(on=lambda name, _text: name == "after copy")
    assert caught.value.todo == "./inv promote --from staging --to production carries on"
    assert pair.newest("production") == before
    assert webhooks.every(pair.at("production").client, PRODUCTION) == ()


def test_an_image_that_was_pushed_and_not_released_is_not_promoted(pair: Pair) -> None:
    """It is what `latest` means in the registry, and it is not what was verified."""
    heroku = pair.at("staging")
    web, worker = (copying.pin(heroku.registry, STAGING, name) for name in ("web", "worker"))
    assert web is not None
    assert worker is not None
    assert heroku.registry.mount(f"{STAGING}/worker", web.digest, source=f"{STAGING}/web")
    heroku.registry.publish(f"{STAGING}/worker", web)
    with pytest.raises(UsageError, match="is not the one that runs"):
        pair.promote()
    heroku.registry.publish(f"{STAGING}/worker", worker)


def test_the_very_images_run_at_production(pair: Pair) -> None:
    assert pair.newest("staging").description == "Set COLOUR config vars"  # which does not hide what runs
    dry = pair.promote(dry_run=True)
    assert done(dry) == []
    said = pair.promote()
    assert planned(dry) == planned(said) == done(said)
    assert sent(said) == 0  # they were copied before
    assert digests(pair, "production") == digests(pair, "staging")
    heroku = pair.at("production")
    there = told.images(heroku.client, PRODUCTION, list(releases.every(heroku.client, PRODUCTION)))
    assert there == {name: digest.removeprefix("sha256:")[:12] for name, digest in digests(pair, "staging").items()}
    assert pair.tells("production")["commit"] == pair.head
    assert pair.scaled("production")["worker"] == 1
    record = keeping.kept(pair.tools(), heroku)[pair.newest("production").version]
    assert (record.kind, record.digest, record.commit) == ("promotion", digests(pair, "staging")["web"], pair.head)
    assert record.origin == f"{STAGING} {pair.newest('staging').name}"


def test_there_is_nothing_to_promote_twice(pair: Pair) -> None:
    before = pair.newest("production")
    assert "0 bytes" in pair.promote()
    assert pair.newest("production") == before


def test_between_two_registries_with_two_tokens_the_layers_go_through_here(pair: Pair) -> None:
    other = Rehearsal(pair.root / ".djheroku" / "rehearsal", ("--runtime", "docker")).start()
    try:
        pair.verb(apps.create, stage="rehearsal", name="", region="", team="", stack="")
        said = pair.promote(target="rehearsal")
        assert sent(said) > 10e6
        assert digests(pair, "rehearsal") == digests(pair, "staging")
        assert pair.tells("rehearsal")["commit"] == pair.head
    finally:
        other.stop()


def test_a_slug_and_an_image_do_not_go_together(pair: Pair) -> None:
    pair.stack("production", "heroku-24")
    with pytest.raises(UsageError, match="takes slugs"):
        pair.promote()
    pair.stack("production", "container")


def test_what_does_not_come_up_for_want_of_a_variable_is_rolled_back(pair: Pair) -> None:
    good, commit = pair.newest("production"), pair.tells("production")["commit"]
    pair.config("staging", NEEDED="1")
    pair.commit({"web.py": "import os\nos.environ['NEEDED']\n" + IMAGED["web.py"]})
    pair.to_staging()
    with pytest.raises(DeployFailed) as caught:
        pair.promote(patience=20)
    assert f"{PRODUCTION} has no COLOUR, NEEDED" in pair.said
    assert pair.newest("production").description == f"Rollback to {good.name}"
    assert pair.tells("production")["commit"] == commit
    assert "NEEDED" in f"{caught.value.headline}\n{caught.value.finding}"


def test_a_staging_that_was_rolled_back_is_not_promoted(pair: Pair) -> None:
    client = pair.at("staging").client
    newest, *_, old = [each for each in releases.every(client, STAGING) if each.description.startswith("Deployed")]
    releases.rollback(client, STAGING, old, before=newest)
    pair.settled("staging")
    with pytest.raises(UsageError, match="is not the one that runs") as caught:
        pair.promote()
    assert "./inv deploy --stage staging" in caught.value.todo
