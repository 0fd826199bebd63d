"""The report for machines: facts, measures and verdict as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict

from toolbelt.report.counting import count
from toolbelt.report.facts import Facts
from toolbelt.report.judging import measures, verdict

SCHEMA = 1  # raised when a name changes its meaning or goes away


def render(facts: Facts) -> str:
    level, sentence = verdict(facts)
    told = {
        "schema": SCHEMA,
        "verdict": {"level": level, "sentence": sentence},
        "measures": [asdict(measure) for measure in measures(facts)],
        "load": asdict(count(facts.requests)) if facts.requests else None,
        "facts": asdict(facts),
    }
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"
