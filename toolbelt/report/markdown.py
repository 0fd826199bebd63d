"""The report under a pull request, or on the page of a CI run: GitHub's Markdown."""

from __future__ import annotations

import re

from toolbelt.report import text
from toolbelt.report.facts import Facts
from toolbelt.report.measure import OK, OVER, UNSEEN, WARN

WORDS = {OK: "ok", WARN: "**look**", OVER: "**over**", UNSEEN: "not seen"}


def render(facts: Facts) -> str:
    lines = [f"### Rehearsal: {escape(text.last(facts)[1])}", "", escape(text.head(facts)), ""]
    lines += [f"- {escape(each)}" for each in text.story(facts)]
    lines += ["", "| | | seen | Heroku allows | |", "|---|---|--:|---|---|"]
    for _, measure in text.rows(facts):
        name, value, limit, note = map(escape, text.line(measure))
        lines.append(f"| {WORDS[measure.level]} | {name} | {value} | {limit.removeprefix('of ')} | {note} |")
    if facts.notes:
        lines += ["", "<details><summary>What this rehearsal could not do as Heroku does</summary>", ""]
        lines += [f"- {escape(note)}" for note in facts.notes]
        lines += ["", "</details>"]
    return "\n".join(lines) + "\n"


def escape(said: str) -> str:
    """As text, whatever it says: no markup, no mention of anybody, no row or list of its own."""
    said = " ".join(said.split())
    said = said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    said = re.sub(r"([\\`*_{}\[\]()#+!|~])", r"\\\1", said)
    # A mention of somebody, or of another issue, sends mail.
    return said.replace("@", "@<!-- -->").replace("://", ":<!-- -->//")
