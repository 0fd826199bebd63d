"""The repository agrees with itself: what is said in two places is the same in both."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

import tasks
from toolbelt import procfile
from toolbelt.commands.local.quality import LOCKS
from toolbelt.stack import processes

ROOT = Path(__file__).resolve().parent.parent
PROCFILE = procfile.load(ROOT / "Procfile")
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
README = (ROOT / "README.md").read_text()
VERBS = {made.name.replace("_", "-"): made for group in tasks.GROUPS.values() for made in group}


def test_one_python_everywhere() -> None:
    version = (ROOT / "runtime.txt").read_text().strip().removeprefix("python-")
    images = re.findall(r"^FROM (python:\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert images
    assert set(images) == {f"python:{version}-slim"}


def test_compose_runs_the_procfiles_processes() -> None:
    services = set(COMPOSE) - {"db", "redis"}
    assert services == set(PROCFILE)


def test_compose_and_the_stack_without_docker_run_the_same_commands() -> None:
    running = processes.running(PROCFILE, host="0.0.0.0", port=8000)
    assert {name: COMPOSE[name]["command"] for name in running} == running
    assert COMPOSE["release"]["command"] == processes.RELEASE


def test_only_what_reloads_differs_from_the_procfile() -> None:
    assert set(processes.RELOADING) == {"web", "worker"}


def test_the_images_command_is_the_procfiles_web() -> None:
    commands = re.findall(r"^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert " ".join(json.loads(commands[-1])) == PROCFILE["web"]


def test_servers_are_of_the_versions_that_heroku_runs() -> None:
    assert COMPOSE["db"]["image"] == "postgres:18"
    assert COMPOSE["redis"]["image"] == "valkey/valkey:9"


def _documented() -> set[str]:
    return set(re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


# What Heroku, the image or ./inv sets; a person does not.
GIVEN = {"COMMIT", "DYNO", "HEROKU_BUILD_COMMIT", "HEROKU_SLUG_COMMIT", "HEROKU_RELEASE_VERSION", "SOURCE_VERSION"}


def test_every_variable_that_the_settings_read_is_documented() -> None:
    base = (ROOT / "djheroku" / "settings" / "base.py").read_text()
    read = set(re.findall(r"env\.(?:str|int|float|bool|list|url)\(\s*\"([A-Z][A-Z0-9_]+)\"", base))
    for name in ("dev", "heroku"):
        text = (ROOT / "djheroku" / "settings" / f"{name}.py").read_text()
        read |= set(re.findall(r"env\.(?:str|int|float|bool|list|url)\(\s*\"([A-Z][A-Z0-9_]+)\"", text))
    assert read - GIVEN - _documented() == set()


def test_app_json_names_what_must_be_set_and_no_unknown_variable() -> None:
    app = json.loads((ROOT / "app.json").read_text())
    assert app["env"]["SECRET_KEY"]["generator"] == "secret"
    assert app["env"]["DJANGO_SETTINGS_MODULE"]["value"] == "djheroku.settings.heroku"
    assert set(app["env"]) - {"DJANGO_SETTINGS_MODULE"} <= _documented()
    assert set(app["formation"]) == set(PROCFILE) - {"release"}


def test_readme_names_only_verbs_that_exist() -> None:
    verbs = set(VERBS)
    named = set(re.findall(r"(?:^|`)\./inv ([a-z][a-z.-]*[a-z])", README, re.MULTILINE))
    assert named - verbs == set()


def test_readme_names_every_verb() -> None:
    assert set(VERBS) - set(re.findall(r"`([a-z.-]+)`", README)) - {"help"} == set()


def test_every_verb_can_be_called_by_its_name() -> None:
    for name, made in VERBS.items():
        assert tasks.namespace[name] is made, name


def test_every_group_of_verbs_is_in_the_index() -> None:
    modules = [importlib.import_module(f"verbs.{path.stem}") for path in (ROOT / "verbs").glob("[a-z]*.py")]
    written = [made for module in modules for made in getattr(getattr(module, "verb", None), "verbs", [])]
    assert {made.name for made in written} == {made.name for made in VERBS.values()}
    assert len({made.name for made in written}) == len(written)


def test_what_is_for_people_only_is_in_no_slug() -> None:
    ignored = (ROOT / ".slugignore").read_text().split()
    for room in ("toolbelt", "rehearsal", "verbs", "tests", "bench", "docs", "tasks.py"):
        assert f"/{room}" in ignored


def test_every_verb_has_a_line_and_an_example() -> None:
    for name, made in VERBS.items():
        doc = made.__doc__ or ""
        assert doc.partition("\n")[0].endswith("."), name
        assert f"Example: ./inv {name}" in doc, name


@pytest.mark.parametrize("name", sorted(LOCKS))
def test_locks_hold_what_pyproject_asks_for(name: str) -> None:
    locked = set(re.findall(r"^([a-z0-9][a-z0-9._-]*)==", (ROOT / name).read_text(), re.MULTILINE))
    groups = [word for word in LOCKS[name] if not word.startswith("--")]
    wanted = [*PROJECT["project"]["dependencies"], *(each for g in groups for each in PROJECT["dependency-groups"][g])]
    names = {re.split(r"[\[~=<>; ]", each)[0].lower() for each in wanted}
    assert names - locked == set(), f"./inv lock has not been run: {name}"


def test_locks_carry_hashes_and_no_address_of_an_index() -> None:
    for name in LOCKS:
        text = (ROOT / name).read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text


def test_one_package_manager_only() -> None:
    """Heroku's buildpack fails a build that has more than one (heroku-buildpack-python, lib/package_manager.sh)."""
    for other in ("uv.lock", "poetry.lock", "Pipfile.lock", "Pipfile", ".python-version", "setup.py"):
        assert not (ROOT / other).exists(), other


def test_psycopg2_is_compiled_in_production_and_a_wheel_on_a_developers_machine() -> None:
    def locked(name: str) -> set[str]:
        return set(re.findall(r"^(psycopg2[a-z-]*)==", (ROOT / name).read_text(), re.MULTILINE))

    assert locked("requirements.txt") == {"psycopg2"}
    assert locked("requirements-dev.txt") == {"psycopg2"}
    assert locked("requirements-tools.txt") == {"psycopg2-binary"}


def test_nothing_of_this_machine_is_in_the_repository() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    home = str(Path.home())
    for name in filter(None, listed):
        path = ROOT / name
        if path.is_file() and path.suffix not in (".png", ".ico"):
            text = path.read_text(errors="replace")
            assert home in ("/", "/root") or f"{home}/" not in text, name
            assert f"{ROOT}/" not in text, name
