"""The index of verbs: all that can be done, nothing of how. `./inv` lists them, `./inv help VERB` tells more."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

from invoke import Argument, Collection, Context, Task, task

from toolbelt.commands import accounts, apps, logs_, project, quality, site
from toolbelt.commands import deploy as deploying
from toolbelt.commands import ps as processes
from toolbelt.commands import rehearse as rehearsals
from toolbelt.commands import releases as released
from toolbelt.commands import stack as stacks
from toolbelt.commands.project import Verb
from toolbelt.errors import ToolbeltError
from toolbelt.output import Printer
from toolbelt.tools import Tools

GROUPS: dict[str, list[Task[Any]]] = {}


def words() -> list[str]:
    """What stands behind `--` on the command line, word by word (invoke itself keeps it as one string)."""
    return sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []


class Optional(Task[Any]):
    """A task whose positional arguments may be left out: invoke asks for every positional that it knows of, so
    that it is told of them only where the command line has them."""

    optional_positional: tuple[str, ...] = ()

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:
        arguments = super().get_arguments(ignore_unknown_help)
        given = _given(self.name.replace("_", "-"), {f for a in arguments if a.takes_value for f in _flags(a)})
        for argument in arguments:
            argument.positional = argument.name in self.optional_positional[:given] or argument.positional
            if argument.positional and argument.name in self.optional_positional:
                argument.default = None
        return arguments


def _flags(argument: Argument) -> list[str]:
    return [f"--{name.replace('_', '-')}" if len(name) > 1 else f"-{name}" for name in argument.names]


def _given(name: str, with_value: set[str]) -> int:
    """How many bare words follow the verb on the command line."""
    if name not in sys.argv:
        return 0
    count, skip = 0, False
    for word in sys.argv[sys.argv.index(name) + 1 :]:
        if word == "--":
            break
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = word in with_value
        else:
            count += 1
    return count


def verb(group: str, *, optional: tuple[str, ...] = (), **options: Any) -> Callable[[Callable[..., None]], Task[Any]]:
    """Make a function a verb of a group; known bad news becomes a message and an exit status."""

    def decorate(function: Callable[..., None]) -> Task[Any]:
        @wraps(function)
        def bounded(c: Context, *args: Any, **kwargs: Any) -> None:
            try:
                function(c, *args, **kwargs)
            except ToolbeltError as error:
                Printer().bad_news(error)
                raise SystemExit(error.status) from None
            except KeyboardInterrupt:
                raise SystemExit(130) from None

        made: Optional = task(klass=Optional, positional=list(options.pop("positional", [])), **options)(bounded)
        made.optional_positional = optional
        GROUPS.setdefault(group, []).append(made)
        return made

    return decorate


STACK, SITE, CODE, HERE = "The stack", "The running site", "The code", "This checkout"
HEROKU, ACCOUNT = "On Heroku", "Apps and accounts"
STAGE = "a stage of pyproject.toml, or rehearsal"


@verb(
    STACK,
    help={
        "stack": "docker or embedded; otherwise Docker if an engine answers",
        "detach": "return when the site is ready",
        "debug": "debugpy listens on 5678 (web) and 5679 (worker)",
        "port": "where the site answers (8000)",
        "wait": "seconds until it must be ready (120)",
        "seed": "example keys and an admin when the database is new",
    },
)
def up(
    c: Context,
    stack: str = "",
    detach: bool = False,
    debug: bool = False,
    port: int = 0,
    seed: bool = True,
    wait: int = 120,
) -> None:
    """Bring up release, web, worker, Postgres and Redis, and wait until the site is ready.

    Example: ./inv up --detach --port 8010
    """
    stacks.up(Tools.here(port=port or None), stack=stack, detach=detach, debug=debug, seed=seed, patience=wait)


@verb(STACK, help={"volumes": "throw the data away too", "yes": "do not ask"})
def down(c: Context, volumes: bool = False, yes: bool = False) -> None:
    """End the stack; its data stays.

    Example: ./inv down --volumes
    """
    stacks.down(Tools.here(), volumes=volumes, yes=yes)


@verb(STACK)
def status(c: Context) -> None:
    """What runs, and whether the site is ready.

    Example: ./inv status
    """
    stacks.status(Tools.here())


@verb(
    STACK,
    optional=("process",),
    help={
        "process": "only this one; of a stage also a dyno (web.1), router, app or heroku",
        "follow": "go on until Ctrl-C",
        "tail": "the same",
        "stage": f"the log of an app: {STAGE}",
        "num": "of a stage: how many lines to begin with (100)",
    },
)
def logs(c: Context, process: str = "", follow: bool = False, tail: bool = False, stage: str = "", num: int = 100) -> None:
    """The log of the stack, or of one process; with --stage, of a Heroku app.

    Example: ./inv logs worker --follow
    Example: ./inv logs --stage staging --tail
    """
    if stage:
        logs_.logs_of_stage(Tools.here(), stage=stage, process=process or "", tail=tail or follow, lines=num)
    else:
        stacks.logs(Tools.here(), process=process or "", follow=follow or tail)


@verb(STACK, optional=("process",), help={"process": "only this one"})
def restart(c: Context, process: str = "") -> None:
    """Restart the processes, or one of them.

    Example: ./inv restart worker
    """
    stacks.restart(Tools.here(), processes=[process] if process else [])


@verb(SITE, optional=("app",), help={"app": "only this app"})
def migrate(c: Context, app: str = "") -> None:
    """Apply migrations; options of Django's own behind --.

    Example: ./inv migrate keygen -- 0001
    """
    site.manage(Tools.here(), "migrate", *_one(app), *words())


@verb(SITE, optional=("app",), help={"app": "only this app"})
def makemigrations(c: Context, app: str = "") -> None:
    """Write migrations for changed models.

    Example: ./inv makemigrations keygen -- --name colour
    """
    site.manage(Tools.here(), "makemigrations", *_one(app), *words())


@verb(SITE, positional=["fixture"], help={"fixture": "name or path of a fixture"})
def loaddata(c: Context, fixture: str) -> None:
    """Load a fixture into the database.

    Example: ./inv loaddata keygen
    """
    site.manage(Tools.here(), "loaddata", fixture, *words())


@verb(SITE, optional=("what",), help={"what": "an app or app.model", "output": "a file instead of the terminal"})
def dumpdata(c: Context, what: str = "", output: str = "") -> None:
    """Write data as a fixture.

    Example: ./inv dumpdata keygen --output keys.json
    """
    site.manage(
        Tools.here(),
        "dumpdata",
        "--indent",
        "2",
        *_one(what),
        *(["--output", output] if output else []),
        *words(),
    )


@verb(SITE)
def createsuperuser(c: Context) -> None:
    """Make an admin user.

    Example: ./inv createsuperuser -- --username ada
    """
    site.manage(Tools.here(), "createsuperuser", *words())


@verb(SITE)
def shell(c: Context) -> None:
    """Python with Django and the models loaded.

    Example: ./inv shell
    """
    site.manage(Tools.here(), "shell", *words())


@verb(SITE)
def dbshell(c: Context) -> None:
    """psql on the site's database.

    Example: ./inv dbshell -- -c "select count(*) from keygen_key"
    """
    site.dbshell(Tools.here(), words())


@verb(SITE)
def redis_cli(c: Context) -> None:
    """A console on the site's Valkey.

    Example: ./inv redis-cli -- llen rq:queue:default
    """
    site.redis_cli(Tools.here(), words())


@verb(SITE)
def manage(c: Context) -> None:
    """Any command of manage.py.

    Example: ./inv manage -- showmigrations keygen
    """
    site.manage(Tools.here(), *words())


@verb(SITE)
def run(c: Context) -> None:
    """Any program, as the site's processes run: same Python, same environ.

    Example: ./inv run -- python -V
    """
    site.run(Tools.here(), words())


@verb(
    CODE,
    optional=("path",),
    help={"path": "a file or folder", "k": "only tests that match", "all": "slow ones too"},
)
def test(c: Context, path: str = "", k: str = "", all: bool = False) -> None:
    """Run every test that this machine can run; pytest's own options behind --.

    Example: ./inv test tests/djheroku -k health -- -x
    """
    quality.test(Tools.here(), paths=_one(path), expression=k, everything=all, words=words())


@verb(CODE)
def check(c: Context) -> None:
    """Format, lint, types, imports, Dockerfile, Compose, shell, workflows, deploy checks, vulnerabilities.

    Example: ./inv check
    """
    quality.check(Tools.here())


@verb(CODE)
def fix(c: Context) -> None:
    """Format the code and mend what a machine can mend.

    Example: ./inv fix
    """
    quality.fix(Tools.here())


@verb(CODE, help={"upgrade": "the newest versions that fit"})
def lock(c: Context, upgrade: bool = False) -> None:
    """Write the lock files from pyproject.toml.

    Example: ./inv lock --upgrade
    """
    quality.lock(Tools.here(), upgrade=upgrade)


@verb(CODE, optional=("name",), help={"name": "only this measurement"})
def bench(c: Context, name: str = "") -> None:
    """Measure: medians, side by side.

    Example: ./inv bench stack
    """
    project.bench(Tools.here(), names=_one(name))


@verb(
    HEROKU,
    iterable=["include"],
    help={
        "stage": STAGE,
        "build": "image, source or git; otherwise as the app's stack has it",
        "dry-run": "print the plan and stop",
        "allow-dirty": "deploy although not everything is committed",
        "allow-detached": "deploy although HEAD is on no branch, as in CI",
        "force": "git: replace what the app's main has",
        "include": "source: a file or folder that git does not have (may be given several times)",
        "wait": "seconds until the dynos must be up (180)",
    },
)
def deploy(
    c: Context,
    stage: str = "",
    build: str = "",
    dry_run: bool = False,
    allow_dirty: bool = False,
    allow_detached: bool = False,
    force: bool = False,
    include: list[str] | None = None,
    wait: int = 180,
) -> None:
    """Release this commit, and come back when the site answers with it.

    Example: ./inv deploy --stage staging
    Example: ./inv deploy --stage rehearsal --build source --dry-run
    """
    deploying.deploy(
        Tools.here(),
        stage=stage,
        build=build,
        dry_run=dry_run,
        allow_dirty=allow_dirty,
        allow_detached=allow_detached,
        force=force,
        include=include or [],
        patience=wait,
    )


@verb(
    HEROKU,
    help={
        "build": "image, source or git; otherwise image with Docker, source without",
        "keep": "leave it running and return",
        "down": "end the rehearsal that was left running",
        "runtime": "docker or process; otherwise Docker if an engine answers",
        "wait": "seconds until the dynos must be up (180)",
    },
)
def rehearse(c: Context, build: str = "", keep: bool = False, down: bool = False, runtime: str = "", wait: int = 180) -> None:
    """Try a release on a Heroku on this machine: needs no account, and is the same deploy.

    Example: ./inv rehearse --build source
    Example: ./inv rehearse --keep
    """
    if down:
        rehearsals.down(Tools.here())
    else:
        rehearsals.rehearse(Tools.here(), build=build, keep=keep, runtime=runtime, patience=wait)


@verb(HEROKU, help={"stage": STAGE, "num": "how many (15)", "json": "for a script"})
def releases(c: Context, stage: str = "", num: int = 15, json: bool = False) -> None:
    """The newest releases of the app.

    Example: ./inv releases --stage staging --num 5
    """
    released.list_(Tools.here(), stage=stage, count=num, as_json=json)


@verb(
    HEROKU,
    optional=("release",),
    name="releases.info",
    help={"release": "vN; otherwise the newest", "stage": STAGE, "json": "for a script"},
)
def releases_info(c: Context, release: str = "", stage: str = "", json: bool = False) -> None:
    """One release: what, who, when, and whether one can go back to it.

    Example: ./inv releases.info v42
    """
    released.info(Tools.here(), which=release or "", stage=stage, as_json=json)


@verb(
    HEROKU,
    optional=("release",),
    name="releases.output",
    help={"release": "vN; otherwise the newest", "stage": STAGE},
)
def releases_output(c: Context, release: str = "", stage: str = "") -> None:
    """What the release phase of a release says, followed to its end.

    Example: ./inv releases.output v42
    """
    released.output(Tools.here(), which=release or "", stage=stage)


@verb(
    HEROKU,
    optional=("release",),
    name="releases.rollback",
    help={"release": "vN; otherwise the one before the one that runs", "stage": STAGE},
)
def releases_rollback(c: Context, release: str = "", stage: str = "") -> None:
    """Make a new release of the code and config vars of an old one.

    Example: ./inv releases.rollback v41
    """
    released.rollback(Tools.here(), which=release or "", stage=stage)


@verb(HEROKU, help={"stage": STAGE, "json": "for a script"})
def ps(c: Context, stage: str = "", json: bool = False) -> None:
    """The dynos of the app: what runs, of which release.

    Example: ./inv ps --stage staging
    """
    processes.ps(Tools.here(), stage=stage, as_json=json)


@verb(HEROKU, optional=("path",), name="open", help={"path": "a page of the site", "stage": STAGE})
def open_(c: Context, path: str = "", stage: str = "") -> None:
    """Print the app's address, and open it where there is a browser.

    Example: ./inv open admin/ --stage staging
    """
    logs_.open_(Tools.here(), stage=stage, path=path or "")


@verb(
    ACCOUNT,
    optional=("app",),
    name="apps.create",
    help={
        "app": "a name; otherwise the stage's",
        "stage": STAGE,
        "region": "us or eu; otherwise Heroku's choice",
        "team": "the team that is to own it",
        "stack": "otherwise that of app.json",
    },
)
def apps_create(c: Context, app: str = "", stage: str = "", region: str = "", team: str = "", stack: str = "") -> None:
    """Make the app as app.json has it: stack, config vars, add-ons.

    Example: ./inv apps.create --stage staging --region eu
    """
    apps.create(Tools.here(), name=app or "", stage=stage, region=region, team=team, stack=stack)


@verb(
    ACCOUNT,
    optional=("app",),
    name="apps.destroy",
    help={"app": "a name; otherwise the stage's", "stage": STAGE, "confirm": "its name, instead of being asked for it"},
)
def apps_destroy(c: Context, app: str = "", stage: str = "", confirm: str = "") -> None:
    """Destroy the app with its add-ons and their data, once its name has been typed.

    Example: ./inv apps.destroy --stage staging --confirm my-staging
    """
    apps.destroy(Tools.here(), name=app or "", stage=stage, confirm=confirm)


@verb(ACCOUNT, help={"stage": STAGE, "account": "a name for it, where there are several"})
def login(c: Context, stage: str = "", account: str = "") -> None:
    """Keep a token in the system's keyring; it is asked for without being shown, or read from stdin.

    Example: ./inv login --account work
    """
    accounts.login(Tools.here(), stage=stage, account=account)


@verb(ACCOUNT, help={"stage": STAGE, "account": "its name, where there are several"})
def logout(c: Context, stage: str = "", account: str = "") -> None:
    """Take a token out of the keyring.

    Example: ./inv logout --account work
    """
    accounts.logout(Tools.here(), stage=stage, account=account)


@verb(ACCOUNT, help={"stage": STAGE, "account": "its name, where there are several", "json": "for a script"})
def whoami(c: Context, stage: str = "", account: str = "", json: bool = False) -> None:
    """Whose token it is that a verb would use, and where it was found.

    Example: ./inv whoami --stage staging
    """
    accounts.whoami(Tools.here(), stage=stage, account=account, as_json=json)


@verb(HERE)
def secret(c: Context) -> None:
    """Print a fresh SECRET_KEY.

    Example: ./inv secret
    """
    project.secret(Tools.here())


@verb(HERE, help={"everything": ".venv too"})
def clean(c: Context, everything: bool = False) -> None:
    """Remove what tools have made; data is kept.

    Example: ./inv clean
    """
    project.clean(Tools.here(), everything=everything)


@verb(HERE, optional=("verb",), name="help", default=True, help={"verb": "the verb to tell about"})
def help_(c: Context, verb: str = "") -> None:
    """This overview, or more about one verb.

    Example: ./inv help up
    """
    groups = {title: [_described(each) for each in tasks] for title, tasks in GROUPS.items()}
    if verb:
        project.explain(Tools.here(), groups, verb)
    else:
        project.overview(Tools.here(), groups)


def _one(word: str) -> list[str]:
    return [word] if word else []


def _described(made: Task[Any]) -> Verb:
    line, _, details = (made.__doc__ or "").partition("\n")
    flags = [
        (f"--no-{each.name}" if each.default is True else ", ".join(_flags(each)), each.help or "")
        for each in made.get_arguments()
    ]
    return Verb(made.name.replace("_", "-"), line, details.strip().replace("\n    ", "\n"), flags)


def _collected(verbs: list[Task[Any]]) -> Collection:
    """All verbs; those with a dot in a collection of their noun, in which the noun alone is the default."""
    root = Collection()
    nouns = {each.name.partition(".")[0]: Collection() for each in verbs if "." in each.name}
    for each in verbs:
        noun, _, rest = each.name.partition(".")
        if noun in nouns:
            nouns[noun].add_task(each, name=rest or "list", default=not rest)
        else:
            root.add_task(each)
    for noun, collection in nouns.items():
        root.add_collection(collection, name=noun)
    return root


namespace = _collected([each for verbs in GROUPS.values() for each in verbs])
