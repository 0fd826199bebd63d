"""The registry as its clients see it: by hand over HTTP, and by docker itself."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import httpx
import pytest

from rehearsal.registry import ImageUnavailable
from rehearsal.registry.rules import MANIFEST
from tests.rehearsal.harness import Running
from tests.waiting import until

OCI = "application/vnd.oci.image.manifest.v1+json"


def digest_of(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


class Client:
    """Speaks to the registry of a rehearsal with the account's token."""

    def __init__(self, running: Running, app: str, type_: str = "web") -> None:
        self.base = f"http://{running.world.registry.host}"
        self.path = f"/v2/{app}/{type_}"
        self.http = httpx.Client(base_url=self.base, auth=("_", running.world.token), timeout=60, trust_env=False)

    def upload(self, content: bytes) -> str:
        digest = digest_of(content)
        place = self.http.post(f"{self.path}/blobs/uploads/")
        assert place.status_code == 202, place.text
        location = httpx.URL(self.base).join(place.headers["Location"])
        put = self.http.put(location.copy_add_param("digest", digest), content=content)
        assert put.status_code == 201, put.text
        return digest

    def image(self, *, cmd: str = "echo hello", architecture: str = "amd64") -> tuple[str, httpx.Response]:
        """Push an image of one small layer; its config digest, and the registry's answer."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            member = tarfile.TarInfo("hello")
            member.size = 5
            archive.addfile(member, io.BytesIO(b"hello"))
        layer = gzip.compress(packed.getvalue(), mtime=0)
        config = json.dumps(
            {
                "architecture": architecture, "os": "linux", "config": {"Cmd": ["/bin/sh", "-c", cmd]},
                "rootfs": {"type": "layers", "diff_ids": [digest_of(packed.getvalue())]},
            }
        ).encode()  # fmt: skip
        manifest = {
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": len(config),
                       "digest": self.upload(config)},
            "layers": [{"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": len(layer),
                        "digest": self.upload(layer)}],
        }  # fmt: skip
        return digest_of(config), self.put(manifest)

    def put(self, manifest: dict[str, Any], kind: str = MANIFEST) -> httpx.Response:
        headers = {"Content-Type": kind}
        return self.http.put(f"{self.path}/manifests/latest", content=json.dumps(manifest), headers=headers)


def code(answer: httpx.Response) -> str:
    return str(answer.json()["errors"][0]["code"])


def test_without_docker_the_registry_says_so(running: Running) -> None:
    client = Client(running, running.app(stack="container"))
    answer = client.http.post(f"{client.path}/blobs/uploads/")
    assert (answer.status_code, code(answer)) == (403, "DENIED")
    assert "runs without Docker" in answer.json()["errors"][0]["detail"]


def test_who_may_speak(running: Running) -> None:
    host = running.world.registry.host
    asked = httpx.get(f"http://{host}/v2/", trust_env=False)
    assert asked.status_code == 401
    assert asked.headers["WWW-Authenticate"] == f'Bearer realm="http://{host}/token",service="{host}"'
    for password in ("", "wrong"):
        answer = httpx.get(f"http://{host}/token", auth=("_", password), trust_env=False)
        assert (answer.status_code, code(answer)) == (401, "UNAUTHORIZED")
        assert httpx.get(f"http://{host}/v2/", auth=("_", password), trust_env=False).status_code == 401
    issued = httpx.get(f"http://{host}/token?service=x&scope=y", auth=("_", running.world.token), trust_env=False).json()
    assert issued["token"] == issued["access_token"]
    for given, status in ((issued["token"], 200), (issued["token"][:-1] + "!", 401), ("9999999999.x.y", 401)):
        answer = httpx.get(f"http://{host}/v2/", headers={"Authorization": f"Bearer {given}"}, trust_env=False)
        assert answer.status_code == status
    assert httpx.get(f"http://{host}/v2/", auth=("", running.world.token), trust_env=False).status_code == 200


def test_a_token_is_good_for_what_it_was_asked_for(running: Running) -> None:
    """A repository's rights are read before anything else is looked at; with them it is refused for want of an engine."""
    host = running.world.registry.host

    def status(method: str, path: str, *scopes: str) -> int:
        asked = httpx.get(
            f"http://{host}/token", params={"scope": list(scopes)}, auth=("_", running.world.token), trust_env=False
        ).json()
        headers = {"Authorization": f"Bearer {asked['token']}"}
        return httpx.request(method, f"http://{host}/v2/{path}", headers=headers, trust_env=False).status_code

    read, write, other = "repository:a/web:pull", "repository:a/web:pull,push", "repository:b/web:pull"
    mount = "a/web/blobs/uploads/?mount=sha256:1&from=b/web"
    assert status("GET", "a/web/manifests/latest") == 401
    assert status("GET", "a/web/manifests/latest", other) == 401
    assert status("GET", "a/web/manifests/latest", read) == 403
    assert status("POST", "a/web/blobs/uploads/", read) == 401
    assert status("POST", "a/web/blobs/uploads/", write) == 403
    assert status("POST", mount, write) == 401
    assert status("POST", mount, write, other) == status("POST", mount, f"{write} {other}") == 403
    asked = httpx.post(f"http://{host}/v2/{mount}", trust_env=False)
    assert f'scope="{write} {other}"' in asked.headers["WWW-Authenticate"]


@pytest.fixture(scope="module")
def container_app(engine: Running) -> str:
    return engine.app(stack="container")


@pytest.mark.docker
class TestWithAnEngine:
    def test_only_repositories_of_container_apps(self, engine: Running) -> None:
        for app in (engine.app(), "no-such-app"):
            client = Client(engine, app)
            for answer in (client.http.post(f"{client.path}/blobs/uploads/"), client.http.get(f"{client.path}/tags/list")):
                assert (answer.status_code, code(answer)) == (403, "DENIED")
            assert client.http.get("/v2/_catalog").status_code == 403
            assert client.http.get(f"/v2/{app}/manifests/latest").status_code == 403

    def test_an_image_and_what_the_release_needs_of_it(self, engine: Running, container_app: str) -> None:
        client = Client(engine, container_app, "worker")
        config, answer = client.image()
        assert answer.status_code == 201, answer.text
        assert answer.headers["Docker-Content-Digest"].startswith("sha256:")
        read = client.http.get(f"{client.path}/manifests/latest", headers={"Accept": MANIFEST})
        assert read.json()["config"]["digest"] == config
        assert read.headers["Content-Type"] == MANIFEST
        assert client.http.head(f"{client.path}/blobs/{config}").headers["Content-Length"] == str(
            len(client.http.get(f"{client.path}/blobs/{config}").content)
        )

        app, registry = engine.record(container_app), engine.world.registry
        assert engine.call(registry.config_digest(app, "worker")) == config
        assert engine.call(registry.config(app, "worker", config))["config"]["Cmd"][-1] == "echo hello"
        ref = engine.call(registry.pull(app, "worker", config))
        shown = subprocess.run(["docker", "image", "inspect", "--format", "{{json .Config.Cmd}}", ref], capture_output=True)
        assert json.loads(shown.stdout)[-1] == "echo hello"
        # An older image stays, though another was pushed since.
        newer, _ = client.image(cmd="echo newer")
        assert engine.call(registry.config_digest(app, "worker")) == newer
        assert engine.call(registry.pull(app, "worker", config)) == ref
        with pytest.raises(ImageUnavailable, match="there is no image"):
            engine.call(registry.pull(app, "web", config))

    def test_a_destroyed_app_leaves_no_image(self, engine: Running) -> None:
        name = engine.app(stack="container")
        config, _ = Client(engine, name, "worker").image(cmd="echo destroyed")
        app = engine.record(name)
        ref = engine.call(engine.world.registry.pull(app, "worker", config))
        engine.release_image(name, ref, {"worker": "echo destroyed"})
        assert engine.http.delete(f"/apps/{name}").status_code == 200
        assert subprocess.run(["docker", "image", "inspect", ref], capture_output=True).returncode != 0
        assert not list((engine.home / "registry").glob(f"docker/registry/v2/repositories/{app.id}"))

    def test_another_architecture(self, engine: Running, container_app: str) -> None:
        config, _ = Client(engine, container_app, "arm").image(architecture="arm64")
        with pytest.raises(ImageUnavailable, match="linux/arm64; Heroku runs linux/amd64"):
            engine.call(engine.world.registry.pull(engine.record(container_app), "arm", config))

    def test_an_oci_manifest_is_unsupported(self, engine: Running, container_app: str) -> None:
        answer = Client(engine, container_app).put({"schemaVersion": 2, "mediaType": OCI, "config": {}}, OCI)
        assert (answer.status_code, code(answer)) == (405, "UNSUPPORTED")

    def test_blobs_in_pieces_and_mounted(self, engine: Running, container_app: str) -> None:
        client = Client(engine, container_app)
        content = os.urandom(3_000_000)
        place = client.http.post(f"{client.path}/blobs/uploads/")
        for start in range(0, len(content), 1_000_000):
            piece = content[start : start + 1_000_000]
            headers = {"Content-Range": f"{start}-{start + len(piece) - 1}", "Content-Type": "application/octet-stream"}
            assert f"/v2/{container_app}/web/blobs/uploads/" in place.headers["Location"]
            url = httpx.URL(client.base).join(place.headers["Location"])
            place = client.http.patch(url, content=piece, headers=headers)
            assert place.status_code == 202
            assert place.headers["Range"] == f"0-{start + len(piece) - 1}"
        url = httpx.URL(client.base).join(place.headers["Location"]).copy_add_param("digest", digest_of(content))
        assert client.http.put(url).status_code == 201

        other = Client(engine, container_app, "release")
        known = {"mount": digest_of(content), "from": f"{container_app}/web"}
        assert other.http.post(f"{other.path}/blobs/uploads/", params=known).status_code == 201
        assert other.http.get(f"{other.path}/blobs/{digest_of(content)}").content == content
        foreign = {"mount": digest_of(content), "from": "no-such-app/web"}
        assert other.http.post(f"{other.path}/blobs/uploads/", params=foreign).status_code == 403

    def test_an_upload_that_is_cut_is_begun_again(self, engine: Running, container_app: str) -> None:
        client = Client(engine, container_app)
        content = os.urandom(2_000_000)
        place = httpx.URL(client.base).join(client.http.post(f"{client.path}/blobs/uploads/").headers["Location"])
        engine.http.post("/_rehearsal/faults", json={"registry_cut": 700_000})
        with pytest.raises(httpx.TransportError):
            client.http.patch(place, content=content)
        # The registry forgets an upload that was cut within a piece.
        until(lambda: client.http.get(place).status_code == 404, what="the upload is forgotten")
        assert client.upload(content) == digest_of(content)

    def test_what_a_test_may_ask_to_go_wrong(self, engine: Running, container_app: str) -> None:
        client = Client(engine, container_app)
        engine.http.post("/_rehearsal/faults", json={"registry_refuse": "unsupported"})
        _, refused = client.image()
        assert (refused.status_code, code(refused)) == (405, "UNSUPPORTED")
        engine.http.post("/_rehearsal/faults", json={"status": 503, "path": "^/v2/"})
        assert client.http.post(f"{client.path}/blobs/uploads/").status_code == 503
        engine.http.post("/_rehearsal/faults", json={"token": "expired", "after": 1})
        assert client.http.post(f"{client.path}/blobs/uploads/").status_code == 202
        assert client.http.post(f"{client.path}/blobs/uploads/").status_code == 401
        engine.http.post("/_rehearsal/faults", json={"token": "valid"})
        assert client.image()[1].status_code == 201

    def test_docker_itself(self, engine: Running, container_app: str, docker_config: Path) -> None:
        host = engine.world.registry.host
        name = f"{host}/{container_app}/web"
        docker("import", "--change", 'CMD ["true"]', "-", name, stdin=_tar())
        try:
            login = docker("--config", str(docker_config), "login", "-u", "_", "--password-stdin", host,
                           stdin=engine.world.token.encode())  # fmt: skip
            assert "Login Succeeded" in login
            docker("--config", str(docker_config), "push", name)
            identity = docker("image", "inspect", "--format", "{{.Id}}", name).strip()
            pushed = engine.call(engine.world.registry.config_digest(engine.record(container_app), "web"))
            assert pushed is not None
            with_classic_store = "overlay2" in docker("info", "--format", "{{.Driver}}")
            assert pushed == identity or not with_classic_store
            engine.http.post("/_rehearsal/faults", json={"registry_refuse": "unsupported", "times": 5})
            said = docker("--config", str(docker_config), "push", name, check=False)
            assert said.splitlines()[-1].endswith("unsupported")
        finally:
            engine.http.post("/_rehearsal/faults", json={})
            docker("image", "rm", "--force", name)


@pytest.fixture
def docker_config(tmp_path: Path) -> Path:
    """The person's own logins stay as they are."""
    (tmp_path / "config.json").write_text("{}")
    return tmp_path


def _tar() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo("random")
        member.size = 1000
        archive.addfile(member, io.BytesIO(os.urandom(1000)))
    return packed.getvalue()


def docker(*words: str, stdin: bytes | None = None, check: bool = True) -> str:
    done = subprocess.run(["docker", *words], input=stdin, capture_output=True, timeout=120)
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == 0 or not check, said
    return said
