"""The report as one page of HTML: everything in it, nothing fetched, no script."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from toolbelt.output import size
from toolbelt.report import pictures
from toolbelt.report.counting import count
from toolbelt.report.facts import Facts, Leg, title
from toolbelt.report.judging import measures, verdict
from toolbelt.report.markup import Child, Markup, el, join
from toolbelt.report.measure import OK, OVER, UNSEEN, WARN, Measure
from toolbelt.report.style import sheet
from toolbelt.report.telling import many, seconds

WORDS = {OK: "✓ ok", WARN: "! look", OVER: "✗ over", UNSEEN: "not seen"}
# Nothing is loaded and nothing runs, whatever finds its way into the page.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def render(facts: Facts) -> str:
    level, sentence = verdict(facts)
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", http_equiv="Content-Security-Policy", content=POLICY),
        el("title", f"Rehearsal of {facts.project}: {sentence}"),
        el("style", Markup(sheet())),
    )
    body = el("main", _opening(facts, level, sentence), _limits(facts), *_pictures(facts), *_tables(facts), _closing(facts))
    return f"<!doctype html>\n{el('html', head, el('body', body), lang='en')}\n"


def _opening(facts: Facts, level: str, sentence: str) -> Markup:
    like = f", made like {facts.like}" if facts.like else ""
    told = f"{facts.kind} build, dynos are {_runtime(facts)}, {facts.when}, {seconds(facts.seconds)} in all"
    return el(
        "header",
        el("p", f"Rehearsal of {facts.project}{like}", class_="kind"),
        el("h1", sentence, class_=level),
        el("p", told, class_="soft"),
        el("ol", *(_leg(facts, leg) for leg in facts.legs), class_="legs"),
    )


def _runtime(facts: Facts) -> str:
    return "containers" if facts.runtime == "docker" else "processes"


def _leg(facts: Facts, leg: Leg) -> Markup:
    outcome = leg.outcome or "failed"
    return el(
        "li",
        el("b", title(facts, leg)),
        el("span", el("code", leg.short), f" {leg.subject}" if leg.subject else None, class_="what"),
        el("span", leg.trouble, class_="trouble") if leg.trouble else None,
        el("span", ", ".join(filter(None, [leg.release, outcome, seconds(leg.seconds)])), class_="end"),
        class_=outcome.split()[0],
    )


def _limits(facts: Facts) -> Markup | None:
    found = measures(facts)
    if not found:
        return None
    names = (("", ""), ("What", ""), ("Seen", "num"), ("Used", "use"), ("Heroku allows", "cap"), ("", "note"))
    head = el("tr", *(el("th", name, scope="col", class_=class_ or None) for name, class_ in names))
    return el(
        "section",
        el("h2", "Against Heroku's limits"),
        el("table", el("thead", head), el("tbody", *(_row(measure) for measure in found)), class_="measures"),
    )


def _row(measure: Measure) -> Markup:
    return el(
        "tr",
        el("td", el("span", WORDS[measure.level], class_=f"pill {measure.level}")),
        el("th", measure.name, scope="row"),
        el("td", measure.value, class_="num"),
        el("td", pictures.meter(measure.share, measure.level), class_="use"),
        el("td", measure.limit, class_="cap num"),
        el("td", measure.note, class_="note"),
    )


def _pictures(facts: Facts) -> list[Markup]:
    load = count(facts.requests)
    keys = join(*(join(el("span", class_=f"key {name}"), said) for name, said in
                  (("make", "made"), ("change", "changed on the app"), ("look", "looked at"))))  # fmt: skip
    away = f"{load.lost} of {load.total} were lost" if load.lost else f"none of {load.total} was lost"
    found = (
        ("Step by step", pictures.timeline(facts), keys),
        ("Memory", pictures.memory_chart(facts), "Each line is a dyno; above the dashed line Heroku writes R14 and swaps."),
        (
            "Requests during the switch",
            pictures.requests_chart(facts),
            f"{facts.rate:g} requests a second to {facts.path}: {away}. How long each took, on a scale of powers of ten.",
        ),
    )
    return [
        el("section", el("h2", name), el("p", said, class_="soft"),
           el("figure", drawn, tabindex="0", role="group", aria_label=name))
        for name, drawn, said in found if drawn is not None
    ]  # fmt: skip


def _tables(facts: Facts) -> list[Markup]:
    found: list[Markup] = []
    if changes := facts.main.migrations if facts.main else None:
        rows = [[each.label, each.verdict, "; ".join(each.reasons) or "the code that runs now lives with it"] for each in changes]
        found.append(_table("Migrations", ("Migration", "Is", "Because"), rows, codes=(0,)))
    if locks := facts.main.locks if facts.main else None:
        rows = [
            [lock.relation, lock.mode, seconds(lock.seconds), many(lock.waited, "session") if lock.waited else "nobody"]
            for lock in sorted(locks, key=lambda lock: -lock.seconds)
        ]
        found.append(_table("Locks on tables", ("Table", "Lock", "Held", "Waited for it"), rows, codes=(0, 1)))
    writes = {(write.path, dyno.name, write.size) for leg in facts.legs for dyno in leg.dynos for write in dyno.writes}
    if writes:
        rows = [[path, name, size(count_)] for path, name, count_ in sorted(writes)[:40]]
        found.append(_table("Written to disk: a restart loses it", ("File", "Dyno", "Size"), rows, codes=(0,)))
    if facts.config:
        told = [(source, ", ".join(names)) for source, names in facts.config if names]
        found.append(_table("Config vars: the app's names, and none of its values", ("Value", "Names"), told, codes=(1,)))
    if facts.notes:
        items = el("ul", *(el("li", note) for note in facts.notes), class_="plain")
        found.append(el("section", el("h2", "What this rehearsal could not do as Heroku does"), items))
    return found


def _table(name: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, codes: Sequence[int]) -> Markup:
    def cell(index: int, said: str) -> Child:
        return el("code", said) if index in codes else said

    head = el("tr", *(el("th", column, scope="col") for column in columns))
    body = [el("tr", *(el("td", cell(index, said)) for index, said in enumerate(row))) for row in rows]
    return el("section", el("h2", name), el("div", el("table", el("thead", head), el("tbody", *body)), class_="wide"))


def _closing(facts: Facts) -> Markup:
    return el(
        "footer",
        "Made by ",
        el("code", "./inv rehearse" + (f" --like {facts.like.split()[0]}" if facts.like else "")),
        " on a Heroku of its own. Times are those of this machine; Heroku's may differ.",
    )
