"""The migrations that a deploy would apply."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from toolbelt.doctor.finding import Finding, error, ok, some, warning
from toolbelt.migrations import IRREVERSIBLE, SAFE, Migration, Package


def unknown(why: str) -> Finding:
    """Nobody can tell: never to be taken for safe."""
    return warning("migrations", "which of them this deploy applies cannot be told", why, UNKNOWN)


UNKNOWN = "git fetch --unshallow, or git fetch --all, brings the commit; else look at the migrations since by hand"


def pending(found: Sequence[Migration]) -> Iterator[Finding]:
    """Those that it applies, with their verdicts."""
    for each in found:
        if each.verdict == SAFE:
            continue
        cause = "\n".join(each.reasons)
        two = "in two deploys, or" if each.verdict != IRREVERSIBLE else "a backup is taken first, and"
        yield warning("migrations", f"{each.label}: {each.verdict}", cause, f"{two} ./inv deploy --accept-migrations")
    safe = [each for each in found if each.verdict == SAFE]
    remarks = "; ".join(dict.fromkeys(reason for each in safe for reason in each.reasons))
    if safe:
        yield ok(
            "migrations",
            f"{some([each.label for each in safe])}: safe while the old code runs{f' ({remarks})' if remarks else ''}",
        )
    if not found:
        yield ok("migrations", "none that is new")


def missing(found: Sequence[Migration]) -> Iterator[Finding]:
    """Those that are applied there, and that this commit does not have: it is behind, or on another branch."""
    if not found:
        return
    names = some([each.label for each in found])
    if all(each.old_code_works for each in found):
        yield warning(
            "migrations",
            f"this commit lacks {names}",
            "they are applied there; it lives with what they made",
            "Is it the commit that you mean?",
        )
    else:
        reasons = "\n".join(reason for each in found if not each.old_code_works for reason in each.reasons)
        yield error(
            "migrations",
            f"this commit lacks {names}, and does not work without",
            reasons,
            "Deploy a commit that has them; --no-doctor deploys this one all the same",
        )


def packages(found: Sequence[Package]) -> Iterator[Finding]:
    """Packages that changed and have migrations of their own, which are not in git; those that are known to come are told
    of by ``pending``."""
    safe = [each for each in found if each.apps and each.fresh is None and not each.doubtful]
    told = [each for each in found if each.apps and each.fresh is None and each.doubtful]
    untold = [each for each in found if each.apps is None]
    if safe:
        yield ok("migrations", f"{some([each.told for each in safe])}: whatever it brings is safe while the old code runs")
    if told:
        doubtful = some([one.label for each in told for one in each.doubtful])
        yield warning(
            "migrations",
            f"{some([each.told for each in told])}: may bring migrations",
            "they come with the package, and which of them its old version had was not seen from here; not safe if they are "
            f"new: {doubtful}",
            "Its release notes tell",
        )
    if untold:
        what = f"{some([each.told for each in untold])}: not installed here"
        yield warning(
            "migrations",
            what,
            "whether they bring migrations of their own cannot be told",
            "rm -r .venv: ./inv makes it anew, from the lock",
        )
