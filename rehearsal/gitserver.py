"""git over HTTP at /git/APP.git: `git http-backend` behind our authentication, and a build for every push to main.

git runs the hook pre-receive before it accepts anything; the hook asks us, and prints what we answer while we answer,
so that the build's output appears with the person who pushes, and a build that fails rejects the push.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import BasicAuth, web

from rehearsal import cgi
from rehearsal.records import App, Release

if TYPE_CHECKING:
    from rehearsal.world import World

log = logging.getLogger("rehearsal")

BRANCHES = ("refs/heads/main", "refs/heads/master")
NOTHING = "0" * 40
SERVICES = ("git-upload-pack", "git-receive-pack")
# Only the standard library, and nothing of ours: git starts it, in an environment of its own.
HOOK = """\
#!{python} -IS
import http.client, json, os, sys
updates = [line.split() for line in sys.stdin]
environ = {{name: value for name, value in os.environ.items() if name.startswith("GIT_")}}
where = http.client.HTTPConnection("127.0.0.1", {port}, timeout=7200)
headers = {{"Authorization": "Hook " + os.environ["REHEARSAL_HOOK"]}}
body = json.dumps({{"updates": updates, "environ": environ, "folder": os.getcwd()}})
where.request("POST", "/git/" + os.environ["REHEARSAL_APP"] + "/_received", body, headers)
answer = where.getresponse()
accepted = False
while chunk := answer.read1(65536):
    if b"\\0" in chunk:
        chunk, _, verdict = chunk.partition(b"\\0")
        accepted = verdict == b"accepted"
    sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()
sys.exit(0 if accepted else 1)
"""


class GitServer:
    """Repositories of apps, each made when it is first asked for."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.folder = world.home / "git"
        self.secret = secrets.token_urlsafe(32)

    # --- as git's clients see it ------------------------------------------------------------------------------------

    async def refs(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("service") not in SERVICES:
            return web.Response(status=403, text="Please use the smart protocol.\n")
        return await self._serve(request, "info/refs")

    async def service(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, request.match_info["service"])

    async def _serve(self, request: web.Request, what: str) -> web.StreamResponse:
        if not self._known(request):
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="Heroku"'}, text="Invalid credentials.\n")
        app = self.world.store.one(App, name=request.match_info["app"])
        if app is None:
            return web.Response(status=404, text="No such app as " + request.match_info["app"] + ".\n")
        repository = await self._repository(app)
        return await cgi.run(["git", "http-backend"], request, environ=self._environ(request, app, repository, what))

    def _known(self, request: web.Request) -> bool:
        """Any user name; the password is the token (as the CLI's credential helper and HEROKU_API_KEY send it)."""
        try:
            given = BasicAuth.decode(request.headers.get("Authorization", "")).password
        except ValueError:
            return False
        right = secrets.compare_digest(given.encode(), self.world.token.encode())
        return right and not self.world.faults.token_expired()

    async def _repository(self, app: App) -> Path:
        repository = self.folder / f"{app.id}.git"
        if not (repository / "HEAD").is_file():
            repository.parent.mkdir(parents=True, exist_ok=True)
            await _git("init", "--quiet", "--bare", "--initial-branch=main", str(repository), home=self.world.home)
            # A push is built as it is, without what `git archive` would leave out or fill in.
            (repository / "info" / "attributes").write_text("* -export-ignore -export-subst\n", encoding="utf-8")
        hooks = repository / "hooks"
        hooks.mkdir(exist_ok=True)
        text = HOOK.format(python=sys.executable, port=self.world.port)
        hook = hooks / "pre-receive"
        if not hook.is_file() or hook.read_text(encoding="utf-8") != text:
            hook.write_text(text, encoding="utf-8")
            hook.chmod(0o755)
        return repository

    def _environ(self, request: web.Request, app: App, repository: Path, what: str) -> dict[str, str]:
        """CGI's variables, git's settings, and what the hook needs; nothing else of ours."""
        settings = {"http.receivepack": "true", "core.hooksPath": str(repository / "hooks"), "gc.auto": "0"}
        environ = {
            **_clean(self.world.home),
            "GIT_PROJECT_ROOT": str(self.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": f"/{repository.name}/{what}",
            "REQUEST_METHOD": request.method,
            "QUERY_STRING": request.query_string,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
            "REMOTE_USER": self.world.email,
            "REMOTE_ADDR": "127.0.0.1",
            "REHEARSAL_HOOK": self.secret,
            "REHEARSAL_APP": f"{app.name}.git",
            "GIT_CONFIG_COUNT": str(len(settings)),
        }
        if request.content_length is not None:
            environ["CONTENT_LENGTH"] = str(request.content_length)
        if "Git-Protocol" in request.headers:
            environ["GIT_PROTOCOL"] = request.headers["Git-Protocol"]
        for number, (name, value) in enumerate(settings.items()):
            environ |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
        return environ

    # --- as the hook sees it ----------------------------------------------------------------------------------------

    async def received(self, request: web.Request) -> web.StreamResponse:
        """Build what was pushed, answering with what the person is to read, and at the end with a verdict."""
        if not secrets.compare_digest(request.headers.get("Authorization", ""), f"Hook {self.secret}"):
            return web.Response(status=403)
        app = self.world.store.one(App, name=request.match_info["app"])
        asked = await request.json()
        answer = web.StreamResponse()
        await answer.prepare(request)
        verdict = "rejected"
        try:
            if app is not None and await self._receive(app, asked, answer):
                verdict = "accepted"
        except Exception:
            log.exception("a push failed")
            await answer.write(b" !     Internal error; the rehearsal's log has more\n")
        await answer.write(b"\0" + verdict.encode())
        return answer

    async def _receive(self, app: App, asked: Mapping[str, object], answer: web.StreamResponse) -> bool:
        updates = [tuple(update) for update in asked["updates"]]  # type: ignore[attr-defined]
        pushed = [new for _, new, name in updates if name in BRANCHES and new != NOTHING]
        if not pushed:
            await answer.write(b"Pushed to non-main branch, skipping build.\n")
            return True
        if len(set(pushed)) > 1:
            await answer.write(b" !     Push rejected: main and master are not the same commit.\n")
            return False
        commit = pushed[0]
        environ = {**_clean(self.world.home), **{str(k): str(v) for k, v in dict(asked["environ"]).items()}}  # type: ignore[call-overload]
        folder = Path(str(asked["folder"]))

        async def fetch(path: Path) -> Path:
            await _git("archive", "--format=tar", f"--output={path}", commit, environ=environ, cwd=folder)
            return path

        subject = await _git("log", "-1", "--format=%s", commit, environ=environ, cwd=folder)
        await answer.write(b"Compressing source files... done.\nBuilding source:\n")
        source = {"url": None, "version": commit, "version_description": subject}
        build = self.world.building.begin(app, source, fetch, app.buildpacks)
        await self._pass_on(build.stream_id, answer)
        build = await self.world.building.finished(build)
        if build.status != "succeeded":
            await answer.write(f"\nVerifying deploy...\n\n!\tPush rejected to {app.name}.\n\n".encode())
            return False
        await answer.write(b"\nVerifying deploy... done.\n")
        release = self.world.store.get(Release, build.release_id or "")
        if release is not None and release.stream_id is not None:
            await answer.write(b"Running release command...\n\n")
            await self._pass_on(release.stream_id, answer)
            release = await self.world.releases.finished(release)
            await answer.write(f"Waiting for release.... {'done' if release.status == 'succeeded' else 'failed'}.\n".encode())
        return True

    async def _pass_on(self, stream: str, answer: web.StreamResponse) -> None:
        async for chunk in self.world.streams.get(stream).read():
            await answer.write(chunk.replace(b"\0", b""))


def routes(world: World) -> list[web.RouteDef]:
    server = GitServer(world)
    return [
        web.get("/git/{app}.git/info/refs", server.refs),
        web.post(f"/git/{{app}}.git/{{service:{'|'.join(SERVICES)}}}", server.service),
        web.post("/git/{app}.git/_received", server.received),
    ]


async def _git(*words: str, environ: Mapping[str, str] | None = None, home: Path | None = None, cwd: Path | None = None) -> str:
    """Run git to its end. Raises ValueError with what it said."""
    process = await asyncio.create_subprocess_exec(
        "git", *words, cwd=cwd, env=dict(environ or _clean(home or Path("/"))),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    out, err = await process.communicate()
    if process.returncode != 0:
        raise ValueError(f"git {words[0]}: {err.decode(errors='replace').strip()}")
    return out.decode(errors="replace").strip()


def _clean(home: Path) -> dict[str, str]:
    """An environ in which the person's own git settings do not count."""
    search = os.environ.get("PATH", os.defpath)  # noqa: TID251 (where git is)
    return {"PATH": search, "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "LANG": "C.UTF-8"}
