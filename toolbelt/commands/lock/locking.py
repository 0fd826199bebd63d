"""One change of an app at a time, across machines: the lock is an app webhook that tells nobody anything.

Why a webhook, and why this is safe: docs/adr/0011-lock.md.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from toolbelt import git
from toolbelt.commands.endings import like_ctrl_c
from toolbelt.commands.lock import holding
from toolbelt.commands.lock.holding import Holder
from toolbelt.errors import ToolbeltError
from toolbelt.heroku import webhooks
from toolbelt.heroku.refusals import Forbidden, NotFound, PaymentNeeded, Unprocessable
from toolbelt.heroku.webhooks import Webhook
from toolbelt.output import ago
from toolbelt.tools import Heroku, Tools

# Certificates change about once in two months: what is subscribed to hardly ever happens, and goes nowhere.
INCLUDE = ("api:sni-endpoint",)
STALE = timedelta(hours=2)  # a release phase may take long, a whole deploy does not take this long
BESIDE = timedelta(seconds=30)  # who began this shortly before us is a rival, not a lock that was left behind
LOOKS = 10
_WISHED: set[str] = set()  # addresses of the locks that this process has or is taking now
CANNOT = (Forbidden, NotFound, PaymentNeeded, Unprocessable)


class Locked(ToolbeltError):
    """Somebody else is at it: who, since when, with which commit."""


@contextmanager
def locked(
    tools: Tools, heroku: Heroku, *, commit: str, verb: str, again: str = "", break_lock: bool = False
) -> Iterator[list[Holder]]:
    """Hold the app's lock for as long as the block takes, however it ends; whose locks were taken over for it.

    again: the command to be typed once more, if it is more than the verb and the stage.
    A lock whose process was one of this machine and is gone is taken over; break_lock takes over any other as well.
    An account that may not make webhooks works without a lock, and is told so. Raises Locked.
    """
    again = again or f"./inv {verb}{heroku.stage.flag}"
    wish = _Wish(tools, heroku, holding.ours(tools, heroku, commit=commit, verb=verb), again, break_lock)
    with like_ctrl_c():
        try:
            wish.take()
            yield wish.taken
        finally:
            wish.give_back()


def holder(heroku: Heroku) -> Holder | None:
    """Who holds the app's lock now, or None."""
    return next((found for _, found in _locks(heroku)), None)


def _locks(heroku: Heroku) -> list[tuple[Webhook, Holder]]:
    """The oldest first."""
    found = [(hook, holding.read(hook.url, hook.created)) for hook in webhooks.every(heroku.client, heroku.app)]
    return [(hook, held) for hook, held in found if held is not None]


@dataclass
class _Wish:
    """To hold the lock: taken, held, given back."""

    tools: Tools
    heroku: Heroku
    ours: Holder
    again: str
    break_lock: bool
    url: str = field(init=False)
    mine: Webhook | None = None
    asked: bool = False
    taken: list[Holder] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.url = holding.url(self.ours, nonce=secrets.token_hex(4))

    def take(self) -> None:
        """Put ours beside what is there, and go on when nobody else's is left: of two who began together at least one
        sees the other, and the later one leaves."""
        self.asked = True
        _WISHED.add(self.url)
        try:
            self.mine = webhooks.create(self.heroku.client, self.heroku.app, self.url, include=INCLUDE)
        except CANNOT as error:
            self._without(error)
            return
        for _ in range(LOOKS):
            others = self._others(self.mine)
            if not others:
                return
            earlier = [held for hook, held in others if _age(hook, held) < _age(self.mine, self.ours)]
            if earlier:
                raise self._refusal(earlier[0])
            self.heroku.client.sleep(random.uniform(0.3, 0.9))  # noqa: S311 (not for secrets)
        raise self._refusal(others[0][1])

    def _others(self, mine: Webhook) -> list[tuple[Webhook, Holder]]:
        """The locks of others, without those that may be taken over: they are, on the way."""
        there = _locks(self.heroku)
        if mine.id not in {hook.id for hook, _ in there}:
            self.mine = None
            raise Locked(
                f"Somebody broke the lock on {self.heroku.app} while it was being taken",
                todo=f"{self.again} when they are done",
            )
        left = []
        for hook, held in there:
            if hook.url == self.url:  # a POST whose answer was lost may have made two of it
                continue
            gone = held.gone() or self._left_behind(hook, held)
            if not gone and not (self.break_lock and _before(hook, mine, BESIDE)):
                left.append((hook, held))
                continue
            webhooks.delete(self.heroku.client, self.heroku.app, hook.id)
            self.taken.append(held)
            why = f"process {held.pid} of this machine is gone" if gone else "as --break-lock says"
            self.tools.printer.warn(f"took over the lock of {held.told}: {why}")
        return left

    def _left_behind(self, hook: Webhook, held: Holder) -> bool:
        """This very process made it, and could not remove it, for its token had expired or nobody answered."""
        return (held.pid, held.place) == (self.ours.pid, self.ours.place) and hook.url not in _WISHED

    def _refusal(self, held: Holder) -> Locked:
        app, again = self.heroku.app, self.again
        what = " ".join(filter(None, ("commit", held.commit[:7], git.subject(self.tools.config.root, held.commit))))
        since = f"since {held.since:%Y-%m-%d %H:%M:%S} UTC"
        lines = [f"{what}, {since}" if held.commit else since, held.whereabouts]
        now = self.mine.created if self.mine and self.mine.created else datetime.now(UTC)  # Heroku's clock, if it can be
        if now - held.since > STALE:
            return Locked(
                f"{app} is locked by {held.who} since {ago(held.since)}: most likely by a run that was killed",
                finding="\n".join(lines),
                todo=f"Ask them if you can, then: {again} --break-lock",
            )
        todo = f"Wait for it, then: {again}. If nobody is at it any more, add --break-lock"
        if self.break_lock:
            todo = f"It has begun just now, and a lock so young is not broken: {again} --break-lock in half a minute"
        return Locked(
            f"{app} is locked: {held.who} runs ./inv {held.verb} on it, begun {ago(held.since)}",
            finding="\n".join(lines),
            todo=todo,
        )

    def _without(self, error: ToolbeltError) -> None:
        """No lock can be had: others' are heeded all the same, as far as they can be seen."""
        self.asked = False
        try:
            there = [held for _, held in _locks(self.heroku) if not held.gone()]
        except CANNOT:
            there = []
        if there and not self.break_lock:
            raise self._refusal(there[0])
        reason = error.finding.partition("\n")[0] or error.headline
        self.tools.printer.warn(f"no lock: this account cannot make webhooks ({reason}), so that others are not kept out")

    def give_back(self) -> None:
        """Remove ours, also where it is not known whether it came to be."""
        _WISHED.discard(self.url)
        if not self.asked:
            return
        client, app = self.heroku.client, self.heroku.app
        try:
            left = [hook for hook in webhooks.every(client, app) if hook.url == self.url]
            for hook in left:
                webhooks.delete(client, app, hook.id)
        except ToolbeltError as error:
            self.tools.printer.warn(f"the lock stays behind ({error.headline}); the next run on this machine takes it over")


def _age(hook: Webhook, held: Holder) -> tuple[float, str, str]:
    """What orders two locks, the same for everybody who looks: Heroku's second, within it their own clocks, in doubt
    anything. Where it orders them wrongly the one that is to leave waits in vain, and leaves then."""
    return (hook.created.timestamp() if hook.created else 0.0, held.asked, hook.id)


def _before(hook: Webhook, mine: Webhook, by: timedelta) -> bool:
    return hook.created is None or mine.created is None or mine.created - hook.created >= by
