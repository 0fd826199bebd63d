"""Verbs that release to Heroku, or to the rehearsal, and look before they do."""

from __future__ import annotations

from invoke import Context

from toolbelt.commands.promotion import promote as promoting
from toolbelt.commands.rehearse import rehearse as rehearsals
from toolbelt.commands.release import deploy as deploying
from toolbelt.commands.release import doctor as examining
from toolbelt.tools import Tools
from verbs.index import Group
from verbs.words import STAGE

verb = Group("On Heroku")
# What deploy and promote have in common: how a release proves itself.
PROVING = {
    "wait": "seconds until the dynos must be up (180)",
    "doctor": "stop at an error that doctor finds; --no-doctor: tell it, and go on",
    "verify": "hold the gate; --no-verify: enough is that the new commit answers once",
    "rollback": "take back a release that fails; --no-rollback: leave it as it is",
    "accept-migrations": "although the code that runs may not live with them, or they cannot be undone",
    "break-lock": "although somebody else's deploy has not ended",
    "times": "answers with the new commit in a row (3)",
    "gate-seconds": "for how long nothing may go wrong (10)",
    "outputs": "add url, release and commit to this file, as in CI to the one that $GITHUB_OUTPUT names",
}


@verb(help={"stage": STAGE, "json": "for a script"})
def doctor(c: Context, stage: str = "", json: bool = False) -> None:
    """What would stop a deploy, and what is odd, each with its cause and fix; changes nothing.

    Example: ./inv doctor
    Example: ./inv doctor --stage staging --json
    """
    examining.doctor(Tools.here(), stage=stage, as_json=json)


@verb(
    iterable=["include"],
    help={
        "stage": STAGE,
        "build": "image, source or git; otherwise as the app's stack has it",
        "dry-run": "print the plan and stop",
        "allow-dirty": "deploy although not everything is committed",
        "allow-detached": "deploy although HEAD is on no branch, as in CI",
        "force": "git: replace what the app's main has",
        "include": "source: a file or folder that git does not have (may be given several times)",
    }
    | PROVING,
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
    doctor: bool = True,
    verify: bool = True,
    rollback: bool = True,
    accept_migrations: bool = False,
    break_lock: bool = False,
    times: int = 3,
    gate_seconds: int = 10,
    outputs: str = "",
) -> None:
    """Release this commit, and come back when it has proved itself, or was taken back.

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
        options=deploying.Options(
            doctor=doctor,
            verify=verify,
            rollback=rollback,
            accept_migrations=accept_migrations,
            break_lock=break_lock,
            times=times,
            seconds=gate_seconds,
            outputs=outputs,
        ),
    )


@verb(
    help={
        "from_": f"the stage that runs it (staging): {STAGE}",
        "to": f"the stage that is to run it (production): {STAGE}",
        "dry-run": "tell in what the two differ, print the plan, and stop",
        "commit": "only this one, or what begins so: stop where the stage runs another by now",
        "make-pipeline": "of slugs: the pipeline that the two apps are to be in, made where there is none",
    }
    | PROVING,
)
def promote(
    c: Context,
    from_: str = "staging",
    to: str = "production",
    dry_run: bool = False,
    commit: str = "",
    make_pipeline: str = "",
    wait: int = 180,
    doctor: bool = True,
    verify: bool = True,
    rollback: bool = True,
    accept_migrations: bool = False,
    break_lock: bool = False,
    times: int = 3,
    gate_seconds: int = 10,
    outputs: str = "",
) -> None:
    """Release on one app the very image or slug that runs on another, and come back when it has proved itself there.

    Example: ./inv promote
    Example: ./inv promote --from staging --to production --dry-run
    """
    promoting.promote(
        Tools.here(),
        source=from_,
        target=to,
        commit=commit,
        make_pipeline=make_pipeline,
        dry_run=dry_run,
        patience=wait,
        options=deploying.Options(
            doctor=doctor,
            verify=verify,
            rollback=rollback,
            accept_migrations=accept_migrations,
            break_lock=break_lock,
            times=times,
            seconds=gate_seconds,
            outputs=outputs,
        ),
    )


@verb(
    help={
        "like": "a stage: rehearse on an app like its own, on top of the commit that runs there, and back",
        "build": "image, source or git; otherwise image with Docker, source without",
        "once": "end when the report is there, instead of following the log",
        "keep": "leave it running and return",
        "down": "end the rehearsal that was left running",
        "volumes": "end it, and throw its apps away with their data, images and reports",
        "runtime": "docker or process; otherwise Docker if an engine answers",
        "load": "requests a second while the release changes (3); 0 for none",
        "path": "the page that they ask for (/)",
        "report": "keep the report in this file, too: .json, .html or .md",
        "strict": "fail if something is over Heroku's limits",
        "summary": "add the report to this file, as in CI to the one that $GITHUB_STEP_SUMMARY names",
        "wait": "seconds until the dynos must be up (180)",
    },
)
def rehearse(
    c: Context,
    like: str = "",
    build: str = "",
    once: bool = False,
    keep: bool = False,
    down: bool = False,
    volumes: bool = False,
    runtime: str = "",
    load: float = 3.0,
    path: str = "/",
    report: str = "",
    summary: str = "",
    strict: bool = False,
    wait: int = 180,
) -> None:
    """Try a release on a Heroku on this machine, and report how it went: needs no account, and is the same deploy.

    Example: ./inv rehearse --build source
    Example: ./inv rehearse --like production --report rehearsal.html
    Example: ./inv rehearse --down --volumes
    """
    if down or volumes:
        rehearsals.down(Tools.here(), volumes=volumes)
        return
    rehearsals.rehearse(
        Tools.here(),
        build=build,
        keep=keep,
        runtime=runtime,
        patience=wait,
        like=like,
        once=once,
        light=rehearsals.Light(rate=load, path=path),
        told=rehearsals.Told(report=report, summary=summary, strict=strict),
    )
