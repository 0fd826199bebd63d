"""docs/from-heroku-cli.md names every command that tutorials type, and only verbs that exist."""

from __future__ import annotations

import re
from pathlib import Path

import tasks

TABLE = (Path(__file__).resolve().parent.parent / "docs" / "from-heroku-cli.md").read_text()
ROWS = [
    [cell.strip() for cell in line.split("|")[1:-1]]
    for line in TABLE.splitlines()
    if line.startswith("| `") and "`heroku …`" not in line
]
# What tutorials on Django and Heroku type; | stands for a blank.
TYPED = """
    login auth:token whoami accounts apps create git:remote git|push|heroku|main container:login container:push
    container:release stack:set buildpacks:set buildpacks:add features:enable rename destroy
    maintenance:on maintenance:off open local
    config config:get config:set config:unset addons addons:create addons:upgrade addons:wait addons:destroy
    ps ps:scale ps:restart ps:stop run logs releases releases:info releases:output rollback
    pg:info pg:psql pg:pull pg:push pg:reset pg:copy redis:cli
    pg:backups pg:backups:capture pg:backups:download pg:backups:restore pg:backups:info pg:backups:url
    pg:backups:cancel pg:backups:delete pg:backups:schedule pg:backups:schedules pg:backups:unschedule
    pg:wait pg:credentials:url redis:info
    domains domains:add domains:remove pipelines:create pipelines:add pipelines:promote access
    logout keys:add authorizations:create info apps:info ps:exec ps:type ps:resize ps:wait restart scale run:detached ci plugins
    config:edit addons:open addons:docs addons:attach addons:detach addons:info addons:plans pg:promote pg:credentials
    pg:extensions pg:upgrade:run pg:ps pg:killall pg:diagnose redis:credentials redis:maxmemory drains:add webhooks:add
    labs:enable buildpacks buildpacks:remove pipelines pipelines:info pipelines:diff releases:retry certs certs:add certs:auto
    local:run maintenance stack reviewapps:create
"""
VERBS = {made.name.replace("_", "-") for group in tasks.GROUPS.values() for made in group}
FLAGS = {
    made.name.replace("_", "-"): {f"--{name.replace('_', '-')}" for argument in made.get_arguments() for name in argument.names}
    for group in tasks.GROUPS.values()
    for made in group
}


def _commands(cell: str) -> list[str]:
    return re.findall(r"`\./inv ([^`]+)`", cell)


def test_every_command_of_the_tutorials_is_in_the_table() -> None:
    named = {name for row in ROWS for name in re.findall(r"`([^`]+)`", row[0])}
    assert {word.replace("|", " ") for word in TYPED.split()} - named == set()


def test_no_command_is_there_twice() -> None:
    named = [name for row in ROWS for name in re.findall(r"`([^`]+)`", row[0])]
    assert len(named) == len(set(named))


def test_every_verb_in_the_table_exists_with_its_flags() -> None:
    found = [command for row in ROWS for command in _commands(" ".join(row[1:]))]
    assert len(found) > len(ROWS) / 2
    for command in found:
        verb, *words = command.partition(" -- ")[0].split()
        assert verb in VERBS, command
        assert {word for word in words if word.startswith("--")} <= FLAGS[verb], command


def test_a_row_without_a_verb_says_why() -> None:
    for row in ROWS:
        assert len(row) == 3, row
        if not _commands(row[1]):
            assert row[2], row
