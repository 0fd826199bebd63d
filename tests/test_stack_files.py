"""The files that describe the stack to Compose and to editors say the same."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
DEBUG = yaml.safe_load((ROOT / "docker-compose.debug.yml").read_text())["services"]
PORTS = {name: int(service["environment"]["DEBUG_PORT"]) for name, service in DEBUG.items()}


def taken_from_the_checkout(stage: str) -> set[str]:
    """The files that the stages of the Dockerfile up to *stage* take from outside the image."""
    dockerfile = (ROOT / "Dockerfile").read_text()
    text = dockerfile[: dockerfile.index("\nFROM ", dockerfile.index(f" AS {stage}\n"))].replace("\\\n", " ")
    copied = re.findall(r"^COPY (?!--from)(\S+)", text, re.MULTILINE)
    return {*copied, *re.findall(r"type=bind,source=([^,\s]+)", text)}


def test_compose_watches_what_the_image_of_development_is_made_of() -> None:
    """Rebuild is the only action that goes with a bind mount."""
    expected = {"Dockerfile", *taken_from_the_checkout("dev")}
    for name in ("web", "worker"):
        rules = COMPOSE[name]["develop"]["watch"]
        assert {rule["action"] for rule in rules} == {"rebuild"}
        assert {rule["path"] for rule in rules} == expected
    assert all((ROOT / path).is_file() for path in expected)


def test_a_debugger_is_published_to_this_machine_only() -> None:
    for name, service in DEBUG.items():
        assert service["ports"] == [f"127.0.0.1:{PORTS[name]}:{PORTS[name]}"]


def test_visual_studio_code_attaches_to_where_the_debuggers_listen() -> None:
    text = re.sub(r"^\s*//.*$", "", (ROOT / ".vscode/launch.json").read_text(), flags=re.MULTILINE)
    made = {each["name"]: each for each in json.loads(text)["configurations"]}
    for name, port in PORTS.items():
        inside, outside = made[f"{name} in Docker"], made[f"{name} without Docker"]
        assert inside["connect"] == outside["connect"] == {"host": "127.0.0.1", "port": port}
        assert inside["pathMappings"][0]["remoteRoot"] == "/app"


def test_pycharm_attaches_there_too() -> None:
    """As PyCharm writes it (2025.3 and later): https://www.jetbrains.com/help/pycharm/run-debug-configuration-attach-to-dap.html"""
    for name, port in PORTS.items():
        for where, remote in (("in Docker", "/app"), ("without Docker", "$PROJECT_DIR$")):
            [made] = ET.parse(ROOT / ".run" / f"attach to {name} {where}.run.xml").getroot()
            assert made.attrib == {
                "default": "false",
                "name": f"attach to {name} {where}",
                "type": "PythonDapAttachConfiguration",
            }
            options = {option.get("name"): option.get("value") for option in made.iter("option")}
            assert options == {"localRoot": "$PROJECT_DIR$", "remoteAddress": f"127.0.0.1:{port}", "remoteRoot": remote}
