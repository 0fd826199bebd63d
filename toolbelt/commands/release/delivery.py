"""The three ways to bring a commit to Heroku: as an image, as source, as a push. Each ends in a release."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from toolbelt.artifacts import contents, gitpush, image, shipping, tarball
from toolbelt.commands.release.deploying import Run
from toolbelt.errors import DeployFailed
from toolbelt.heroku import builds, features, formation, releases, streams
from toolbelt.heroku.apps import App
from toolbelt.heroku.builds import Build
from toolbelt.heroku.releases import Release
from toolbelt.heroku.tokens import VARIABLE
from toolbelt.output import Printer, size
from toolbelt.plan import GIT, IMAGE, SOURCE, scaling
from toolbelt.tools import Tools

SLOW_RELEASE = 60  # seconds from the end of a build until its release is there


def deliver_image(run: Run) -> Release | None:
    """Build, upload what the registry has not, release all process types at once; None if it has it already."""
    tools, heroku = run.tools, run.heroku
    with run.step("build", half="Nothing was uploaded, nothing released; BuildKit keeps the steps it has done.") as note:
        built = image.build(
            tools.config.root,
            commit=run.wanted.commit,
            version=run.wanted.commit[:12],
            tag=f"{run.app}:deployed",
            environ=_child(tools),
        )
        contents.refuse(built)
        note(f"{len(built.layers)} layers for {built.os}/{built.architecture}")
    with run.step("upload", half="Nothing was released; what has arrived in the registry stays there.") as note:
        processes, cache = run.wanted.processes, tools.layers
        new = any(cache.get(diff_id) is None for diff_id in built.layers)
        known = shipping.known(heroku.registry, run.app, list(processes)) if new else {}
        layers = image.layers(built, cache, known=known, note=lambda text: tools.printer.doing("upload", text))
        images = contents.images(built, layers, processes)
        shipped = shipping.ship(
            heroku.registry, run.app, images, cache, progress=lambda total: tools.printer.transfer("upload", total)
        )
        cache.sweep()
        sent, whole = heroku.registry.traffic.sent, sum(layer.blob.size for layer in layers)
        note(f"{size(sent)} of {size(whole)}, {shipped.blobs} new blobs, {heroku.registry.traffic.requests} requests")
    remember(tools, run)
    run.note("size", whole)
    run.note("digest", next((each.digest for each in images if each.process_type == "web"), ""))
    with run.step("release", half=f"Whether Heroku made a release: ./inv releases{heroku.stage.flag}") as note:
        before = releases.newest(heroku.client, run.app)
        digests = {each.process_type: each.digest for each in images}
        release = formation.release(heroku.client, run.app, digests, before=before)
        if release is None and before is not None and before.status == "failed":
            raise DeployFailed(
                f"Heroku sees nothing new in it since {before.name}, which failed",
                finding=f"{before.name}: {before.description}",
                todo=f"./inv releases.output {before.name}{heroku.stage.flag} tells why; commit what mends it",
            )
        note(release.name if release else "nothing new in it: Heroku makes no release")
    return release


def deliver_source(run: Run) -> Release:
    """Pack and upload the commit, have Heroku build it, and follow the build to its release."""
    client = run.heroku.client
    if (build := run.observed.build) is None:
        _features(run)
        with run.step("upload", half="Nothing was built, nothing released.") as note:
            commit = run.wanted.commit
            with tempfile.TemporaryDirectory() as folder:  # each run its own: two stages may be deployed to at once
                to = Path(folder) / "source.tgz"
                archive = tarball.pack(run.tools.config.root, commit, to=to, include=run.wanted.include)
                address = builds.upload(client, archive.path)
            note(f"{len(archive.names)} files, {size(archive.size)}")
        remember(run.tools, run)
    with run.step("build", half="What has been begun goes on at Heroku: the same command finds it.") as note:
        if build is None:
            build = builds.create(client, run.app, address, version=commit, checksum=archive.checksum)
        build = _follow(run, build)
        if build.status != "succeeded":
            raise DeployFailed(
                "The build failed", finding="What the buildpack says stands above.",
                todo=f"Nothing was released. Mend it, commit, and: {run.again}",
            )  # fmt: skip
        release = _release_of(run, build)
        note(release.name)
    return release


def _follow(run: Run, build: Build) -> Build:
    client = run.heroku.client

    def ended() -> bool:
        return builds.info(client, run.app, build.id).status != "pending"

    if build.output_url:
        show(run.tools.printer, "build", streams.follow(client, build.output_url, finished=ended))
    while (found := builds.info(client, run.app, build.id)).status == "pending":
        client.sleep(1)
    return found


def _release_of(run: Run, build: Build) -> Release:
    client = run.heroku.client
    for _second in range(SLOW_RELEASE):
        if build.release:
            return releases.info(client, run.app, build.release)
        client.sleep(1)
        build = builds.info(client, run.app, build.id)
    raise DeployFailed("The build succeeded, but Heroku made no release of it", finding=f"build {build.id}")


def deliver_git(run: Run) -> Release | None:
    """Push the commit; Heroku builds it before it takes it. None if it has it already."""
    _features(run)
    client, heroku = run.heroku.client, run.heroku
    before = releases.newest(client, run.app)
    remember(run.tools, run)
    with run.step("build", half=f"Whether Heroku took the push: ./inv releases{heroku.stage.flag}") as note:
        fresh = gitpush.push(
            run.tools.config.root,
            heroku.git_url,
            commit=run.wanted.commit,
            token=heroku.token,
            environ=_child(run.tools),
            say=lambda line: run.tools.printer.line("build", line),
            force=run.wanted.force,
            flag=heroku.stage.flag,
        )
        release = releases.since(client, run.app, before)
        if fresh and release is None:
            raise DeployFailed("Heroku took the push, but made no release of it", todo=f"./inv releases{heroku.stage.flag}")
        note(release.name if release else "everything up to date: Heroku makes no release")
    return release


def _features(run: Run) -> None:
    for name in run.observed.features:
        with run.step("feature", half="") as note:
            features.enable(run.heroku.client, run.app, name)
            run.enabled.append(name)
            note(name)


def show(printer: Printer, name: str, pieces: Iterable[str]) -> list[str]:
    """Print a stream line by line behind a name; returns the lines."""
    lines, rest = list[str](), ""
    for piece in pieces:
        *whole, rest = (rest + piece).split("\n")
        for line in whole:
            lines.append(line.rstrip("\r"))
            printer.line(name, lines[-1])
    if rest:
        lines.append(rest)
        printer.line(name, rest)
    return lines


def _child(tools: Tools) -> dict[str, str]:
    """The environ of docker and git: all of ours but the token."""
    return {name: value for name, value in tools.config.child_environ().items() if name != VARIABLE}


# A first deploy makes process types with no dynos. Heroku cannot tell one that was set to 0 from one that was
# never set, so that a run that is interrupted before it scales leaves a note for the next.


def _note(tools: Tools, app_id: str) -> Path:
    return tools.config.home / "unscaled" / f"{app_id}.json"


def remember(tools: Tools, run: Run) -> None:
    """Write down which process types are to be scaled, before they come to be."""
    if wishes := scaling(run.wanted, run.observed):
        path = _note(tools, run.observed.app.id)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(sorted(wishes)))


def unscaled(tools: Tools, app: App) -> frozenset[str]:
    """Process types that an interrupted first deploy has not scaled."""
    try:
        return frozenset(json.loads(_note(tools, app.id).read_text()))
    except (OSError, ValueError):
        return frozenset()


def forget(tools: Tools, app: App) -> None:
    _note(tools, app.id).unlink(missing_ok=True)


DELIVER: Mapping[str, Callable[[Run], Release | None]] = {
    IMAGE: deliver_image,
    SOURCE: deliver_source,
    GIT: deliver_git,
}
