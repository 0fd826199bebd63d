"""The two ways to promote: images are copied from repository to repository, slugs go through Heroku's pipeline."""

from __future__ import annotations

from collections.abc import Callable

from toolbelt.artifacts import copying
from toolbelt.commands.promotion.coupling import Line
from toolbelt.commands.promotion.pinning import Origin
from toolbelt.commands.release.delivery import remember
from toolbelt.commands.release.deploying import Run
from toolbelt.errors import DeployFailed
from toolbelt.heroku import features, formation, pipelines, releases
from toolbelt.heroku.releases import Release
from toolbelt.output import size
from toolbelt.plan import Step

SLOW = 60  # seconds until Heroku has made the release of a promotion
Delivery = Callable[[Run], Release | None]


def steps(origin: Origin, line: Line | None, off: tuple[str, ...], newest: Release | None) -> tuple[Step, ...]:
    """The plan of the delivery itself; off: metadata features that the target has off."""
    name, types = newest.name if newest else "none yet", ", ".join(origin.processes)
    if line is None:
        return (
            Step("copy", f"the images of {types}, {size(origin.size)} at most", f"they run on {origin.name}"),
            Step("release", f"{types} in one call", f"the newest release is {name}"),
        )
    found = [Step("feature", f"switch {each} on", "without it the dynos cannot tell their commit") for each in off]
    if line.missing:
        told = ", ".join(f"{app.name} as {stage}" for app, stage in line.missing)
        found.append(Step("pipeline", f"{line.name}: {told}", "--make-pipeline asks for it"))
    what = f"the slug of {origin.name} through {line.name}"
    return (*found, Step("promote", what, f"it is what was verified; the newest release is {name}"))


def of_images(origin: Origin) -> Delivery:
    """Copy what the target's registry has not, then release all process types at once."""

    def deliver(run: Run) -> Release | None:
        ours, theirs = run.heroku.registry, origin.heroku.registry
        with run.step("copy", half="Nothing was released; what has arrived in the registry stays there.") as note:
            began = ours.traffic.sent
            copied = copying.copy(
                theirs, origin.app.name, ours, run.app, origin.images,
                mountable=ours.base == theirs.base and run.heroku.token == origin.heroku.token,
                progress=lambda total: run.tools.printer.transfer("copy", total),
            )  # fmt: skip
            note(f"{size(ours.traffic.sent - began)} sent")
            counts = (
                (copied.mounted, "blobs mounted"),
                (copied.sent, "blobs streamed"),
                (len(copied.unchanged), "there already"),
            )
            note(", ".join(f"{count} {what}" for count, what in counts if count))
        remember(run.tools, run)
        run.note("size", origin.size)
        run.note("digest", next((image.digest for image in origin.images if image.process_type == "web"), ""))
        with run.step("release", half=f"Whether Heroku made a release: ./inv releases{run.heroku.stage.flag}") as note:
            origin.still()
            client = run.heroku.client
            before = releases.newest(client, run.app)
            digests = {image.process_type: image.digest for image in origin.images}
            release = formation.release(client, run.app, digests, before=before)
            if release is None and before is not None and before.status == "failed":
                raise DeployFailed(
                    f"Heroku sees nothing new in it since {before.name}, which failed",
                    finding=f"{before.name}: {before.description}",
                    todo=f"./inv releases.output {before.name}{run.heroku.stage.flag} tells why",
                )
            note(release.name if release else "nothing new in it: Heroku makes no release")
        return release

    return deliver


def of_slug(origin: Origin, line: Line) -> Delivery:
    """Have Heroku release the slug on the target; what its release phase does is watched like any other."""

    def deliver(run: Run) -> Release | None:
        client = run.heroku.client
        for name in run.observed.features:
            with run.step("feature", half="") as note:
                features.enable(client, run.app, name)
                run.enabled.append(name)
                note(name)
        pipeline = line.pipeline
        if line.missing:
            with run.step("pipeline", half="Nothing was released.") as note:
                pipeline = pipeline or pipelines.create(client, line.name, like=origin.app.name)
                for app, stage in line.missing:
                    pipelines.couple(client, app.id, pipeline, stage)
                note(line.name)
        assert pipeline is not None
        remember(run.tools, run)
        with run.step("promote", half=f"Whether Heroku made a release: ./inv releases{run.heroku.stage.flag}") as note:
            origin.still()
            before = releases.newest(client, run.app)
            made = pipelines.promote(
                client, pipeline.id, origin.app.id, origin.release.id, run.observed.app.id,
                found=lambda: releases.since(client, run.app, before),
            )  # fmt: skip
            release = made if isinstance(made, Release) else _release(run, made)
            note(release.name)
        return release

    return deliver


def _release(run: Run, promotion: str) -> Release:
    """The target's release, as soon as there is one: its release phase may go on for long."""
    client = run.heroku.client
    for _second in range(SLOW):
        for target in pipelines.targets(client, promotion):
            if target.app == run.observed.app.id and target.release:
                return releases.info(client, run.app, target.release)
            if target.app == run.observed.app.id and target.status == "failed":
                raise DeployFailed(f"Heroku does not promote it to {run.app}", finding=target.error, todo=run.again)
        client.sleep(1)
    raise DeployFailed(
        f"Heroku has taken the promotion, and made no release on {run.app} after {SLOW} s",
        finding=f"pipeline promotion {promotion}",
        todo=f"./inv releases{run.heroku.stage.flag} tells whether it comes later",
    )
