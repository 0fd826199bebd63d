"""What manage.py does, typed with --stage: Django itself in one-off dynos, on the app's own database."""

from __future__ import annotations

import json
import site
from collections.abc import Iterator

import pytest

from tests.verification.commanded import Commanded

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

# The dynos' Python is that of the tests: its Django is theirs, so that nothing has to be installed into a slug.
MANAGE = f"""\
import os, sys
from urllib.parse import urlsplit
sys.path += {site.getsitepackages()!r}
from django.conf import settings
from django.core.management import execute_from_command_line

url = urlsplit(os.environ["DATABASE_URL"])
settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
    DATABASES={{"default": {{
        "ENGINE": "django.db.backends.postgresql", "NAME": url.path[1:], "USER": url.username, "PASSWORD": url.password,
        "HOST": url.hostname, "PORT": url.port, "OPTIONS": {{"sslmode": "require"}},
    }}}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
)
execute_from_command_line(sys.argv)
"""
ON = ("--stage", "staging")
GROUPS = [
    {"model": "auth.group", "pk": number, "fields": {"name": name, "permissions": []}} for number, name in ((1, "ü"), (2, "b"))
]


@pytest.fixture(scope="module")
def inv(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commanded]:
    """An app with a database that is migrated."""
    made = Commanded.make(tmp_path_factory.mktemp("site"))
    try:
        site_packs = {"manage.py": MANAGE, "seed.json": json.dumps(GROUPS[1:])}
        made.site.commit(site_packs)
        made("apps.create", *ON)
        made("addons.create", "heroku-postgresql:essential-0", *ON)
        made("deploy", *ON)
        assert "Applying auth.0001_initial" in made("manage", *ON, "--", "migrate")
        yield made
    finally:
        made.stop()


def only(inv: Commanded, *words: str) -> str:
    """What it prints, and nothing of ours between."""
    return inv.run(*words).stdout


def test_manage_has_the_exit_status_of_the_command(inv: Commanded) -> None:
    assert "[X] 0001_initial" in inv("manage", *ON, "--", "showmigrations", "auth")
    assert inv.run("manage", *ON, "--", "migrate", "--check", check=False).returncode == 0
    assert inv.run("manage", *ON, "--", "nosuch", check=False).returncode == 1


def test_shell(inv: Commanded) -> None:
    code = "from django.contrib.auth.models import Group; print('there are', Group.objects.filter(name='nobody').count())"
    assert "there are 0" in only(inv, "shell", *ON, "--", "-c", code)
    lines = "def word():\n    return 'forty'\n\nprint(word() + '-two')\n"
    assert inv.run("shell", *ON, typed=lines).stdout.strip().endswith("forty-two")
    assert inv.run("shell", *ON, typed="raise SystemExit(3)\n", check=False).returncode == 3


def test_createsuperuser(inv: Commanded) -> None:
    inv("config.set", "DJANGO_SUPERUSER_PASSWORD=correct horse", *ON)
    try:
        words = ("--noinput", "--username", "ada", "--email", "ada@example.com")
        assert "Superuser created" in inv("createsuperuser", *ON, "--", *words)
        again = inv.run("createsuperuser", *ON, "--", *words, check=False)
    finally:
        inv("config.unset", "DJANGO_SUPERUSER_PASSWORD", *ON)
    assert again.returncode == 1
    code = "from django.contrib.auth.models import User; ada = User.objects.get(); "
    code += "print(ada.is_superuser, ada.check_password('correct horse'))"
    assert "True True" in only(inv, "shell", *ON, "--", "-c", code)


def test_a_file_of_this_machine_is_loaded_and_comes_back(inv: Commanded) -> None:
    (inv.site.root / "groups.json").write_text(json.dumps(GROUPS[:1]))
    assert "Installed 1 object(s)" in inv("loaddata", "groups.json", *ON)
    assert json.loads(only(inv, "dumpdata", "auth.group", *ON)) == GROUPS[:1]
    inv("loaddata", "seed.json", *ON)  # of the same name here and in the slug: this machine's is meant
    (inv.site.root / "seed.json").unlink()
    assert "Installed 1 object(s)" in inv("loaddata", "seed.json", *ON)  # the slug's own
    inv("dumpdata", "auth.group", "--output", "back.json", *ON)
    back = inv.site.root / "back.json"
    assert json.loads(back.read_text()) == GROUPS
    assert back.stat().st_mode & 0o077 == 0


def test_a_fixture_that_does_not_fit_loads_nothing(inv: Commanded) -> None:
    before = only(inv, "dumpdata", "auth.group", *ON)
    wrong = [
        {**GROUPS[0], "pk": 7, "fields": {"name": "seventh", "permissions": []}},
        {"model": "auth.nosuch", "pk": 1, "fields": {}},
    ]
    (inv.site.root / "wrong.json").write_text(json.dumps(wrong))
    assert inv.run("loaddata", "wrong.json", *ON, check=False).returncode == 1
    assert only(inv, "dumpdata", "auth.group", *ON) == before
