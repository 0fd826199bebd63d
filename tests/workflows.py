"""GitHub's workflows as they are written, and as GitHub runs them: conditions, and a job's steps."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.checkout import ROOT, Checkout

FOLDER = ROOT / ".github" / "workflows"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yml"))
EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")
TOKEN = re.compile(r"\s*(?:('[^']*')|(&&|\|\||==|!=|[()])|([a-z_]+(?:\.\w+)*))")
PYTHON = {"&&": " and ", "||": " or "}


def workflow(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yml").read_text())
    found["on"] = found.pop(True, None)  # YAML 1.1 reads "on" as a yes
    return found


def steps(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for job_name, job in workflow(name)["jobs"].items():
        yield from ((job_name, step) for step in job.get("steps", []))


def value(expression: str, context: Mapping[str, object]) -> object:
    """What an expression comes to: words, ==, !=, &&, || and parentheses, which is all that is used here.

    What the context does not have is null, as for an event that does not bring it.
    """
    words, at = "", 0
    expression = expression.strip()
    while at < len(expression):
        found = TOKEN.match(expression, at)
        assert found, expression[at:]
        text, operator, name = found.groups()
        words += repr(context.get(name)) if name else text or PYTHON.get(operator, operator)
        at = found.end()
    return eval(words, {})


def filled(text: str, context: Mapping[str, object]) -> str:
    """The text with its expressions worked out, written as GitHub writes them."""

    def written(found: re.Match[str]) -> str:
        worth = value(found[1], context)
        return "" if worth is None else str(worth).lower() if isinstance(worth, bool) else str(worth)

    return EXPRESSION.sub(written, text)


@dataclass
class Runner:
    """Runs a job's steps as GitHub does: bash, one environ per step, outputs and summary in files."""

    checkout: Checkout
    context: Mapping[str, object]
    folder: Path
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)

    def job(self, name: str, job: str) -> str:
        """The job's steps in order; its environment's URL."""
        for number, step in enumerate(workflow(name)["jobs"][job]["steps"]):
            if "run" in step:
                self._step(step, f"{name}-{job}-{number}")
        return self._filled(workflow(name)["jobs"][job].get("environment", {}).get("url", ""))

    def begin(self, step: Mapping[str, Any], name: str) -> subprocess.Popen[str]:
        """A step that runs by the shell that GitHub signals when the run is cancelled; its stdout has stderr, too."""
        environ = self.checkout.child_environ() | {"CI": "true", "GITHUB_ACTIONS": "true"}
        environ |= {"GITHUB_SHA": self.checkout.git("rev-parse", "HEAD")}
        for key in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
            (self.folder / f"{name}.{key}").touch()
            environ[key] = str(self.folder / f"{name}.{key}")
        environ |= {key: self._filled(str(given)) for key, given in step.get("env", {}).items()}
        script = self.folder / f"{name}.sh"
        script.write_text(step["run"])
        return subprocess.Popen(
            ["bash", "-e", str(script)], cwd=self.checkout.root, env=environ, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def _step(self, step: Mapping[str, Any], name: str) -> None:
        begun = self.begin(step, name)
        try:
            said, _ = begun.communicate(timeout=300)
        except subprocess.TimeoutExpired:
            begun.kill()
            raise
        assert begun.returncode == 0, f"{step['run']}\n{said}"
        if "id" in step:
            lines = (self.folder / f"{name}.GITHUB_OUTPUT").read_text().splitlines()
            self.outputs[step["id"]] = dict(line.split("=", 1) for line in lines)

    def _filled(self, text: str) -> str:
        outputs = {f"steps.{step}.outputs.{name}": told for step, all_ in self.outputs.items() for name, told in all_.items()}
        return filled(text, {**self.context, **outputs})
