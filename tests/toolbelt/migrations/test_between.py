"""Two commits, and the migrations that came between them."""

from __future__ import annotations

import io
from pathlib import Path

from tests.checkout import ROOT
from tests.toolbelt.artifacts.repositories import commit
from tests.toolbelt.migrations.written import DROP, NEXT, shop, source
from toolbelt import config as configuration
from toolbelt.commands.release import migrated
from toolbelt.migrations import IRREVERSIBLE, SAFE, Migration, among, between
from toolbelt.migrations.difference import _counts, judged, sources
from toolbelt.output import Printer
from toolbelt.tools import Tools

__all__ = ["shop"]


def labels(found: tuple[Migration, ...] | None) -> list[tuple[str, str]]:
    assert found is not None
    return [(each.label, each.verdict) for each in found]


def test_what_came_between_two_commits_in_the_order_of_dependencies(shop: tuple[Path, str]) -> None:
    root, old = shop
    first = source("migrations.RunPython(fill, empty)", dependencies='("shop", "0003_drop")')
    new = commit(root, {"shop/migrations/0002_grade.py": NEXT, "shop/migrations/0003_drop.py": DROP,
                        "aaa/__init__.py": "", "aaa/apps.py": 'class A:\n    label = "zoo"\n',
                        "aaa/migrations/0001_initial.py": first,
                        "shop/tests/app/migrations/0001_initial.py": DROP,
                        "shop/other.py": "class Migration: ..."})  # fmt: skip
    assert labels(between(root, old, new)) == [
        ("shop.0002_grade", SAFE),
        ("shop.0003_drop", IRREVERSIBLE),
        ("zoo.0001_initial", SAFE),
    ]
    assert between(root, new, new) == ()
    assert between(root, new, old) == ()


def test_nothing_is_said_of_a_commit_that_is_not_here(shop: tuple[Path, str]) -> None:
    root, old = shop
    for unknown in ("", "unknown", "0" * 40, f"{old}-dirty", "--output=x"):
        assert between(root, unknown, old) is None
    assert between(root, old, "0" * 40) is None


def test_those_that_are_named_are_judged_by_what_came_before_them(shop: tuple[Path, str]) -> None:
    root, _ = shop
    new = commit(root, {"shop/migrations/0002_grade.py": NEXT, "shop/migrations/0003_drop.py": DROP})
    assert labels(among(root, new, ["shop.0003_drop", "auth.0001_initial"])) == [("shop.0003_drop", IRREVERSIBLE)]
    assert among(root, new, []) == ()
    assert among(root, "0" * 40, ["shop.0003_drop"]) is None


def test_what_a_release_phase_says_it_has_applied(shop: tuple[Path, str]) -> None:
    root, _ = shop
    new = commit(root, {"shop/migrations/0002_grade.py": NEXT, "shop/migrations/0003_drop.py": DROP})
    tools = Tools(configuration.load(root, environ={}), Printer(file=io.StringIO()))
    said = [
        "Operations to perform:",
        "Running migrations:",
        "  Applying shop.0002_grade... OK",
        "  Applying shop.0003_drop... OK",
    ]
    assert labels(migrated.applied(tools, new, said)) == [("shop.0002_grade", SAFE), ("shop.0003_drop", IRREVERSIBLE)]
    assert migrated.applied(tools, new, ["Running migrations:", "  No migrations to apply."]) == ()
    assert migrated.applied(tools, new, ["hello"]) is None


def test_an_image_of_the_checkout_has_what_lies_there(shop: tuple[Path, str]) -> None:
    root, old = shop
    (root / "shop/migrations/0002_grade.py").write_text(NEXT)
    assert labels(between(root, old, f"{old}-dirty")) == [("shop.0002_grade", SAFE)]
    assert between(root, old, old) == ()


def test_a_squash_of_what_is_applied_changes_nothing(shop: tuple[Path, str]) -> None:
    root, old = shop
    text = source('migrations.DeleteModel("Book")', more='replaces = [("shop", "0001_initial")]')
    new = commit(root, {"shop/migrations/0001_squashed.py": text})
    assert labels(between(root, old, new)) == [("shop.0001_squashed", SAFE)]
    other = commit(root, {"shop/migrations/0001_squashed.py": text.replace("0001_initial", "0009_never")})
    assert labels(between(root, old, other)) == [("shop.0001_squashed", IRREVERSIBLE)]


def test_this_projects_own_migrations_are_read() -> None:
    root = ROOT
    paths = [str(path.relative_to(root)) for path in (root / "djheroku").rglob("migrations/0*.py")]
    found = judged(sources({path: (root / path).read_text() for path in paths}, paths), fresh=paths)
    assert found
    assert all(map(_counts, paths))
    assert {each.verdict for each in found} == {SAFE}
