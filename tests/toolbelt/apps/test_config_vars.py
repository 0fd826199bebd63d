"""Config vars, on a rehearsal: masked, set in one release, compared, and exchanged with .env."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator

import dotenv
import pytest

from tests.toolbelt.rehearsed import Site, rehearsed
from toolbelt import output
from toolbelt.commands.apps import apps
from toolbelt.commands.apps import config as config_
from toolbelt.errors import ToolbeltError, UsageError
from toolbelt.heroku import configvars, releases

ODD = {
    "QUOTES": 'it\'s "so" \\ so',
    "LINES": "-----BEGIN-----\nabc=\n-----END-----\n",
    "EQUALS": "a=b=c",
    "UNICODE": "grün ☃",
    "DOLLAR": "$HOME ${HOME} `id` #no comment",
    "HUGE": "x" * 20_000,
    "BLANK": "  ",
}
EXAMPLE = "# WORD=\n# KEYGEN_RATE=20/m\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with rehearsed(
        tmp_path_factory.mktemp("site"), deployed=False, **{".env.example": EXAMPLE, ".gitignore": ".env\n.djheroku/\n"}
    ) as made:
        second(made)
        yield made


def second(site: Site) -> None:
    """Another app there, which the stage "two" means."""
    found = json.loads((site.root / ".djheroku" / "rehearsal" / "rehearsal.json").read_text())
    site.environ["HEROKU_API_KEY"] = found["token"]
    lines = [f'{key} = "{found[key]}"' for key in ("api", "git", "registry", "data")]
    with (site.root / "pyproject.toml").open("a") as file:
        file.write("\n".join(["[tool.djheroku.stages.two]", 'app = "tiny-two"', *lines, ""]))
    site.verb(apps.create, stage="two", name="", region="", team="", stack="")


def compared(site: Site, a: str, b: str) -> str:
    return site.verb(lambda tools, **_: config_.diff(tools, a=a, b=b, show=False, as_json=False))


@pytest.fixture(autouse=True)
def empty(site: Site) -> None:
    """Each test begins with WORD alone, and without .env."""
    (site.root / ".env").unlink(missing_ok=True)
    heroku = site.heroku()
    there = configvars.every(heroku.client, heroku.app)
    configvars.change(heroku.client, heroku.app, {name: None for name in there if name != "WORD"})


def values(site: Site) -> dict[str, str]:
    heroku = site.heroku()
    return {name: value.reveal() for name, value in configvars.every(heroku.client, heroku.app).items()}


def versions(site: Site) -> int:
    heroku = site.heroku()
    newest = releases.newest(heroku.client, heroku.app)
    return newest.version if newest else 0


def test_set_is_one_release_and_any_value_arrives_as_it_is(site: Site) -> None:
    before = versions(site)
    said = site.verb(config_.set_, pairs=[f"{name}={value}" for name, value in ODD.items()], force=False)
    assert versions(site) == before + 1
    assert {name: values(site)[name] for name in ODD} == ODD
    assert f"v{before + 1}" in said
    assert not any(value in said for value in ODD.values() if len(value) > 3)


def test_the_same_again_is_no_release(site: Site) -> None:
    site.verb(config_.set_, pairs=["KEYGEN_RATE=5/m"], force=False)
    before = versions(site)
    assert "no release" in site.verb(config_.set_, pairs=["KEYGEN_RATE=5/m"], force=False)
    assert versions(site) == before


def test_values_are_masked_until_they_are_asked_for(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.verb(config_.set_, pairs=["PASSWORD=correct horse battery", "LOG_LEVEL=DEBUG"], force=False)
    masked = site.verb(config_.config, show=False, as_json=False)
    assert "correct horse" not in masked
    assert "DEBUG" in masked
    assert "correct horse battery" in site.verb(config_.config, show=True, as_json=False)
    capsys.readouterr()
    site.verb(config_.config, show=False, as_json=True)
    assert json.loads(capsys.readouterr().out)["PASSWORD"] is None
    site.verb(config_.get, name="PASSWORD")
    assert capsys.readouterr().out == "correct horse battery\n"


def test_one_that_is_not_set(site: Site) -> None:
    with pytest.raises(ToolbeltError) as caught:
        site.verb(config_.get, name="WORDD")
    assert caught.value.todo == "Did you mean WORD?"


def test_a_slip_in_a_name_is_not_set(site: Site) -> None:
    with pytest.raises(UsageError) as caught:
        site.verb(config_.set_, pairs=["KEYGEN_RATES=5/m"], force=False)
    assert "KEYGEN_RATE?" in caught.value.finding
    assert "KEYGEN_RATES" not in values(site)
    site.verb(config_.set_, pairs=["KEYGEN_RATES=5/m"], force=True)
    assert values(site)["KEYGEN_RATES"] == "5/m"


@pytest.mark.parametrize("pair", ["1A=x", "A-B=x", "=x", "Ä B=x"])
def test_what_is_no_name(site: Site, pair: str) -> None:
    with pytest.raises(UsageError, match="is not the name of a config var"):
        site.verb(config_.set_, pairs=[pair], force=False)


def test_a_value_from_stdin(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "piped_whole", lambda: ODD["LINES"])
    site.verb(config_.set_, pairs=["PEM"], force=False)
    assert values(site)["PEM"] == ODD["LINES"]


def test_unset(site: Site) -> None:
    site.verb(config_.set_, pairs=["A=1", "B=2"], force=False)
    before = versions(site)
    site.verb(config_.unset, names=["A", "B"])
    assert versions(site) == before + 1
    assert not {"A", "B"} & set(values(site))
    with pytest.raises(ToolbeltError, match="Not set on tiny: NEVER"):
        site.verb(config_.unset, names=["WORD", "NEVER"])
    assert "WORD" in values(site)


def test_two_stages_are_compared(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.verb(config_.set_, pairs=["ONLY_HERE=secret value"], force=False)
    with pytest.raises(SystemExit) as ended:
        compared(site, "rehearsal", "two")
    assert ended.value.code == 1
    line = next(line for line in site.said.splitlines() if line.startswith("ONLY_HERE"))
    assert line.rstrip().endswith("not set")
    assert "secret value" not in site.said
    assert "same" in compared(site, "two", "two")


def test_pull_and_push_bring_every_value_there_and_back(site: Site) -> None:
    site.verb(config_.set_, pairs=[f"{name}={value}" for name, value in ODD.items()], force=False)
    path = site.root / ".env"
    path.write_text("# mine\nMINE=1\n")
    said = site.verb(config_.pull, names=[], yes=False)
    read = dotenv.dotenv_values(path, interpolate=False)
    assert {name: read[name] for name in ODD} == ODD
    assert path.read_text().startswith("# mine\nMINE=1\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert ODD["UNICODE"] not in said
    site.verb(config_.unset, names=list(ODD))
    site.verb(config_.push, names=list(ODD), yes=True, force=False)
    assert {name: values(site)[name] for name in ODD} == ODD


def test_pull_overwrites_nothing_unasked(site: Site) -> None:
    (site.root / ".env").write_text("WORD=mine\n")
    with pytest.raises(UsageError, match="overwrites WORD"):
        site.verb(config_.pull, names=[], yes=False)
    assert (site.root / ".env").read_text() == "WORD=mine\n"
    site.verb(config_.pull, names=[], yes=True)
    assert dotenv.dotenv_values(site.root / ".env")["WORD"] == values(site)["WORD"]


def test_pull_never_into_git(site: Site) -> None:
    ignored = (site.root / ".gitignore").read_text()
    (site.root / ".gitignore").write_text(".djheroku/\n")
    try:
        with pytest.raises(ToolbeltError, match="git does not ignore"):
            site.verb(config_.pull, names=[], yes=True)
    finally:
        (site.root / ".gitignore").write_text(ignored)
    assert not (site.root / ".env").exists()


def test_what_would_make_this_machine_another_place_is_left_out(site: Site) -> None:
    site.verb(config_.set_, pairs=["SECRET_KEY=" + "k" * 60, "KEYGEN_RATE=5/m"], force=True)
    said = site.verb(config_.pull, names=[], yes=False)
    assert "SECRET_KEY" not in dotenv.dotenv_values(site.root / ".env")
    assert "left out: SECRET_KEY" in said
    site.verb(config_.pull, names=["SECRET_KEY"], yes=False)
    assert dotenv.dotenv_values(site.root / ".env")["SECRET_KEY"] == "k" * 60
