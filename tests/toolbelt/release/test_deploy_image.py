"""`./inv deploy` of images, end to end on a rehearsal with Docker: what is sent, what is refused, what is carried on."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.checkout import ROOT, Checkout
from tests.toolbelt.rehearsed import DOCKERFILE, FILES, IMAGED, WEB, Rehearsal, Site, done, planned
from tests.waiting import until
from toolbelt.artifacts import contents, image
from toolbelt.artifacts.contents import Blob, Layer
from toolbelt.artifacts.layers import Cache
from toolbelt.artifacts.registry import RegistryError
from toolbelt.commands.release.deploy import deploy
from toolbelt.errors import CommandFailed, DeployFailed, Interrupted, UsageError
from toolbelt.heroku import releases

pytestmark = [pytest.mark.slow, pytest.mark.docker]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site.make(tmp_path_factory.mktemp("site"), **IMAGED)
    rehearsal = Rehearsal(made.root / ".djheroku" / "rehearsal", ("--runtime", "docker")).start()
    try:
        made.create()
        made.deploy()
        yield made
    finally:
        rehearsal.stop()
        subprocess.run(["docker", "image", "rm", "tiny:deployed"], check=False, capture_output=True)


@pytest.fixture(autouse=True)
def well(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "site" in request.fixturenames:
        made: Site = request.getfixturevalue("site")
        ask(made)
        made.commit(IMAGED)


def ask(site: Site, **fault: object) -> None:
    stage = site.heroku().stage
    assert stage.token is not None
    headers = {"Authorization": f"Bearer {stage.token.reveal()}"}
    assert httpx.post(f"{stage.api}/_rehearsal/faults", json=fault, headers=headers).is_success


def sent(said: str) -> float:
    """Bytes that went up."""
    found = re.search(r"✓ upload +([\d.]+) (bytes|kB|MB) of", said)
    assert found, said
    return float(found[1]) * {"bytes": 1, "kB": 1e3, "MB": 1e6}[found[2]]


def test_what_is_planned_is_what_is_done(site: Site) -> None:
    site.commit({})
    dry, said = site.deploy(dry_run=True), site.deploy()
    assert planned(dry) == planned(said) == done(said)


def test_a_new_commit_without_a_change_sends_no_layer_and_a_repeat_sends_nothing(site: Site) -> None:
    site.commit({})
    assert sent(site.deploy()) < 15_000  # three configs, which have the commit in them, and three manifests
    assert sent(site.deploy()) == 0


def test_a_line_that_changes_is_all_that_is_sent(site: Site) -> None:
    sha = site.commit({"worker.py": FILES["worker.py"] + "# a line\n"})
    said = site.deploy()
    assert sent(said) < 20_000
    assert sha[:7] in said.splitlines()[-1]


def test_without_a_cache_nothing_is_compressed_that_the_registry_has(site: Site) -> None:
    """As on a fresh CI runner."""
    shutil.rmtree(site.root / ".djheroku" / "cache")
    site.commit({"worker.py": FILES["worker.py"] + "# another line\n"})
    said = site.deploy()
    assert "1 of " in said.partition("layers are new")[0][-20:]
    assert sent(said) < 20_000


@pytest.mark.parametrize("times", [1, 3])
def test_a_blob_that_is_cut_in_its_middle_arrives(site: Site, times: int) -> None:
    site.commit({"big.py": f"WORD = {os.urandom(200_000).hex()!r}\n"})
    ask(site, registry_cut=50_000, times=times)
    site.deploy()


def test_a_registry_that_refuses_is_a_clear_error_and_nothing_is_released(site: Site) -> None:
    heroku = site.heroku()
    before = releases.newest(heroku.client, heroku.app)
    site.commit({"worker.py": FILES["worker.py"] + "# refused\n"})
    ask(site, registry_refuse="unsupported", times=3)
    with pytest.raises(RegistryError, match="does not take the image") as caught:
        site.deploy()
    assert "unsupported" in caught.value.finding.lower()
    assert "Nothing was released" in caught.value.finding
    assert releases.newest(heroku.client, heroku.app) == before
    ask(site)
    site.deploy()


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"web.py": 'HOST = "127.0.0.1"\n' + WEB}, "web.1"),
        ({"Procfile": FILES["Procfile"].replace("web.py", "wbe.py")}, "wbe.py"),
    ],
    ids=["binds to localhost only", "wrong command"],
)
def test_a_site_that_does_not_come_up_fails_with_its_log(site: Site, files: dict[str, str], why: str) -> None:
    before = site.commit({})
    site.deploy()
    site.commit(files)
    with pytest.raises(DeployFailed) as caught:
        site.deploy(patience=12)
    assert why in site.said + caught.value.headline
    heroku = site.heroku()
    running = releases.running(heroku.client, heroku.app)
    assert running is not None
    assert caught.value.headline.endswith(f"it was taken back, and {running.name} runs with the code of v{running.version - 2}")
    answer = heroku.client.fetch(f"{heroku.client.get('/apps/tiny')['web_url'].rstrip('/')}/health/release")
    assert answer is not None
    assert answer.json()["commit"] == before


def test_an_image_that_cannot_be_built_is_not_uploaded(site: Site) -> None:
    site.commit({"Dockerfile": "FROM python:3.14-slim AS production\nRUN exit 3\n"})
    with pytest.raises(CommandFailed, match="cannot be built") as caught:
        site.deploy()
    assert "Nothing was uploaded" in caught.value.finding


def test_what_is_not_committed_is_told_of_and_named_in_the_image(site: Site) -> None:
    (site.root / "worker.py").write_text("import signal\nsignal.pause()\n# not committed\n")
    with pytest.raises(UsageError):
        site.deploy()
    said = site.deploy(allow_dirty=True)
    answer = httpx.get(
        said.splitlines()[-1].split()[0].replace("tiny.localhost", "127.0.0.1"), headers={"Host": "tiny.localhost"}
    )
    assert answer.json()["commit"] == f"{site.head}-dirty"


def test_source_is_not_for_an_app_on_the_container_stack(site: Site) -> None:
    with pytest.raises(UsageError, match="is given images"):
        site.deploy(build="source")


INTERRUPTED = """\
import os, sys
from pathlib import Path
from toolbelt import config
from toolbelt.commands.release.deploy import deploy
from toolbelt.errors import ToolbeltError
from toolbelt.output import Printer
from toolbelt.tools import Tools

try:
    deploy(Tools(config.load(Path(sys.argv[1])), Printer()), stage="rehearsal")
except ToolbeltError as error:
    Printer().bad_news(error)
    raise SystemExit(error.status)
"""


def test_a_real_ctrl_c_while_docker_builds(site: Site) -> None:
    """As a terminal sends it: to the whole group, docker and all."""
    site.commit({"Dockerfile": DOCKERFILE + f"RUN echo {os.urandom(4).hex()} && sleep 20\n"})
    with (site.root / ".djheroku" / "output").open("w+") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", INTERRUPTED, str(site.root)], cwd=ROOT, stdout=out, stderr=subprocess.STDOUT,
            env={**os.environ, **site.environ, "NO_COLOR": "1"}, start_new_session=True,
        )  # fmt: skip
        until(lambda: "sleep 20" in Path(out.name).read_text(), what="docker builds", seconds=60)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(30) == 130
    said = Path(out.name).read_text()
    assert "Interrupted at: build" in said
    assert "Nothing was uploaded" in said
    assert "./inv deploy --stage rehearsal carries on" in said
    site.commit(IMAGED)
    site.deploy()


def test_ctrl_c_while_layers_go_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.commit({"big.py": f"WORD = {os.urandom(300_000).hex()!r}\n"})
    tools = site.tools()

    class Typing:
        def __enter__(self):  # type: ignore[no-untyped-def]
            return self.advance

        def __exit__(self, *_words: object) -> None:
            pass

        def advance(self, size: int) -> None:
            if size:
                raise KeyboardInterrupt

    monkeypatch.setattr(tools.printer, "transfer", lambda _name, _total: Typing())
    with pytest.raises(Interrupted, match="Interrupted at: upload") as caught:
        deploy(tools, stage="rehearsal")
    assert "Nothing was released" in caught.value.finding
    site.deploy()


def test_a_line_of_a_view_of_this_site_is_less_than_100_kb(tmp_path: Path) -> None:
    """With the real Dockerfile: all that is new in the image, for all process types together."""
    checkout = Checkout.make(tmp_path / "site")

    def built(commit: str) -> contents.Built:
        tag = "djheroku-test:line"
        return image.build(checkout.root, commit=commit, version="", tag=tag, environ=dict(os.environ))

    before = built(checkout.git("rev-parse", "HEAD"))
    views = checkout.root / "djheroku" / "keygen" / "views.py"
    views.write_text(views.read_text() + "\n# a line\n")
    after = built(checkout.commit("a line"))
    known = {diff_id: Layer(diff_id, Blob(diff_id, 0)) for diff_id in before.layers}
    layers = image.layers(after, Cache(tmp_path / "layers"), known=known, note=lambda _text: None)
    processes = {"release": "a", "web": "b", "worker": "c"}
    images = contents.images(after, layers, processes)
    new = sum(layer.blob.size for layer in layers)
    assert 0 < new + sum(len(each.config) + len(each.manifest) for each in images) < 100_000
    subprocess.run(["docker", "image", "rm", "djheroku-test:line"], check=False, capture_output=True)
