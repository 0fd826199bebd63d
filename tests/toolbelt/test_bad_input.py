"""What people get wrong, and what goes wrong around them: one clear message each, and nothing half done unsaid."""

from __future__ import annotations

import errno
import json
import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import httpx
import pytest

from tests.checkout import ROOT
from tests.toolbelt.rehearsed import Rehearsal, Site
from tests.waiting import until
from toolbelt import config as configuration
from toolbelt import output
from toolbelt import tools as doors
from toolbelt.commands.apps import accounts, applying, apps, households, oneoff, ps, reviewapps, scaling
from toolbelt.commands.apps import addons as addons_
from toolbelt.commands.apps import config as config_
from toolbelt.commands.apps import domains as domains_
from toolbelt.commands.apps import logs as logs_
from toolbelt.commands.data import databases, fixtures, media, moving
from toolbelt.commands.release import releases
from toolbelt.commands.release.deploy import deploy
from toolbelt.errors import ToolbeltError
from toolbelt.heroku import addons, configvars, dynos, formation, streams
from toolbelt.heroku import apps as all_apps
from toolbelt.heroku.addons import Addon
from toolbelt.heroku.client import Client
from toolbelt.output import Printer
from toolbelt.secret import Secret
from toolbelt.tools import Tools

pytestmark = pytest.mark.slow
WRONG = "nobody-has-this"
SECRET = "correct-horse-battery"
CALL = """
import sys
from pathlib import Path
from toolbelt import config
from toolbelt.commands.apps import oneoff
from toolbelt.output import Printer
from toolbelt.tools import Tools
oneoff.run(Tools(config.load(Path(sys.argv[1])), Printer()), sys.argv[2:], stage="rehearsal")
"""
DUMP = 'import sys\nsys.stdout.write("[" + "1, " * 500_000 + "1]")\n'

# Verbs that look at a stage's app, and those that change it.
READS: dict[str, tuple[Callable[..., None], dict[str, Any]]] = {
    "config": (config_.config, {"show": False, "as_json": False}),
    "config.get": (config_.get, {"name": "WORD"}),
    "ps": (ps.ps, {"as_json": False}),
    "ps.scale": (scaling.scale, {"wishes": []}),
    "ps.wait": (scaling.wait, {"process": "", "patience": 1}),
    "releases": (releases.list_, {"count": 5, "as_json": False}),
    "releases.info": (releases.info, {"which": "", "as_json": False}),
    "logs": (logs_.logs_of_stage, {"process": "", "tail": False, "lines": 5}),
    "open": (logs_.open_, {"path": ""}),
    "addons": (addons_.list_, {"as_json": False}),
    "addons.wait": (addons_.wait, {"addon": "", "patience": 1}),
    "domains": (domains_.list_, {"as_json": False}),
    "access": (households.access, {"as_json": False}),
    "maintenance": (households.maintenance, {"switch": ""}),
    "db.info": (databases.info, {"as_json": False}),
    "dbshell": (databases.console, {"words": []}),
    "redis-cli": (databases.redis_console, {"words": []}),
    "media.pull": (media.pull, {"dry_run": True}),
}
CHANGES: dict[str, tuple[Callable[..., None], dict[str, Any]]] = {
    "config.set": (config_.set_, {"pairs": [f"WORD={SECRET}"], "force": True}),
    "config.unset": (config_.unset, {"names": ["WORD"]}),
    "ps.scale web=1": (scaling.scale, {"wishes": ["web=1"]}),
    "ps.restart": (scaling.restart, {"which": ""}),
    "ps.stop": (scaling.stop, {"which": "web"}),
    "run": (oneoff.run, {"argv": ["true"]}),
    "run --detach": (oneoff.run, {"argv": ["true"], "detach": True}),
    "releases.rollback": (releases.rollback, {"which": ""}),
    "deploy": (deploy, {}),
    "addons.create": (addons_.create, {"plan": "heroku-redis:mini", "name": "", "options": [], "patience": 1}),
    "addons.destroy": (addons_.destroy, {"addon": "DATABASE_URL", "confirm": WRONG}),
    "domains.add": (domains_.add, {"hostname": "www.example.com", "wait": False, "patience": 1}),
    "domains.remove": (domains_.remove, {"hostname": "www.example.com", "confirm": WRONG}),
    "access.add": (households.add_access, {"email": "ada@example.com"}),
    "pipelines.add": (households.add_to_pipeline, {"pipeline": "line", "place": "staging"}),
    "apps.rename": (households.rename, {"to": "another"}),
    "apps.destroy": (apps.destroy, {"name": "", "confirm": WRONG}),
    "db.backup": (databases.backup, {}),
    "db.reset": (databases.reset, {"yes": True, "confirm": WRONG}),
    "db.extension": (databases.extension, {"name": "hstore"}),
}
ACCOUNT: dict[str, tuple[Callable[..., None], dict[str, Any]]] = {
    "whoami": (accounts.whoami, {"account": "", "as_json": False}),
    "apps": (households.list_, {"as_json": False}),
    "pipelines": (households.every_pipeline, {"as_json": False}),
    "plan": (applying.plan, {"as_json": False}),
    "apply": (applying.apply, {"yes": True}),
    "apps.create": (apps.create, {"name": "", "region": "", "team": "", "stack": ""}),
    "reviewapps": (reviewapps.list_, {"as_json": False}),
}
VERBS = READS | CHANGES
JSON = [name for name, (_, options) in (VERBS | ACCOUNT).items() if "as_json" in options and name != "db.info"]


@dataclass
class Told:
    status: int
    out: str
    err: str

    @property
    def whole(self) -> str:
        return self.out + self.err


@dataclass
class Bench:
    """A site with an app that has been released, and a stage "wrong" whose app is not there."""

    site: Site
    facts: dict[str, str]

    def faults(self, **wanted: object) -> None:
        httpx.post(
            f"{self.facts['api']}/_rehearsal/faults", json=wanted, headers={"Authorization": f"Bearer {self.facts['token']}"}
        )

    def tools(self) -> Tools:
        return Tools(configuration.load(self.site.root, environ=self.site.environ), Printer())

    @property
    def client(self) -> Client:
        return self.site.heroku().client

    def create(self, name: str) -> None:
        all_apps.create(self.client, name, stack="heroku-24")

    def stage(self, name: str, app: str) -> None:
        """A stage in pyproject.toml, of this rehearsal."""
        lines = [f'{key} = "{self.facts[key]}"' for key in ("api", "git", "registry", "data")]
        with (self.site.root / "pyproject.toml").open("a") as file:
            file.write("\n".join([f"[tool.djheroku.stages.{name}]", f'app = "{app}"', *lines, ""]))


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    site = Site.make(tmp_path_factory.mktemp("site"), **{"manage.py": DUMP, ".gitignore": ".env\n.djheroku/\n"})
    words = ("--runtime", "process", "--set", "provisioning=1")
    rehearsal = Rehearsal(site.root / ".djheroku" / "rehearsal", words).start()
    try:
        facts = json.loads((site.root / ".djheroku" / "rehearsal" / "rehearsal.json").read_text())
        site.environ["HEROKU_API_KEY"] = facts["token"]
        made = Bench(site, facts)
        site.create()
        made.stage("wrong", WRONG)
        made.stage("review", "tiny-pr")
        site.commit({"pyproject.toml": (site.root / "pyproject.toml").read_text()})
        site.deploy()
        site.verb(config_.set_, pairs=[f"PASSWORD={SECRET}"], force=True)
        yield made
    finally:
        rehearsal.stop()


@pytest.fixture(autouse=True)
def nothing_wrong(bench: Bench) -> Iterator[None]:
    yield
    bench.faults()


@pytest.fixture
def tell(bench: Bench, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Told]]:
    """Call a verb behind the boundary that every verb has, without a terminal: its exit status, and what it says where.

    Whatever it says, neither the token nor a config var is in it.
    """
    nothing = Path(os.devnull).open()  # noqa: SIM115 (closed below)

    def told(verb: Callable[..., None], *, stage: str = "rehearsal", stdin: IO[str] | None = None, **options: Any) -> Told:
        capfd.readouterr()
        status = 0
        try:
            with monkeypatch.context() as patched:
                patched.setattr(sys, "stdin", stdin or nothing)
                verb(bench.tools(), stage=stage, **options)
        except ToolbeltError as error:
            Printer().bad_news(error)
            status = error.status
        except SystemExit as ended:
            status = int(ended.code or 0)
        out, err = capfd.readouterr()
        assert bench.facts["token"] not in out + err
        assert SECRET not in out + err
        return Told(status, out, err)

    yield told
    nothing.close()


def answering(monkeypatch: pytest.MonkeyPatch, answer: Callable[[httpx.Request, httpx.Response], httpx.Response]) -> None:
    """The rehearsal's answers as the function has them: what only Heroku itself would say."""
    beyond = httpx.HTTPTransport()

    def handle(request: httpx.Request) -> httpx.Response:
        there = beyond.handle_request(request)
        there.read()
        return answer(request, there)

    monkeypatch.setattr(doors, "Client", lambda *words, **named: Client(*words, **named, transport=httpx.MockTransport(handle)))


# --- the app, the account, the token --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VERBS)
def test_the_name_of_no_app(tell: Callable[..., Told], name: str) -> None:
    verb, options = VERBS[name]
    told = tell(verb, stage="wrong", **options)
    assert told.status in (1, 2)
    assert told.err.startswith(f"✗ There is no app {WRONG} for this account\n")
    assert "\n→ " in told.err
    assert "--stage wrong" in told.err.partition("→")[2]
    assert told.whole.count("✗") == 1


@pytest.mark.parametrize("name", VERBS | ACCOUNT)
def test_a_token_that_has_expired(bench: Bench, tell: Callable[..., Told], name: str) -> None:
    verb, options = (VERBS | ACCOUNT)[name]
    stage = "review" if name == "reviewapps" else "rehearsal"
    bench.faults(token="expired")
    told = tell(verb, stage=stage, **{**options, **({"confirm": "tiny"} if "confirm" in options else {})})
    assert told.status == 1
    assert told.err.startswith("✗ Heroku does not accept the token\n")
    assert f"→ ./inv login --stage {stage} " in told.err


@pytest.mark.parametrize(
    ("name", "words"), [("two_factor", "asks this account for a second factor"), ("forbidden", "This account may not do that")]
)
@pytest.mark.parametrize("verb", ["config", "ps.scale web=1", "deploy", "addons.create", "plan"])
def test_no_rights(tell: Callable[..., Told], monkeypatch: pytest.MonkeyPatch, verb: str, name: str, words: str) -> None:
    body = {"id": name, "message": "No."}
    answering(monkeypatch, lambda _request, _there: httpx.Response(403, json=body))
    function, options = (VERBS | ACCOUNT)[verb]
    told = tell(function, **options)
    assert told.status == 1
    assert words in told.err
    assert f"No. ({name})" in told.err
    assert "→ ./inv " in told.err


def test_a_release_that_is_not_there_is_not_the_apps_fault(tell: Callable[..., Told]) -> None:
    told = tell(releases.info, which="v999", as_json=False)
    assert told.err.startswith("✗ Heroku has no such release for tiny\n")
    assert "apps.create" not in told.err


@pytest.mark.parametrize("name", ["deploy", "plan", "apply", "apps.create"])
def test_an_app_of_the_fir_generation(tell: Callable[..., Told], monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def fir(request: httpx.Request, there: httpx.Response) -> httpx.Response:
        if request.method != "GET":
            raise AssertionError(f"{request.method} {request.url.path}")
        if request.url.path != "/apps/tiny":
            return httpx.Response(there.status_code, content=there.content)
        none = {"stack": {"id": "1", "name": "cnb"}, "build_stack": {"id": "1", "name": "cnb"}}
        return httpx.Response(200, json=there.json() | none | {"generation": {"id": "1", "name": "fir"}})

    answering(monkeypatch, fir)
    verb, options = (VERBS | ACCOUNT)[name]
    told = tell(verb, **options)
    assert told.status == 1
    assert "tiny is an app of Heroku's Fir generation" in told.err
    assert "Cedar" in told.err.partition("→")[2]


def test_a_one_off_dyno_that_cannot_be_attached_to_is_stopped(
    bench: Bench, tell: Callable[..., Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    def private(request: httpx.Request, there: httpx.Response) -> httpx.Response:
        body = there.json()
        if request.method == "POST" and request.url.path.endswith("/dynos"):
            body["attach_url"] = "https://somewhere.example/run"
        return httpx.Response(there.status_code, json=body)

    answering(monkeypatch, private)
    told = tell(oneoff.run, argv=["sleep", "1000"])
    assert told.status == 1
    assert "which was started for it, was stopped" in told.err
    assert "./inv run --detach" in told.err
    monkeypatch.undo()
    until(lambda: not [each for each in dynos.every(bench.client, "tiny") if each.type == "run"], what="it is gone")


# --- values -----------------------------------------------------------------------------------------------------------


def values(bench: Bench) -> dict[str, str]:
    return {name: value.reveal() for name, value in configvars.every(bench.client, "tiny").items()}


def test_more_than_heroku_keeps(bench: Bench, tell: Callable[..., Told]) -> None:
    before = values(bench)
    told = tell(config_.set_, pairs=["KEYGEN_RATE=5/m", f"HUGE={'x' * 70_000}"], force=True)
    assert told.status == 1
    assert "64 KB" in told.err
    assert "xxx" not in told.whole
    assert values(bench) == before


def test_bytes_that_are_no_text(bench: Bench, tell: Callable[..., Told]) -> None:
    before = values(bench)
    told = tell(config_.set_, pairs=["A=1", "NOTE=\udcff"], force=True)
    assert told.status == 2
    assert "NOTE is no text" in told.err
    reading, writing = os.pipe()
    os.write(writing, b"abc\xff")
    os.close(writing)
    with os.fdopen(reading) as stdin:
        told = tell(config_.set_, stdin=stdin, pairs=["NOTE"], force=True)
    assert told.status == 2
    assert "byte 3 is not UTF-8" in told.err
    assert values(bench) == before


def test_ctrl_c_in_the_middle_of_a_release_phase(
    bench: Bench, tell: Callable[..., Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_words: object, **_named: object) -> Iterator[str]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(streams, "follow", interrupted)
        told = tell(config_.set_, pairs=["NOTE=1"], force=True)
    assert told.status == 130
    assert "is made, and its release phase goes on at Heroku" in told.err
    assert "The config vars are set all the same" in told.err
    assert "→ ./inv releases.output v" in told.err
    assert values(bench)["NOTE"] == "1"


def test_an_empty_value_is_a_value(bench: Bench, tell: Callable[..., Told]) -> None:
    told = tell(config_.set_, pairs=["NOTE="], force=True)
    assert "removed" not in told.whole
    assert values(bench)["NOTE"] == ""
    tell(config_.unset, names=["NOTE"])
    assert "NOTE" not in values(bench)


# --- process types, add-ons, plans --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "options"),
    [
        (scaling.wait, {"process": "clock", "patience": 5}),
        (scaling.restart, {"which": "clock"}),
        (scaling.stop, {"which": "clock.1"}),
        (scaling.scale, {"wishes": ["clock=1"]}),
    ],
)
def test_a_process_type_that_is_none(tell: Callable[..., Told], verb: Callable[..., None], options: dict[str, Any]) -> None:
    told = tell(verb, **options)
    assert told.status == 2
    assert "clock" in told.err
    assert "worker" in told.err


def test_a_size_that_is_none_changes_nothing(bench: Bench, tell: Callable[..., Told]) -> None:
    before = formation.every(bench.client, "tiny")
    told = tell(scaling.scale, wishes=["worker=1:enormous", "web=1"])
    assert told.status == 1
    assert "No such size as enormous" in told.err
    assert formation.every(bench.client, "tiny") == before


def test_eco_without_web(bench: Bench, tell: Callable[..., Told]) -> None:
    before = formation.every(bench.client, "tiny")
    try:
        assert tell(scaling.scale, wishes=["web=0:eco", "worker=1:eco"]).status == 0
        assert "web 0" not in tell(scaling.wait, process="", patience=60).out
        assert "the site was not asked: web has no dyno" in tell(deploy).err
    finally:
        formation.scale(bench.client, "tiny", {row.type: (row.quantity, row.size) for row in before})


@pytest.mark.parametrize("plan", ["heroku-redis:hobby-dev", "heroku-postgresql:hobby-dev"])
def test_a_plan_that_is_gone(tell: Callable[..., Told], plan: str) -> None:
    told = tell(addons_.create, plan=plan, name="", options=[], patience=5)
    assert told.err.startswith(f"✗ There is no plan {plan}\n")
    assert f"→ There are: {plan.partition(':')[0]}:" in told.err


def test_a_plan_that_is_gone_in_the_middle_of_apply(bench: Bench, tell: Callable[..., Told]) -> None:
    path = bench.site.root / "app.json"
    whole = path.read_text()
    path.write_text(json.dumps(json.loads(whole) | {"addons": ["heroku-redis:hobby-dev"], "env": {"MARK": {"value": "x"}}}))
    try:
        told = tell(applying.apply, yes=True)
    finally:
        path.write_text(whole)
    assert "There is no plan heroku-redis:hobby-dev" in told.err
    assert "There are: heroku-redis:" in told.err
    assert "./inv apply --stage rehearsal goes on" in told.err
    assert values(bench)["MARK"] == "x"
    assert "config" in told.out


def test_a_token_that_expires_in_the_middle_of_apply(bench: Bench, tell: Callable[..., Told]) -> None:
    bench.stage("late", "tiny-late")
    bench.faults(token="expired", after=2)
    told = tell(applying.apply, stage="late", yes=True)
    assert told.status == 1
    assert "✓ app" in told.out
    assert "Heroku does not accept the token" in told.err
    assert "What is done is told above, the rest is not: ./inv apply --stage late goes on with it." in told.err
    assert "→ ./inv login --stage late" in told.err
    bench.faults(token="valid")
    assert tell(applying.apply, stage="late", yes=True).status == 0
    assert "Nothing is to be done" in tell(applying.plan, stage="late", as_json=False).out


def test_an_add_on_that_is_still_coming(bench: Bench, tell: Callable[..., Told], monkeypatch: pytest.MonkeyPatch) -> None:
    bench.create("tiny-slow")
    bench.stage("slow", "tiny-slow")

    def interrupted(*_words: object, **_named: object) -> Addon:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(addons, "wait", interrupted)
        told = tell(addons_.create, stage="slow", plan="heroku-postgresql:essential-0", name="", options=[], patience=60)
    made = addons.every(bench.client, "tiny-slow")[0]
    assert told.status == 130
    assert f"✗ {made.name} is still being provisioned" in told.err
    assert f"→ ./inv addons.wait {made.name} --stage slow" in told.err
    told = tell(databases.info, stage="slow", as_json=False)
    assert f"✗ {made.name} is still being provisioned" in told.err
    assert f"→ ./inv addons.wait {made.name} --stage slow" in told.err
    assert tell(addons_.wait, stage="slow", addon="", patience=0).err.startswith(f"✗ {made.name} is not provisioned after 0 s")
    assert tell(addons_.wait, stage="slow", addon="", patience=60).status == 0
    found = json.loads(tell(databases.info, stage="slow", as_json=True).out)
    assert found["addon"] == made.name


# --- databases and disks -------------------------------------------------------------------------------------------------


def test_a_database_that_does_not_answer(bench: Bench, tell: Callable[..., Told]) -> None:
    bench.create("tiny-far")
    bench.stage("far", "tiny-far")
    address = f"postgres://u:{SECRET}@127.0.0.1:1/d"
    configvars.change(bench.client, "tiny-far", {"DATABASE_URL": Secret(address)})
    for verb, options in (
        (databases.info, {"as_json": False}),
        (databases.console, {"words": []}),
        (databases.extension, {"name": "hstore"}),
    ):
        told = tell(verb, stage="far", **options)
        assert told.status == 1
        assert "The database server does not answer" in told.err
        assert "d on 127.0.0.1:1" in told.err
    configvars.change(bench.client, "tiny-far", {"DATABASE_URL": Secret(f"mysql://u:{SECRET}@h/d")})
    told = tell(databases.info, stage="far", as_json=False)
    assert "not an address of a Postgres database" in told.err


def test_a_disk_that_is_full_in_the_middle_of_a_copy() -> None:
    with pytest.raises(ToolbeltError) as caught, moving.told("djheroku is as it was."):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert caught.value.headline == "No space left on device"
    assert caught.value.finding == "djheroku is as it was."
    assert "Make room" in caught.value.todo


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB."""
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", tmp_path]).returncode:
        pytest.skip("nobody here may mount")
    yield tmp_path
    subprocess.run(["umount", tmp_path], check=True)


def test_a_disk_that_is_full_under_a_fixture(tell: Callable[..., Told], full: Path) -> None:
    told = tell(fixtures.dump, words=[], output_file=str(full / "all.json"))
    assert told.status == 1
    assert "all.json could not be written" in told.err
    assert "No space left on device. Nothing was kept of it." in told.err
    assert list(full.iterdir()) == []


# --- terminals, scripts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_terminal_that_goes_away(bench: Bench, number: signal.Signals) -> None:
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    process = subprocess.Popen(
        [sys.executable, "-c", CALL, str(bench.site.root), "sh", "-c", "echo READY; sleep 1000"],
        env=bench.site.environ | {"PYTHONPATH": str(ROOT)}, stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    said = b""

    def ready() -> bool:
        nonlocal said
        said += os.read(ours, 4096)
        return b"READY\r\n" in said

    until(ready, what="the command runs")
    assert termios.tcgetattr(theirs) != before
    process.send_signal(number)
    assert process.wait(30) == 128 + number
    assert termios.tcgetattr(theirs) == before
    until(lambda: not [each for each in dynos.every(bench.client, "tiny") if each.type == "run"], what="the dyno is hung up")
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize("name", JSON)
def test_a_script_reads_json_and_nothing_else(tell: Callable[..., Told], monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    stage = "review" if name == "reviewapps" else "rehearsal"

    def warned(_request: httpx.Request, there: httpx.Response) -> httpx.Response:
        kept = {key: value for key, value in there.headers.items() if key.lower() in ("next-range", "request-id")}
        return httpx.Response(there.status_code, content=there.content, headers=kept | {"X-Heroku-Warning": "Soon."})

    answering(monkeypatch, warned)
    verb, options = (VERBS | ACCOUNT)[name]
    told = tell(verb, stage=stage, **(options | {"as_json": True}))
    json.loads(told.out)
    assert "Soon." in told.err


def test_a_script_is_never_asked(bench: Bench, tell: Callable[..., Told], monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_words: object) -> str:
        raise AssertionError("somebody was asked")

    for name in ("ask", "answer", "hidden"):
        monkeypatch.setattr(output, name, asked)
    (bench.site.root / ".env").write_text("WORD=mine\n")
    try:
        for verb, options, flag in (
            (apps.destroy, {"name": "", "confirm": ""}, "--confirm tiny"),
            (databases.reset, {"yes": False, "confirm": ""}, "--confirm tiny"),
            (config_.pull, {"names": ["WORD"], "yes": False}, "--yes"),
            (config_.push, {"names": ["WORD"], "yes": False, "force": False}, "--yes"),
        ):
            told = tell(verb, **options)
            assert told.status == 2
            assert flag in told.err.partition("→")[2]
    finally:
        (bench.site.root / ".env").unlink()
