"""``python -m verbs``: what ./inv runs in its .venv."""

from __future__ import annotations

from verbs.program import program

program.run()
