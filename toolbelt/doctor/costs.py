"""What dynos cost: Eco dynos the account's hours, others their price a month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from toolbelt.doctor.finding import Finding, error, ok, some, warning
from toolbelt.heroku.formation import Row
from toolbelt.heroku.quotas import Quota
from toolbelt.manifest import Manifest, Wish

ECO = "eco"
HOUR = 3600
PRICE = "price"  # the topic
LITTLE = 0.1  # of the hours: less than that is told of


def eco(rows: Sequence[Row], wishes: Mapping[str, Wish]) -> list[str]:
    """Process types that run on Eco dynos, or will when what is wished for is there."""
    running = {row.type: row.size for row in rows if row.quantity}
    wanted = {name: wish.size or next(iter(running.values()), "") for name, wish in wishes.items() if wish.quantity}
    return [name for name, size in (running | wanted).items() if size.lower() == ECO]


def hours(types: Sequence[str], quota: Quota | None) -> Iterator[Finding]:
    """types: those on Eco; quota: of the app's owner, None where it is not told.

    https://devcenter.heroku.com/articles/eco-dyno-hours: who has used them up is without Eco dynos until the first of
    the next month; no more of them can be bought.
    """
    if not types or quota is None:
        return
    told = f"{quota.left / HOUR:,.0f} of {quota.whole / HOUR:,.0f} Eco hours are left this month"
    if not quota.whole:
        yield error(
            "dynos",
            f"{some(types)} on Eco, and the app's owner has no Eco plan",
            "without it Eco dynos do not start",
            "Subscribe at https://dashboard.heroku.com/account/billing, or ./inv ps.scale web=1:basic",
        )
    elif not quota.left:
        yield error(
            "dynos",
            f"the account's {quota.whole / HOUR:,.0f} Eco hours are used up: {some(types)} will not start",
            "all Eco dynos of the account sleep until the first of next month, whatever is deployed; hours cannot be bought",
            f"./inv ps.scale {types[0]}=1:basic, or wait",
        )
    elif quota.left < LITTLE * quota.whole:
        yield warning(
            "dynos",
            told,
            "once they are used up all Eco dynos of the account sleep until the first of next month",
            f"./inv ps.scale {types[0]}=1:basic, before that",
        )
    else:
        yield ok("dynos", told)


def coming(rows: Sequence[Row], manifest: Manifest, processes: Mapping[str, str]) -> dict[str, Wish]:
    """What a deploy starts of its own: process types that have never had a quantity."""
    there = {row.type for row in rows}
    return {name: wish for name, wish in manifest.formation.items() if name in processes and name not in there}


def price(rows: Sequence[Row], wishes: Mapping[str, Wish], cents: Mapping[str, int]) -> Iterator[Finding]:
    """What the process types that a deploy starts add to what the formation costs. cents: a month, by size in lower case;
    Eco dynos have no price of their own, but the account's plan."""

    def cost(quantity: int, size: str) -> int:
        return quantity * (0 if size.lower() == ECO else cents.get(size.lower(), 0))

    sizes = {row.size for row in rows if row.quantity}
    usual = sizes.pop() if len(sizes) == 1 else ""
    wanted = {name: (wish.quantity, wish.size or usual) for name, wish in wishes.items() if wish.quantity}
    if not wanted:
        return
    told = [f"{name}={many} {size.lower() or 'of a size that Heroku chooses'}" for name, (many, size) in wanted.items()]
    now, more = sum(cost(row.quantity, row.size) for row in rows), sum(cost(*each) for each in wanted.values())
    sums = f"{_dollars(more)} a month" + (f" more, {_dollars(now + more)} in all" if now else "")
    yield ok(PRICE, f"a deploy starts {', '.join(told)}: {sums}, without add-ons")


def _dollars(cents: int) -> str:
    return f"${cents / 100:,.2f}"
