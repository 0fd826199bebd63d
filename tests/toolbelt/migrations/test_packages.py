"""Packages that changed, and the migrations that they bring."""

from __future__ import annotations

from pathlib import Path

import django
import httpx
import pytest

from tests.toolbelt.artifacts.repositories import commit
from tests.toolbelt.migrations.written import GRADE, INITIAL, shop, source
from toolbelt.migrations import IRREVERSIBLE, SAFE, brought, packages

__all__ = ["shop"]

SETTINGS = 'INSTALLED_APPS = ["django.contrib.auth", "books.shop.apps.Shop", "books"]\n'
CONTENT_TYPES = SETTINGS.replace("auth", "contenttypes")


def test_packages_with_migrations_that_changed(shop: tuple[Path, str]) -> None:
    root, old = shop
    locked = f"django=={django.__version__} --hash=x\nrq==2.0\nhttpx=={httpx.__version__}\nsomething==2\n"
    new = commit(root, {"requirements.txt": locked, "settings.py": CONTENT_TYPES})
    found = {each.name: each for each in packages(root, old, new)}
    assert set(found) == {"django", "something"}  # httpx is installed, and has none
    assert found["django"].apps == ("django.contrib.contenttypes",)  # and no other that the site does not name
    assert found["django"].fresh is None
    assert [each.label for each in found["django"].doubtful] == ["contenttypes.0002_remove_content_type_name"]
    assert found["something"].apps is None
    assert found["django"].told == f"django 5.1 → {django.__version__}"
    assert packages(root, new, new) == packages(root, "0" * 40, new) == ()


def test_where_all_that_a_package_has_is_safe_it_does_not_matter_what_is_new(shop: tuple[Path, str]) -> None:
    root, old = shop
    new = commit(root, {"requirements.txt": f"django=={django.__version__}\n", "settings.py": SETTINGS})
    (found,) = packages(root, old, new)
    assert (found.apps, found.fresh, found.doubtful) == (("django.contrib.auth",), None, ())


class Installed:
    """What pip would have put into this environment."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __call__(self, version: str, **migrations: str) -> None:
        files = {f"books/shop/migrations/{name}.py": text for name, text in migrations.items()}
        files |= {
            "books/shop/apps.py": 'class Shop:\n    label = "store"\n',
            "books/migrations/base.py": "class Migration: ...\n",
        }
        for path, text in files.items():
            (self.place / path).parent.mkdir(parents=True, exist_ok=True)
            (self.place / path).write_text(text)
        for each in self.place.glob("*.dist-info/*"):
            each.unlink()
        info = self.place / "books.dist-info"
        info.mkdir(exist_ok=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: books\nVersion: {version}\n")
        (info / "RECORD").write_text("".join(f"{path},,\n" for path in files))


@pytest.fixture
def installed(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Installed:
    place = tmp_path_factory.mktemp("site-packages")
    monkeypatch.syspath_prepend(str(place))
    return Installed(place)


def test_what_a_version_had_is_kept_for_the_next_one(shop: tuple[Path, str], installed: Installed, tmp_path: Path) -> None:
    root, kept = shop[0], tmp_path / "kept"
    drop = source('migrations.RemoveField("book", "note")', dependencies='("store", "0001_initial")')
    grade = source(GRADE.format("models.TextField(null=True)"), dependencies='("store", "0002_drop")')
    one = commit(root, {"requirements.txt": "books==1\n", "settings.py": SETTINGS})
    two, three = (commit(root, {"requirements.txt": f"books=={number}\n"}) for number in (2, 3))

    installed("1", **{"0001_initial": INITIAL})
    (new,) = packages(root, shop[1], one, kept=kept)  # nothing of it is there yet: all of it comes
    assert [(each.label, each.verdict) for each in new.fresh or ()] == [("store.0001_initial", SAFE)]

    installed("2", **{"0001_initial": INITIAL, "0002_drop": drop})
    (found,) = packages(root, one, two, kept=kept)
    assert [(each.label, each.verdict, each.old_code_works) for each in found.fresh or ()] == [
        ("store.0002_drop", IRREVERSIBLE, False)
    ]
    assert brought([new, found]) == (*(new.fresh or ()), *(found.fresh or ()))

    installed("3", **{"0001_initial": INITIAL, "0002_drop": drop, "0003_grade": grade})
    (found,) = packages(root, two, three, kept=kept)
    assert [(each.label, each.verdict) for each in found.fresh or ()] == [("store.0003_grade", SAFE)]
    (found,) = packages(root, one, two, kept=kept)
    assert found.apps is None  # what is installed is the one after it


def test_what_was_not_seen_is_not_guessed(shop: tuple[Path, str], installed: Installed, tmp_path: Path) -> None:
    root = shop[0]
    one = commit(root, {"requirements.txt": "books==1\n", "settings.py": SETTINGS})
    two = commit(root, {"requirements.txt": "books==2\n"})
    drop = source('migrations.RemoveField("book", "note")', dependencies='("store", "0001_initial")')
    installed("2", **{"0001_initial": INITIAL, "0002_drop": drop})
    (found,) = packages(root, one, two, kept=tmp_path / "kept")
    assert found.fresh is None
    assert [each.label for each in found.doubtful] == ["store.0002_drop"]
    assert brought([found]) == ()
