"""The production image: what is in it, what is not, and that it runs as Heroku runs it."""

from __future__ import annotations

import json
import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checkout import Checkout
from tests.integration.docker_cli import (
    Network,
    build,
    compressed_size,
    docker,
    inspect,
    layers,
    published,
    servers,
    unique,
)
from tests.integration.visitor import Visitor
from tests.waiting import until

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]

BASE = "python:3.14-slim"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
SECRET = "only-for-this-test-0123456789-abcdefghijklmnopqrstuvwxyz"
PLANT = "PLANTED=and-must-not-grow"
PLANTS = (
    ".env",
    "key.pem",
    "dump.sql",
    "latest.dump",
    "node_modules/left/index.js",
    ".djheroku/secret",
    "djheroku/.env",
    "djheroku/backup.sql",
    "djheroku/keygen/backup.json",
    "djheroku/keygen/id_rsa",
    "djheroku/static/.env",
    "djheroku/templates/.secret",
    "staticfiles/old.css",
    "media/upload.txt",
)
# As on a dyno: a user without a name, nothing to write but /tmp.
DYNO = ("--user", "54321:54321", "--read-only", "--tmpfs", "/tmp", "--env", f"SECRET_KEY={SECRET}")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    made = Checkout.make(tmp_path_factory.mktemp("image"))
    for name in PLANTS:
        path = made.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PLANT)
    return made


@pytest.fixture(scope="module")
def tag() -> Iterator[str]:
    made = unique("image")
    yield made
    for suffix in ("", ":again", ":edited", ":styled", ":dev"):
        subprocess.run(["docker", "image", "rm", "--force", made + suffix], capture_output=True, check=False)


@pytest.fixture(scope="module")
def image(checkout: Checkout, tag: str) -> str:
    return build(checkout.root, tag, COMMIT=COMMIT, VERSION="1.2.3")


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with servers() as made:
        yield made


@pytest.fixture(scope="module")
def web(image: str, network: Network) -> str:
    """The web process, after the release phase."""
    network.run(image, "python", "manage.py", "migrate", "--no-input", flags=DYNO)
    return network.start(image, flags=[*DYNO, "--env", "PORT=5123", "--publish", "127.0.0.1::5123"], alias="web")


@pytest.fixture(scope="module")
def visitor(web: str) -> Visitor:
    made = Visitor(f"http://127.0.0.1:{published(web, 5123)}", {"X-Forwarded-Proto": "https"})
    until(lambda: made.open("/health/live")[0] == 200, what="the image's web process")
    return made


def test_it_runs_as_a_random_user_who_can_write_nowhere(visitor: Visitor) -> None:
    assert visitor.open("/")[0] == 200
    assert json.loads(visitor.open("/health/release")[1])["commit"] == COMMIT


def test_its_static_files_are_hashed_and_there(visitor: Visitor) -> None:
    linked = re.findall(r'(?:href|src)="(/static/[^"]+)"', visitor.open("/")[1])
    assert linked
    for path in linked:
        assert re.search(r"\.[0-9a-f]{12}\.", path)
        assert visitor.open(path)[0] == 200


def test_the_same_image_is_the_worker(visitor: Visitor, image: str, network: Network) -> None:
    worker = network.start(image, "python", "manage.py", "rqworker", "default", flags=DYNO, alias="worker")
    until(lambda: visitor.open("/health/ready")[0] == 200, what="readiness")
    docker("stop", "--time", "25", worker)
    assert inspect(worker)["State"]["ExitCode"] == 0


def test_sigterm_ends_web(visitor: Visitor, web: str) -> None:
    docker("stop", "--time", "25", web)
    assert inspect(web)["State"]["ExitCode"] == 0, docker("logs", web)


@pytest.mark.parametrize("program", ["gcc", "cc", "make", "git", "uv"])
def test_there_is_no_compiler_nor_tool(image: str, program: str) -> None:
    assert docker("run", "--rm", image, "sh", "-c", f"command -v {program} || echo none") == "none"


def test_nothing_of_development_can_be_imported(image: str) -> None:
    absent = ("debug_toolbar", "pytest", "watchfiles", "django_watchfiles", "debugpy", "pip", "djheroku.devtools")
    code = f"import importlib.util as u; print([n for n in {absent!r} if u.find_spec(n)])"
    assert docker("run", "--rm", image, "python", "-c", code) == "[]"


def test_what_was_trimmed_is_not_missed(image: str) -> None:
    code = "import boto3; [boto3.client(n, region_name='eu-west-1') for n in ('s3', 'sts')]; print('ok')"
    assert docker("run", "--rm", image, "python", "-c", code) == "ok"


def test_everything_is_compiled(image: str) -> None:
    """Who is not root cannot write bytecode: what is not compiled in the image is compiled anew at every start."""
    code = "import sys, django, django.db.models, gunicorn.app.wsgiapp, rq, djheroku.settings.reading, djheroku.keygen.apps"
    look = "print([m for m, x in sys.modules.items() if (c := getattr(x.__spec__, 'cached', None)) and not Path(c).exists()])"
    assert docker("run", "--rm", image, "python", "-c", f"{code}; from pathlib import Path; {look}") == "[]"


def test_labels_say_what_it_is(image: str) -> None:
    config = inspect(image, "image")["Config"]
    assert config["Labels"]["org.opencontainers.image.revision"] == COMMIT
    assert config["Labels"]["org.opencontainers.image.version"] == "1.2.3"
    assert config["Labels"]["org.opencontainers.image.title"] == "djheroku"
    assert config["Labels"]["org.opencontainers.image.licenses"] == "MIT"
    assert f"COMMIT={COMMIT}" in config["Env"]
    assert config["User"] not in ("", "0", "root")


def test_no_secret_in_its_configuration(image: str) -> None:
    said = json.dumps(inspect(image, "image")) + docker("history", "--no-trunc", "--format", "{{json .}}", image)
    for word in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "PASSWORD"):
        assert word not in said


def test_it_is_at_most_110_mb_over_its_base(image: str) -> None:
    over = inspect(image, "image")["Size"] - inspect(BASE, "image")["Size"]
    assert over <= 110e6, f"{over / 1e6:.1f} MB"


def test_nothing_that_is_not_named_gets_into_it(image: str) -> None:
    container = docker("create", image)
    try:
        exporting = subprocess.Popen(["docker", "export", container], stdout=subprocess.PIPE)
        names, grown = set(), []
        with exporting, tarfile.open(fileobj=exporting.stdout, mode="r|") as files:
            for member in files:
                names.add(member.name)
                if member.isfile() and member.size == len(PLANT):
                    content = files.extractfile(member)
                    if content and content.read() == PLANT.encode():
                        grown.append(member.name)
    finally:
        docker("rm", container)
    assert grown == []
    assert "app/manage.py" in names
    inside = {name.split("/")[1] for name in names if re.match("app/.", name)}
    assert inside == {"__pycache__", "djheroku", "manage.py", "staticfiles"}
    assert not [name for name in names if name.startswith(("root/.cache/", "var/lib/apt/lists/deb"))]


def test_a_new_commit_changes_only_metadata(checkout: Checkout, image: str, tag: str) -> None:
    again = build(checkout.root, f"{tag}:again", COMMIT="f" * 40)
    assert layers(again) == layers(image)


def test_a_one_line_edit_changes_at_most_100_kb(checkout: Checkout, image: str, tag: str) -> None:
    with (checkout.root / "djheroku" / "keygen" / "views.py").open("a") as views:
        views.write("\nEDITED = True\n")
    edited = build(checkout.root, f"{tag}:edited", COMMIT=COMMIT)
    changed = set(layers(edited)) - set(layers(image))
    assert len(changed) == 1
    assert compressed_size(edited, changed) <= 100_000


def test_a_changed_style_is_collected(checkout: Checkout, image: str, tag: str) -> None:
    with (checkout.root / "djheroku" / "static" / "site.css").open("a") as css:
        css.write("\n.edited{color:red}\n")
    styled = build(checkout.root, f"{tag}:styled", COMMIT=COMMIT)

    def hashed(name: str) -> str:
        manifest = json.loads(docker("run", "--rm", name, "cat", "staticfiles/staticfiles.json"))
        return str(manifest["paths"]["site.css"])

    assert hashed(styled) != hashed(image)
    changed = set(layers(styled)) - set(layers(image))
    assert compressed_size(styled, changed) <= 200_000


def test_collecting_again_with_all_the_code_collects_the_same(image: str, network: Network) -> None:
    """The image's static files were collected from a part of the code (Dockerfile, stage code)."""
    same = (
        "import json, subprocess, sys; read = lambda: json.load(open('staticfiles/staticfiles.json'))['paths']; before = read();"
        "subprocess.run([sys.executable, 'manage.py', 'collectstatic', '--no-input', '--clear', '-v0'], check=True);"
        "print(before == read())"
    )
    assert network.run(image, "python", "-c", same, flags=["--user", "0", "--env", f"SECRET_KEY={SECRET}"]) == "True"


def test_check_deploy_finds_nothing(image: str, network: Network) -> None:
    said = network.run(image, "python", "manage.py", "check", "--deploy", "--fail-level", "WARNING", flags=DYNO)
    assert "no issues" in said


def test_the_sites_tests_pass_on_the_images_python(checkout: Checkout, tag: str, network: Network) -> None:
    dev = build(checkout.root, f"{tag}:dev", target="dev")
    # Without what only the tools' environment has (xdist); the folder belongs to nobody in particular.
    words = ["-m", "pytest", "tests/djheroku", "--quiet", "-p", "no:cacheprovider", "-o", "addopts=--strict-markers"]
    mount = ["--volume", f"{checkout.root}:/app"]
    said = network.run(dev, "python", *words, flags=mount)
    assert re.search(r"\d+ passed", said), said
    assert not re.search(r"\d+ failed", said), said


def test_the_dockerfile_names_nothing_that_the_context_lacks(checkout: Checkout) -> None:
    dockerfile = (checkout.root / "Dockerfile").read_text()
    copied = re.findall(r"^COPY (?!--from)(\S+) ", dockerfile, re.MULTILINE)
    bound = re.findall(r"type=bind,source=(\S+?),", dockerfile)
    for name in {*copied, *bound}:
        assert Path(checkout.root, name).exists(), name
