"""The API's manners: who may, errors, ids, pages, ETag, the rate limit, faults that were asked for."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import httpx
import pytest

from tests.rehearsal.harness import V3, Running


@pytest.fixture(autouse=True)
def _no_faults(running: Running) -> Iterator[None]:
    yield
    running.http.post("/_rehearsal/faults", json={})


def test_the_account(running: Running) -> None:
    answer = running.http.get("/account")
    assert answer.json()["email"] == running.world.email
    assert answer.headers["RateLimit-Remaining"].isdigit()
    assert len(answer.headers["Request-Id"]) == 36


def test_the_token_as_bearer_and_as_password(running: Running) -> None:
    url, accept = f"{running.world.base}/account", {"Accept": V3}
    basic = base64.b64encode(f":{running.world.token}".encode()).decode()
    for value, status in ((f"Basic {basic}", 200), ("Bearer wrong", 401), ("", 401)):
        headers = {**accept, "Authorization": value} if value else accept
        answer = httpx.get(url, headers=headers, trust_env=False)
        assert answer.status_code == status
    assert answer.json() == {"id": "unauthorized", "message": "Invalid credentials provided."}


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nonsense"), ("PUT", "/account"), ("DELETE", "/apps"), ("POST", "/apps/x/y/z")]
)
def test_what_is_no_route(running: Running, method: str, path: str) -> None:
    answer = running.http.request(method, path)
    assert answer.status_code == 404
    assert answer.json()["id"] == "not_found"
    assert answer.json()["message"].startswith("The requested API endpoint was not found.")


def test_a_request_without_the_version_is_no_route(running: Running) -> None:
    answer = running.http.get("/account", headers={"Accept": "application/json"})
    assert answer.status_code == 404


def test_what_is_not_there(running: Running) -> None:
    answer = running.http.get("/apps/nobody-has-this-name")
    assert answer.status_code == 404
    assert answer.json() == {"id": "not_found", "message": "Couldn't find that app.", "resource": "app"}


@pytest.mark.parametrize("name", ["Capital", "a", "1st", "under_score", "x" * 31, "ends-"])
def test_names_that_an_app_cannot_have(running: Running, name: str) -> None:
    answer = running.http.post("/apps", json={"name": name})
    assert answer.status_code == 422
    assert answer.json()["id"] == "invalid_params"


def test_an_app_from_beginning_to_end(running: Running) -> None:
    name = running.app()
    answer = running.http.post("/apps", json={"name": name})
    assert answer.json() == {"id": "invalid_params", "message": f"Name {name} is already taken"}
    app = running.http.get(f"/apps/{name}").json()
    assert app["web_url"] == f"http://{name}.localhost:{running.world.router_port}/"
    assert app["stack"]["name"] == app["build_stack"]["name"] == "heroku-24"
    app = running.http.patch(f"/apps/{app['id']}", json={"build_stack": "container"}).json()
    assert app["stack"]["name"] == "container"  # nothing runs yet
    assert name in {each["name"] for each in running.http.get("/apps").json()}
    assert running.http.delete(f"/apps/{name}").json()["id"] == app["id"]
    assert running.http.get(f"/apps/{name}").status_code == 404
    assert running.http.post("/apps", json={"name": name}).status_code == 201


def test_pages(running: Running) -> None:
    app = running.app()
    for number in range(5):
        running.http.patch(f"/apps/{app}/config-vars", json={"N": str(number)})
    path, seen, wanted = f"/apps/{app}/releases", [], "version ..; max=3"
    first = running.http.get(path, headers={"Range": wanted})
    while True:
        answer = running.http.get(path, headers={"Range": wanted})
        seen += [each["version"] for each in answer.json()]
        if answer.status_code == 200:
            break
        assert answer.status_code == 206
        wanted = answer.headers["Next-Range"]
    assert first.headers["Next-Range"] == "version ]3..; max=3"
    assert seen == [1, 2, 3, 4, 5, 6, 7]
    answer = running.http.get(path, headers={"Range": "version ..; max=2, order=desc"})
    assert [each["version"] for each in answer.json()] == [7, 6]
    assert answer.headers["Next-Range"] == "version ]6..; max=2, order=desc"
    assert running.http.get(path, headers={"Range": "colour ..; max=2"}).status_code == 416


def test_etag(running: Running) -> None:
    app = running.app()
    tag = running.http.get(f"/apps/{app}").headers["ETag"]
    answer = running.http.get(f"/apps/{app}", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content) == (304, b"")


def test_bodies_that_make_no_sense(running: Running) -> None:
    assert running.http.post("/apps", content=b"{").json()["id"] == "bad_request"
    assert running.http.post("/apps", json={"colour": "red"}).status_code == 422
    app = running.app()
    assert running.http.patch(f"/apps/{app}/config-vars", json={"A B": "c"}).status_code == 422
    assert running.http.patch(f"/apps/{app}/formation", json={}).status_code == 422
    # docker_image needs the variant of the API that has it.
    wanted = {"updates": [{"type": "web", "docker_image": "sha256:" + "0" * 64}]}
    assert running.http.patch(f"/apps/{app}/formation", json=wanted).status_code == 422
    accept = {"Accept": f"{V3}.docker-releases"}
    answer = running.http.patch(f"/apps/{app}/formation", json=wanted, headers=accept)
    assert "stack" in answer.json()["message"]


def test_faults_that_a_test_asks_for(running: Running) -> None:
    running.http.post("/_rehearsal/faults", json={"status": 429, "times": 2, "path": "^/account$"})
    assert [running.http.get("/account").status_code for _ in range(3)] == [429, 429, 200]
    running.http.post("/_rehearsal/faults", json={"status": 503})
    assert running.http.get("/apps").json()["id"] == "unavailable"
    running.http.post("/_rehearsal/faults", json={"token": "expired", "after": 1})
    assert [running.http.get("/account").status_code for _ in range(3)] == [200, 401, 401]
    running.http.post("/_rehearsal/faults", json={"token": "valid"})
    running.http.post("/_rehearsal/faults", json={"drop": True})
    with pytest.raises(httpx.RemoteProtocolError):
        running.http.get("/account")
    assert running.http.get("/account").status_code == 200
    assert running.http.post("/_rehearsal/faults", json={"colour": "red"}).status_code == 422


def test_the_rate_limit(running: Running) -> None:
    before = running.http.get("/account/rate-limits").json()["remaining"]
    running.http.get("/account")
    after = running.http.get("/account/rate-limits").json()["remaining"]
    assert before - 2 <= after <= before


def test_pipelines_and_collaborators(running: Running) -> None:
    app = running.app()
    assert running.http.get(f"/apps/{app}/pipeline-couplings").status_code == 404
    pipeline = running.http.post("/pipelines", json={"name": f"pipe-{running.world.label[:6]}"}).json()
    coupled = {"app": app, "pipeline": pipeline["id"], "stage": "staging"}
    coupling = running.http.post("/pipeline-couplings", json=coupled).json()
    assert running.http.get(f"/apps/{app}/pipeline-couplings").json()["id"] == coupling["id"]
    moved = running.http.patch(f"/pipeline-couplings/{coupling['id']}", json={"stage": "production"})
    assert moved.json()["stage"] == "production"
    another = running.http.post("/pipelines", json={"name": f"other-{running.world.label[:6]}"}).json()
    found = running.http.get("/pipelines", params={"eq[name]": pipeline["name"]}).json()  # as the CLI asks
    assert [each["id"] for each in found] == [pipeline["id"]]
    running.http.delete(f"/pipelines/{another['id']}")
    assert running.http.delete(f"/pipelines/{pipeline['id']}").status_code == 200
    assert running.http.get(f"/apps/{app}/pipeline-couplings").status_code == 404
    people = running.http.get(f"/apps/{app}/collaborators").json()
    assert [each["role"] for each in people] == ["owner"]
    made = running.http.post(f"/apps/{app}/collaborators", json={"user": "ada@example.com"})
    assert made.status_code == 201
    assert running.http.delete(f"/apps/{app}/collaborators/ada@example.com").status_code == 200
