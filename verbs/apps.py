"""Verbs on apps: as a whole, their review apps, domains and pipelines."""

from __future__ import annotations

from invoke import Context

from toolbelt.commands.apps import applying, households, information
from toolbelt.commands.apps import apps as app_verbs
from toolbelt.commands.apps import certificates as certificates_
from toolbelt.commands.apps import domains as domains_
from toolbelt.commands.apps import reviewapps as review
from toolbelt.tools import Tools
from verbs.index import Group
from verbs.words import STAGE

verb = Group("Apps and accounts")
CONFIRM = "the app's name, instead of being asked for it"


@verb(help={"stage": STAGE, "json": "for a script"})
def plan(c: Context, stage: str = "", json: bool = False) -> None:
    """What apply would do to the app, and what is there besides; nothing is done.

    Example: ./inv plan --stage staging
    """
    applying.plan(Tools.here(), stage=stage, as_json=json)


@verb(help={"stage": STAGE, "yes": "do not ask"})
def apply(c: Context, stage: str = "", yes: bool = False) -> None:
    """Make the app what app.json and its stage ask for: stack, config vars, add-ons, formation, features, pipeline.

    Example: ./inv apply --stage staging
    """
    applying.apply(Tools.here(), stage=stage, yes=yes)


@verb(help={"stage": STAGE, "json": "for a script"})
def apps(c: Context, stage: str = "", json: bool = False) -> None:
    """Every app that the account sees.

    Example: ./inv apps
    """
    households.list_(Tools.here(), stage=stage, as_json=json)


@verb(name="apps.info", help={"stage": STAGE, "json": "for a script"})
def apps_info(c: Context, stage: str = "", json: bool = False) -> None:
    """The stage's app on one screen: where it is, what it is built for, what runs, and what belongs to it.

    Example: ./inv apps.info --stage production
    """
    information.info(Tools.here(), stage=stage, as_json=json)


@verb(
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
    app_verbs.create(Tools.here(), name=app or "", stage=stage, region=region, team=team, stack=stack)


@verb(
    optional=("app",),
    name="apps.destroy",
    help={"app": "a name; otherwise the stage's", "stage": STAGE, "confirm": "its name, instead of being asked for it"},
)
def apps_destroy(c: Context, app: str = "", stage: str = "", confirm: str = "") -> None:
    """Destroy the app with its add-ons and their data, once its name has been typed.

    Example: ./inv apps.destroy --stage staging --confirm my-staging
    """
    app_verbs.destroy(Tools.here(), name=app or "", stage=stage, confirm=confirm)


@verb(
    name="reviewapps.create",
    positional=["number"],
    help={
        "number": "of the pull request",
        "stage": "the stage whose apps these are (review)",
        "life": "after which it may go: 12h, 3d",
        "build": "image, source or git; otherwise as the app's stack has it",
        "outputs": "add url, release and commit to this file, as in CI to the one that $GITHUB_OUTPUT names",
    },
)
def reviewapps_create(
    c: Context, number: str, stage: str = "review", life: str = "3d", build: str = "", outputs: str = ""
) -> None:
    """Make the app of a pull request, images and all, deploy this commit to it, and run app.json's postdeploy once.

    Example: ./inv reviewapps.create 12 --life 3d
    """
    review.create(Tools.here(), number=number, stage=stage, life=life, build=build, outputs=outputs)


@verb(
    name="reviewapps.destroy",
    positional=["number"],
    help={
        "number": "of the pull request",
        "stage": "as above (review)",
        "script": "run app.json's script pr-predestroy first; --no-script: leave it",
    },
)
def reviewapps_destroy(c: Context, number: str, stage: str = "review", script: bool = True) -> None:
    """Destroy the app of a pull request.

    Example: ./inv reviewapps.destroy 12
    """
    review.destroy(Tools.here(), number=number, stage=stage, script=script)


@verb(name="reviewapps.sweep", help={"stage": "as above (review)"})
def reviewapps_sweep(c: Context, stage: str = "review") -> None:
    """Destroy those whose time is over.

    Example: ./inv reviewapps.sweep
    """
    review.sweep(Tools.here(), stage=stage)


@verb(help={"stage": "as above (review)", "json": "for a script"})
def reviewapps(c: Context, stage: str = "review", json: bool = False) -> None:
    """Review apps, until when they live, and what they cost.

    Example: ./inv reviewapps
    """
    review.list_(Tools.here(), stage=stage, as_json=json)


@verb(name="apps.rename", positional=["name"], help={"name": "the new one", "stage": STAGE})
def apps_rename(c: Context, name: str, stage: str = "") -> None:
    """Give the app another name.

    Example: ./inv apps.rename my-site-two --stage staging
    """
    households.rename(Tools.here(), to=name, stage=stage)


@verb(optional=("switch",), help={"switch": "on or off; otherwise tell which it is", "stage": STAGE})
def maintenance(c: Context, switch: str = "", stage: str = "") -> None:
    """Show visitors a page instead of the site.

    Example: ./inv maintenance on --stage staging
    """
    households.maintenance(Tools.here(), switch=switch or "", stage=stage)


@verb(help={"stage": STAGE, "json": "for a script"})
def domains(c: Context, stage: str = "", json: bool = False) -> None:
    """The app's hostnames, their DNS targets and certificates.

    Example: ./inv domains --stage production
    """
    domains_.list_(Tools.here(), stage=stage, as_json=json)


@verb(
    name="domains.add",
    positional=["hostname"],
    help={
        "hostname": "such as www.example.com",
        "stage": STAGE,
        "wait": "until its certificate is there; Heroku is asked for one if it was not yet",
        "seconds": "but not longer (600)",
    },
)
def domains_add(c: Context, hostname: str, stage: str = "", wait: bool = False, seconds: int = 600) -> None:
    """Add a hostname, and print the DNS record to make.

    Example: ./inv domains.add www.example.com --stage production --wait
    """
    domains_.add(Tools.here(), hostname=hostname, stage=stage, wait=wait, patience=seconds)


@verb(
    name="domains.certificates",
    optional=("switch",),
    help={
        "switch": "on, off, or refresh (try again what has failed); otherwise tell how far it is",
        "stage": STAGE,
        "wait": "until every domain has its certificate",
        "seconds": "but not longer (600)",
        "confirm": f"of off: {CONFIRM}",
        "json": "for a script",
    },
)
def domains_certificates(
    c: Context, switch: str = "", stage: str = "", wait: bool = False, seconds: int = 600, confirm: str = "", json: bool = False
) -> None:
    """Let Heroku see to the certificates of the app's domains, and tell how far it is with them.

    Example: ./inv domains.certificates on --stage production --wait
    """
    certificates_.certificates(
        Tools.here(), switch=switch or "", stage=stage, wait=wait, patience=seconds, confirm=confirm, as_json=json
    )


@verb(name="domains.remove", positional=["hostname"], help={"hostname": "of the app", "stage": STAGE, "confirm": CONFIRM})
def domains_remove(c: Context, hostname: str, stage: str = "", confirm: str = "") -> None:
    """Remove a hostname.

    Example: ./inv domains.remove www.example.com --stage staging
    """
    domains_.remove(Tools.here(), hostname=hostname, stage=stage, confirm=confirm)


@verb(help={"stage": STAGE, "json": "for a script"})
def pipelines(c: Context, stage: str = "", json: bool = False) -> None:
    """Pipelines, and which apps are where in them.

    Example: ./inv pipelines
    """
    households.every_pipeline(Tools.here(), stage=stage, as_json=json)


@verb(
    name="pipelines.add",
    positional=["pipeline", "place"],
    help={"pipeline": "made if there is none", "place": "review, development, staging or production", "stage": STAGE},
)
def pipelines_add(c: Context, pipeline: str, place: str, stage: str = "") -> None:
    """Give the app a place in a pipeline.

    Example: ./inv pipelines.add my-site staging --stage staging
    """
    households.add_to_pipeline(Tools.here(), pipeline=pipeline, place=place, stage=stage)


@verb(name="pipelines.remove", help={"stage": STAGE})
def pipelines_remove(c: Context, stage: str = "") -> None:
    """Take the app out of its pipeline.

    Example: ./inv pipelines.remove --stage staging
    """
    households.remove_from_pipeline(Tools.here(), stage=stage)
