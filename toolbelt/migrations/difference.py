"""Two commits -> the migrations that the second has and the first has not, with their verdicts."""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from toolbelt import shell
from toolbelt.git import files
from toolbelt.migrations.effects import SAFE
from toolbelt.migrations.reading import Source, label, read
from toolbelt.migrations.schema import Schema
from toolbelt.migrations.verdicts import Migration, judge

DIRTY = "-dirty"  # an image of what lies in the checkout, whatever is committed
MARK = "class Migration("


def between(root: Path, old: str, new: str) -> tuple[Migration, ...] | None:
    """What deploying ``new`` applies where ``old`` runs, in the order of application.

    None where that cannot be known: a commit is not in this clone, or what runs was never committed. With "-dirty"
    behind it, ``new`` is the checkout as it lies here.
    """
    if not known(root, old) or not known(root, new.removesuffix(DIRTY)):
        return None
    before = _listed(root, old)
    after = _lying(root) if new.endswith(DIRTY) else _listed(root, new)
    fresh = set(after) - set(before)
    if not fresh:
        return ()
    # The fields that an operation changes are known from the migrations before it, in its own app.
    folders = {PurePosixPath(path).parent for path in fresh}
    wanted = [path for path in after if PurePosixPath(path).parent in folders]
    texts = _lying_texts(root, wanted, folders) if new.endswith(DIRTY) else _texts(root, new, wanted, folders)
    return judged(sources(texts, wanted), fresh=fresh)


def among(root: Path, commit: str, labels: Iterable[str]) -> tuple[Migration, ...] | None:
    """The verdicts of those of a commit's migrations that are named: ``app.name``. None where the commit is not here."""
    if not known(root, commit.removesuffix(DIRTY)):
        return None
    lying, named = commit.endswith(DIRTY), set(labels)
    every = _lying(root) if lying else _listed(root, commit)
    folders = {PurePosixPath(path).parent for path in every}
    found = sources(_lying_texts(root, every, folders) if lying else _texts(root, commit, every, folders), every)
    return judged(found, fresh=[path for path, source in found.items() if ".".join(source.key) in named])


def known(root: Path, commit: str) -> bool:
    """The commit is in this clone."""
    if not commit or commit.endswith(DIRTY) or commit.startswith("-"):
        return False
    done = shell.run(["git", "-C", root, "cat-file", "-e", f"{commit}^{{commit}}"], check=False)
    return done.returncode == 0


def judged(found: Mapping[str, Source], *, fresh: Iterable[str]) -> tuple[Migration, ...]:
    """The verdicts of the fresh ones; found has them and those before them, by path."""
    pending = {found[path].key for path in fresh if path in found}
    there = {each.key for each in found.values()} - pending
    schema, verdicts = Schema(), []
    for source in ordered(list(found.values())):
        if source.key not in pending:
            for operation in source.operations or ():
                schema.apply(source.app, operation, pending=False)
        elif source.replaces and set(source.replaces) <= there:
            verdicts.append(Migration(source.app, source.name, SAFE, ("stands for migrations that are applied already",)))
        else:
            verdicts.append(judge(source, schema))
    return tuple(verdicts)


def ordered(found: list[Source]) -> list[Source]:
    """Each behind those that it depends on; else by name."""
    by_key = {each.key: each for each in sorted(found, key=lambda each: each.key)}
    done: dict[tuple[str, str], Source] = {}

    def visit(each: Source, above: frozenset[tuple[str, str]]) -> None:
        if each.key in done or each.key in above:
            return
        for dependency in each.dependencies:
            if dependency in by_key:
                visit(by_key[dependency], above | {each.key})
        done[each.key] = each

    for each in by_key.values():
        visit(each, frozenset())
    return list(done.values())


def sources(texts: Mapping[str, str], wanted: Iterable[str]) -> dict[str, Source]:
    """The migrations in these files, by path."""
    found = {}
    for path in wanted:
        place = PurePosixPath(path)
        app = label(texts.get(str(place.parent.parent / "apps.py"), "")) or place.parent.parent.name
        if path in texts and (source := read(app, place.stem, texts[path])) is not None:
            found[path] = source
    return found


def _counts(path: str) -> bool:
    """Apps that only tests install are never migrated on Heroku."""
    return path.endswith(".py") and not {"test", "tests"} & set(PurePosixPath(path).parts)


def _listed(root: Path, commit: str) -> list[str]:
    argv = ["git", "-C", str(root), "grep", "--no-color", "-l", "-z", "--full-name", "-F", "-e", MARK, commit, "--", "*.py"]
    found = shell.run(argv, check=False).stdout.split("\0")
    return [path for each in found if (path := each.partition(":")[2]) and _counts(path)]


def _lying(root: Path) -> list[str]:
    python = [path for path in files(root) if _counts(path) and "migrations" in PurePosixPath(path).parts]
    return [path for path in python if MARK in (root / path).read_text(encoding="utf-8", errors="replace")]


def _texts(root: Path, commit: str, paths: list[str], folders: Iterable[PurePosixPath]) -> dict[str, str]:
    apps = [str(folder.parent / "apps.py") for folder in folders]
    tree = shell.run(["git", "-C", root, "ls-tree", "--name-only", "-z", commit, "--", *apps]).stdout
    texts = {}
    with tempfile.NamedTemporaryFile(suffix=".tar") as archive:
        argv = ["git", "-C", str(root), "archive", "--format=tar", f"--output={archive.name}", commit, "--"]
        shell.run([*argv, *paths, *filter(None, tree.split("\0"))])
        with tarfile.open(archive.name) as packed:
            for member in packed:
                if (file := packed.extractfile(member)) is not None:
                    texts[member.name] = file.read().decode(errors="replace")
    return texts


def _lying_texts(root: Path, paths: list[str], folders: Iterable[PurePosixPath]) -> dict[str, str]:
    every = [*paths, *(str(folder.parent / "apps.py") for folder in folders)]
    return {path: (root / path).read_text(encoding="utf-8", errors="replace") for path in every if (root / path).is_file()}
