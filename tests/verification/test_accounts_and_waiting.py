"""Who is logged in, and add-ons that are waited for, as the verbs have it and as the real Heroku CLI finds it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.verification.cli import Heroku
from tests.verification.commanded import Commanded

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("heroku-cli"), pytest.mark.timeout(600)]

ON, APP = ("--stage", "staging"), ("--app", "tiny")
PROVISIONING = 20.0  # seconds that an add-on is on its way: long enough for two verbs on a busy machine
# A keyring as a desktop has one, but in a file: that of the tests must outlive the process of one verb.
KEYRING = """\
import json, pathlib
import keyring.backend, keyring.errors

class Keyring(keyring.backend.KeyringBackend):
    priority = 1
    file = pathlib.Path(__file__).with_name("kept.json")

    def kept(self):
        return json.loads(self.file.read_text()) if self.file.exists() else {}

    def get_password(self, service, username):
        return self.kept().get(f"{service} | {username}")

    def set_password(self, service, username, password):
        self.file.write_text(json.dumps(self.kept() | {f"{service} | {username}": password}))

    def delete_password(self, service, username):
        kept = self.kept()
        if kept.pop(f"{service} | {username}", None) is None:
            raise keyring.errors.PasswordDeleteError
        self.file.write_text(json.dumps(kept))
"""


@pytest.fixture(scope="module")
def inv(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commanded]:
    made = Commanded.make(tmp_path_factory.mktemp("site"), provisioning=PROVISIONING)
    try:
        made("apps.create", *ON)
        yield made
    finally:
        made.stop()


@pytest.fixture
def person(inv: Commanded, tmp_path: Path) -> Commanded:
    """Somebody with a keyring, and without a token anywhere."""
    (tmp_path / "kept_keyring.py").write_text(KEYRING)
    environ = {name: value for name, value in inv.site.environ.items() if name != "HEROKU_API_KEY"}
    environ |= {"HOME": str(tmp_path), "PYTHONPATH": str(tmp_path), "PYTHON_KEYRING_BACKEND": "kept_keyring.Keyring"}
    return replace(inv, site=replace(inv.site, environ=environ))


def kept(person: Commanded) -> list[str]:
    """The tokens in the keyring."""
    file = Path(person.site.environ["HOME"]) / "kept.json"
    return list(json.loads(file.read_text()).values()) if file.exists() else []


def files(person: Commanded) -> set[str]:
    """What there is in the person's home folder, but for the keyring itself."""
    return {each.name for each in Path(person.site.environ["HOME"]).iterdir()} - {"kept_keyring.py", "kept.json", "__pycache__"}


def whoami(heroku: Heroku, *, home: str, token: str = "") -> subprocess.CompletedProcess[str]:
    """The CLI's, in a home folder; with a token, or with what it finds there."""
    environ = heroku.environ | {"HOME": home, "HEROKU_API_KEY": token}
    argv = ["node", str(heroku.entry), "auth:whoami"]
    return subprocess.run(
        argv, env=environ, cwd=home, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False
    )


def test_login_is_tried_before_it_is_kept(person: Commanded, heroku: Heroku) -> None:
    wrong = person.run("login", *ON, typed="HRKU-of-somebody-else\n", check=False)
    assert wrong.returncode != 0
    assert "./inv login" in wrong.stderr
    assert kept(person) == []
    theirs = whoami(heroku, home=person.site.environ["HOME"], token="HRKU-of-somebody-else")
    assert "Invalid credentials" in theirs.stderr


def test_login_and_logout(person: Commanded, heroku: Heroku) -> None:
    token, who, home = person.known["token"], person.known["email"], person.site.environ["HOME"]
    assert person.run("whoami", *ON, check=False).returncode != 0

    said = person.run("login", *ON, typed=f"{token}\n")
    assert who in said.stdout + said.stderr
    assert token not in said.stdout + said.stderr
    assert kept(person) == [token]
    ours = json.loads(person("whoami", *ON, "--json"))
    assert (ours["email"], ours["token_from"]) == (who, "the keyring, account default")
    assert "tiny" in person("apps", *ON)

    # The same person to the CLI, which has nothing to do with this login: there is no ~/.netrc that it could find.
    assert whoami(heroku, home=home, token=token).stdout.strip() == who
    assert ".netrc" not in files(person)
    assert who not in whoami(heroku, home=home).stdout

    person("logout", *ON)
    assert kept(person) == []
    gone = person.run("whoami", *ON, check=False)
    assert gone.returncode != 0
    assert "There is no token" in gone.stderr
    # Out of the keyring is not revoked.
    assert whoami(heroku, home=home, token=token).stdout.strip() == who


def test_accounts(person: Commanded) -> None:
    token, who = person.known["token"], person.known["email"]
    person.run("login", *ON, "--account", "work", typed=f"{token}\n")
    assert json.loads(person("whoami", *ON, "--account", "work", "--json"))["email"] == who
    assert person.run("whoami", *ON, check=False).returncode != 0  # none is switched, none is mistaken
    (told,) = json.loads(person("accounts", "--json"))
    assert (told["stage"], told["app"], told["account"]) == ("staging", "tiny", "default")
    assert told["token"].startswith("There is no token")
    person("logout", *ON, "--account", "work")
    assert kept(person) == []


def test_an_add_on_is_waited_for_by_its_name(inv: Commanded, heroku: Heroku) -> None:
    def states() -> dict[str, str]:
        return {each["plan"]["name"]: each["state"] for each in json.loads(heroku("addons", *APP, "--json"))}

    def names() -> dict[str, str]:
        return {each["service"]: each["name"] for each in json.loads(inv("addons", *ON, "--json"))}

    assert set(names()) == {"heroku-redis"}  # which app.json asks for
    late = inv.run("addons.create", "heroku-postgresql:essential-0", "--wait", "0", *ON, check=False)
    assert late.returncode == 1
    store, database = names()["heroku-redis"], names()["heroku-postgresql"]
    # Only for the one that is named: the other one is still on its way.
    assert store in inv("addons.wait", store, "--wait", "0", *ON)
    assert inv.run("addons.wait", "--wait", "0", *ON, check=False).returncode == 1
    assert inv("config.get", "REDIS_URL", *ON).startswith("rediss://")
    said = inv("addons.wait", database, *ON)
    assert f"{database} (heroku-postgresql:essential-0): DATABASE_URL" in said
    assert states() == {"heroku-redis:mini": "provisioned", "heroku-postgresql:essential-0": "provisioned"}
    assert heroku("config:get", "DATABASE_URL", *APP) == inv("config.get", "DATABASE_URL", *ON)
    heroku("addons:wait", database, *APP)
    unknown = inv.run("addons.wait", "postgresql-none-12345", *ON, check=False)
    assert unknown.returncode == 2
    assert f"{store}" in unknown.stderr
