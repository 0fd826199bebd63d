"""Every answer of the rehearsal is valid against Heroku's own schema."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web

from rehearsal.api import application
from tests.rehearsal.builds.conftest import HERE
from tests.rehearsal.builds.source import tarball
from tests.rehearsal.harness import V3, Running
from tests.rehearsal.samples import FILES, command
from tests.verification import schema
from tests.verification.witness import NOT_IN_THE_SCHEMA, Witness
from tests.waiting import until

# The rehearsal's own, what is not of api.heroku.com (add-ons' APIs, log and output streams), and lists that are empty
# in every rehearsal (nothing of them is kept).
ELSEWHERE = re.compile(r"^/(_rehearsal|data|client|postgres|redis|streams|log-sessions|git|_sources)(/|$)")


class Api:
    """Calls that must succeed."""

    def __init__(self, running: Running) -> None:
        self.http = running.http

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        answer = self.http.request(method, path, json=body, headers=headers)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


@pytest.fixture(scope="module")
def story(running: Running, witness: Witness, tmp_path_factory: pytest.TempPathFactory) -> Witness:
    """An app's life, touching every call of the API."""
    api = Api(running)
    _account(api)
    app = api("POST", "/apps", {"name": "life-of-an-app", "region": "us", "stack": "heroku-24"})
    base = f"/apps/{app['name']}"
    running.release(app["name"], {"web": command("web.py"), "worker": command("polite.py")}, FILES)
    running.up(app["name"])
    _app(api, base)
    _builds(api, base, tmp_path_factory.mktemp("source"))
    _dynos(running, api, base)
    _addons(running, api, base)
    _pipelines(api, base, app)
    _errors(running, base)
    api("DELETE", base)
    return witness


def _account(api: Api) -> None:
    account = api("GET", "/account")
    api("PATCH", "/account", {"allow_tracking": False})
    api("GET", f"/users/{account['id']}")
    api("GET", "/users/~/apps")
    api("GET", f"/accounts/{account['id']}/actions/get-quota", Accept=f"{V3}.account-quotas")
    for path in ("/account/rate-limits", "/account/features", "/teams", "/apps", "/addons", "/users/~/addons",
                 "/addon-attachments", "/pipelines", "/pipeline-couplings", "/users/~/pipeline-couplings"):  # fmt: skip
        api("GET", path)
    for path in ("/stacks", "/regions", "/dyno-sizes", "/addon-services"):
        listed = api("GET", path)
        api("GET", f"{path}/{listed[0]['name']}")
    plans = api("GET", "/addon-services/heroku-postgresql/plans")
    api("GET", f"/addon-services/heroku-postgresql/plans/{plans[0]['id']}")
    api("GET", f"/plans/{plans[0]['name']}")


def _app(api: Api, base: str) -> None:
    api("GET", base)
    api("PATCH", base, {"maintenance": False})
    for path in ("available-stacks", "available-dyno-sizes", "sni-endpoints"):
        api("GET", f"{base}/{path}")
    for value in ("one", "two"):
        api("PATCH", f"{base}/config-vars", {"VALUE": value, "NONE": None})
    api("GET", f"{base}/config-vars")
    releases = api("GET", f"{base}/releases")
    for wanted in (releases[-1]["id"], releases[-1]["version"]):
        api("GET", f"{base}/releases/{wanted}")
    api("GET", f"{base}/releases/{releases[-1]['id']}/config-vars")
    api("GET", f"{base}/slugs/{releases[-1]['slug']['id']}")
    api("POST", f"{base}/releases", {"release": releases[-1]["id"]})
    page = api.http.get(f"{base}/releases", headers={"Range": "version ..; max=1, order=desc"})
    assert (page.status_code, len(page.json())) == (206, 1)
    domain = api("POST", f"{base}/domains", {"hostname": "www.example.com", "sni_endpoint": None})
    api("GET", f"{base}/domains")
    api("GET", f"{base}/domains/{domain['id']}")
    api("PATCH", f"{base}/domains/{domain['id']}", {"sni_endpoint": None})
    api("DELETE", f"{base}/domains/{domain['hostname']}")
    for method in ("POST", "PATCH", "DELETE"):
        api(method, f"{base}/acm")
    listed = api("GET", f"{base}/features")
    api("GET", f"{base}/features/{listed[0]['name']}")
    api("PATCH", f"{base}/features/runtime-dyno-metadata", {"enabled": True})
    api("POST", f"{base}/collaborators", {"user": "other@example.com"})
    api("GET", f"{base}/collaborators")
    api("GET", f"{base}/collaborators/other@example.com")
    api("DELETE", f"{base}/collaborators/other@example.com")
    hook = api("POST", f"{base}/webhooks", {"url": "https://example.com", "include": ["api:release"], "level": "notify"})
    api("GET", f"{base}/webhooks")
    api("GET", f"{base}/webhooks/{hook['id']}")
    api("PATCH", f"{base}/webhooks/{hook['id']}", {"level": "sync", "authorization": None})
    api("DELETE", f"{base}/webhooks/{hook['id']}")


def _builds(api: Api, base: str, folder: Path) -> None:
    api("PUT", f"{base}/buildpack-installations", {"updates": [{"buildpack": "heroku/python"}]})
    api("GET", f"{base}/buildpack-installations")
    files = {"requirements.txt": "", ".python-version": f"{HERE}\n", "Procfile": "web: x\n", "uv.lock": ""}
    for path in ("/sources", f"{base}/sources"):
        blob = api("POST", path)["source_blob"]
    source = tarball(folder / "source.tgz", files).read_bytes()
    assert httpx.put(blob["put_url"], content=source, trust_env=False).status_code == 200
    build = api("POST", f"{base}/builds", {"source_blob": {"url": blob["get_url"], "version": "c0ffee"}})
    until(lambda: api("GET", f"{base}/builds/{build['id']}")["status"] == "failed", what="the build is over")
    api("GET", f"{base}/builds")
    cancelled = api("POST", f"{base}/builds", {"source_blob": {"url": blob["get_url"], "version": "c0ffee"}})
    api("DELETE", f"{base}/builds/{cancelled['id']}")
    api("DELETE", f"{base}/build-cache")


def _dynos(running: Running, api: Api, base: str) -> None:
    name = base.rpartition("/")[2]
    api("GET", f"{base}/formation")
    api("GET", f"{base}/formation/web")
    api("PATCH", f"{base}/formation/worker", {"quantity": 1})
    sizes = [{"type": type_, "quantity": 1, "size": "Standard-1X"} for type_ in ("web", "worker")]
    api("PATCH", f"{base}/formation", {"updates": sizes})
    running.up(name, "web.1", "worker.1")
    api("GET", f"{base}/dynos")
    api("GET", f"{base}/dynos/web.1")
    api("POST", f"{base}/dynos", {"command": "sleep 5", "attach": False, "env": {"A": "1"}, "size": "Basic"})
    api("POST", f"{base}/dynos", {"command": "sleep 5", "attach": True})
    api("POST", f"{base}/dynos/worker.1/actions/stop")
    api("POST", f"{base}/formations/worker/actions/stop")
    api("DELETE", f"{base}/dynos/worker.1")
    api("DELETE", f"{base}/formations/worker")
    api("DELETE", f"{base}/dynos")
    api("POST", f"{base}/log-sessions", {"lines": 10, "tail": False})


def _addons(running: Running, api: Api, base: str) -> None:
    addon = api("POST", f"{base}/addons", {"plan": "heroku-redis:mini", "attachment": {"name": "CACHE"}})
    until(lambda: api("GET", f"{base}/addons/{addon['name']}")["state"] == "provisioned", what="the add-on is there", seconds=60)
    for path in (f"{base}/addons", f"/addons/{addon['id']}", f"/addons/{addon['id']}/addon-attachments",
                 f"{base}/addon-attachments"):  # fmt: skip
        api("GET", path)
    api("POST", "/actions/addons/resolve", {"addon": addon["name"], "app": None})
    attachment = api("POST", "/addon-attachments", {"addon": addon["id"], "app": base.rpartition("/")[2], "name": "SECOND"})
    api("GET", f"/addon-attachments/{attachment['id']}")
    api("GET", f"{base}/addon-attachments/SECOND")
    api("POST", "/actions/addon-attachments/resolve", {"addon_attachment": "SECOND", "app": base.rpartition("/")[2]})
    api("DELETE", f"/addon-attachments/{attachment['id']}")
    api("PATCH", f"{base}/addons/{addon['id']}", {"plan": "heroku-redis:premium-0"})
    api("DELETE", f"{base}/addons/{addon['id']}")


def _pipelines(api: Api, base: str, app: dict[str, Any]) -> None:
    account = api("GET", "/account")
    pipeline = api("POST", "/pipelines", {"name": "life", "owner": {"id": account["id"], "type": "user"}})
    asked = {"app": app["id"], "pipeline": pipeline["id"], "stage": "staging"}
    coupling = api("POST", "/pipeline-couplings", asked)
    api("PATCH", f"/pipeline-couplings/{coupling['id']}", {"stage": "production"})
    filtered = api("POST", "/filters/apps", {"in": {"id": [app["id"]]}}, Accept="application/vnd.heroku+json; version=3.filters")
    assert [each["name"] for each in filtered] == [app["name"]]
    for path in (f"/pipelines/{pipeline['id']}", f"/pipeline-couplings/{coupling['id']}", f"{base}/pipeline-couplings",
                 f"/pipelines/{pipeline['id']}/pipeline-couplings", "/pipelines", "/pipeline-couplings"):  # fmt: skip
        api("GET", path)
    target = api("POST", "/apps", {"name": "life-of-another", "stack": "heroku-24"})
    api("POST", "/pipeline-couplings", {"app": target["id"], "pipeline": pipeline["id"], "stage": "production"})
    asked = {"pipeline": {"id": pipeline["id"]}, "source": {"app": {"id": app["id"]}}, "targets": [{"app": {"id": target["id"]}}]}
    promotion = f"/pipeline-promotions/{api('POST', '/pipeline-promotions', asked)['id']}"
    api("GET", f"{promotion}/promotion-targets")
    until(lambda: api("GET", promotion)["status"] == "completed", what="the promotion is over")
    (promoted,) = api("GET", f"{promotion}/promotion-targets")
    api("GET", f"/apps/{target['name']}/releases/{promoted['release']['id']}")
    api("DELETE", f"/apps/{target['name']}")
    api("PATCH", f"/pipelines/{pipeline['id']}", {"name": "living"})
    api("DELETE", f"/pipeline-couplings/{coupling['id']}")
    api("DELETE", f"/pipelines/{pipeline['id']}")


def _errors(running: Running, base: str) -> None:
    """Refusals, whose bodies have one shape."""
    for method, path, body, status in (
        ("GET", "/apps/no-such-app", None, 404),
        ("GET", "/no/such/route", None, 404),
        ("GET", "/account/features/no-such-feature", None, 404),
        ("POST", "/apps", {"name": "Not A Name"}, 422),
        ("POST", f"{base}/addons", {"plan": "heroku-postgresql:mini"}, 404),
        ("POST", f"{base}/domains", {"hostname": "x.example.com"}, 422),
        ("POST", f"{base}/webhooks", {"url": "nowhere", "include": ["api:release"], "level": "notify"}, 422),
    ):
        answer = running.http.request(method, path, json=body)
        assert answer.status_code in (status, 422), f"{method} {path}: {answer.status_code} {answer.text}"


def test_every_answer_is_valid(story: Witness) -> None:
    said = "\n".join(f"{call}\n    " + "\n    ".join(found) for call, found in sorted(story.complaints.items()))
    assert not story.complaints, said


def test_the_schema_knows_every_call_or_the_test_knows_why_not(story: Witness) -> None:
    known = [re.compile(re.sub(r"\{[^}]*\}", "[^/]+", call) + "$") for call in NOT_IN_THE_SCHEMA]
    assert [call for call in sorted(story.unknown) if not any(pattern.match(call) for pattern in known)] == []


def test_no_call_was_left_out(running: Running, story: Witness) -> None:
    async def routes() -> list[tuple[str, web.AbstractResource]]:
        made = application(running.world)
        return [(route.method, route.resource) for route in made.router.routes() if route.resource is not None]

    left = []
    for method, resource in running.call(routes()):
        pattern = re.compile(re.sub(r"\{[^}]*\}", "[^/]+", resource.canonical) + "$")
        if method == "HEAD" or ELSEWHERE.match(resource.canonical) or resource.canonical in REFUSED_ONLY:
            continue
        if not any(called == method and pattern.match(path) for called, path in story.calls):
            left.append(f"{method} {resource.canonical}")
    assert left == []


# Answered with an error always.
REFUSED_ONLY = {"/account/features/{feature}"}


def test_the_schema_is_the_one_that_its_licence_was_noted_for() -> None:
    digest = hashlib.sha256(schema.FILE.read_bytes()).hexdigest()
    assert digest in schema.FILE.with_name("platform-api.LICENSE.md").read_text()
    assert len(schema.links()) > 300


def test_the_check_notices_what_is_wrong() -> None:
    link = schema.find("GET", "/apps/an-app/formation/web")
    assert link is not None
    assert schema.complaints(link, b"{") == ["no JSON: b'{'"]
    found = "\n".join(schema.complaints(link, b'{"quantity": "1", "created_at": "2026-01-01", "surprise": 1}'))
    for text in ("'id' is a required property", "'surprise' was unexpected", "quantity: '1' is not of type 'integer'",
                 "created_at: '2026-01-01' is not a 'date-time'"):  # fmt: skip
        assert text in found
    batch = schema.find("PATCH", "/apps/an-app/formation")
    assert batch is not None
    assert batch.title == "Batch Update"
