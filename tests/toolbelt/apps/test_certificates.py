"""Certificates of an app's domains: on a rehearsal whose management of them goes its way, fails, or takes too long."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import httpx
import pytest

from tests.toolbelt.rehearsed import Site, rehearsed
from tests.waiting import until
from toolbelt import tools as doors
from toolbelt.commands.apps import certificates
from toolbelt.commands.apps import domains as domains_
from toolbelt.errors import DeployFailed, Interrupted, ToolbeltError, UsageError
from toolbelt.heroku import domains
from toolbelt.heroku.client import Client

pytestmark = pytest.mark.slow
WORDS = ("--runtime", "process", "--set", "certificate_step=0.3", "--set", "domain_adding=1.2")
NAME = "www.example.com"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with rehearsed(tmp_path_factory.mktemp("site"), *WORDS, deployed=False) as made:
        yield made


@pytest.fixture
def site(running: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """An app without domains, whose certificates nobody sees to; looked at often."""
    monkeypatch.setattr(certificates, "SOON", 0.1)
    monkeypatch.setattr(domains_, "LOOK", 0.1)
    yield running
    client = running.heroku().client
    for each in domains.every(client, "tiny"):
        if each.kind == "custom":
            domains.remove(client, "tiny", each.hostname)
    domains.manage(client, "tiny", on=False)


def add(site: Site, hostname: str = NAME, **options: Any) -> str:
    given: dict[str, Any] = {"hostname": hostname, "wait": True, "patience": 30} | options
    return site.verb(domains_.add, **given)


def ask(site: Site, switch: str = "", **options: Any) -> str:
    given: dict[str, Any] = {"switch": switch, "wait": False, "patience": 30, "confirm": ""} | options
    return site.verb(certificates.certificates, **given)


def hold(site: Site, status: str, reason: str = "", *, hostname: str = NAME) -> None:
    """From here on Heroku tells this of a domain's certificate."""
    facts = json.loads((site.root / ".djheroku" / "rehearsal" / "rehearsal.json").read_text())
    body = {"hostname": hostname, "status": status, "reason": reason}
    headers = {"Authorization": f"Bearer {facts['token']}"}
    assert httpx.post(f"{facts['api']}/_rehearsal/apps/tiny/certificates", json=body, headers=headers).status_code == 201


def test_a_domain_from_its_record_to_its_certificate(site: Site) -> None:
    said = add(site)
    assert "herokudns" in said  # Heroku makes the target in the background
    assert "https      on: Heroku sees to the certificates of tiny" in said
    told = [line.partition(f"{NAME}: ")[2] for line in said.splitlines() if "https" in line and NAME in line]
    assert told[-1].startswith("cert issued")
    assert told[0] in ("pending", "in-progress", "dns-verified")
    assert "on: Heroku" not in add(site, "two.example.com")


def test_without_waiting_it_is_said_what_to_do(site: Site) -> None:
    said = add(site, wait=False)
    assert "no certificate is asked for: ./inv domains.certificates on --stage rehearsal" in said
    assert not domains.managed(site.heroku().client, "tiny")
    ask(site, "on")
    hold(site, "pending")
    assert "its certificate: pending; ./inv domains.certificates --wait --stage rehearsal" in add(site, wait=False)


def test_on_tell_off(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert "management  off (./inv domains.certificates on --stage rehearsal)" in ask(site)
    assert "has no domain of its own yet: ./inv domains.add" in ask(site, "on")
    add(site)
    assert "cert issued" in ask(site)
    capsys.readouterr()
    ask(site, as_json=True)
    expected = {"managed": True, "domains": [{"hostname": NAME, "certificate": "cert issued", "reason": ""}]}
    assert json.loads(capsys.readouterr().out) == expected
    with pytest.raises(UsageError) as refused:
        ask(site, "off")
    assert "./inv domains.certificates off --stage rehearsal --confirm tiny" in refused.value.todo
    assert domains.managed(site.heroku().client, "tiny")
    ask(site, "off", confirm="tiny")
    assert domains.every(site.heroku().client, "tiny")[-1].certificate == ""
    with pytest.raises(ToolbeltError, match="does not see to the certificates of tiny"):
        ask(site, wait=True)
    with pytest.raises(ToolbeltError, match="does not see to the certificates of tiny"):
        ask(site, "refresh")
    with pytest.raises(UsageError, match="'yes' is none of on, off, refresh"):
        ask(site, "yes")
    with pytest.raises(UsageError, match="--json tells"):
        ask(site, "on", as_json=True)


def test_one_that_fails_says_why_and_goes_on_after_a_refresh(site: Site) -> None:
    add(site, wait=False)
    ask(site, "on")
    hold(site, "failed", "Failing CCA check")
    with pytest.raises(DeployFailed) as caught:
        ask(site, wait=True)
    assert caught.value.headline == f"Heroku has given up on a certificate for {NAME}"
    assert f"{NAME}: Failing CCA check (its DNS record must point to " in caught.value.finding
    assert "./inv domains.certificates refresh --wait --stage rehearsal" in caught.value.todo
    assert "cert issued" in ask(site, "refresh", wait=True)


def test_one_that_heroku_still_tries_is_waited_for(site: Site) -> None:
    add(site, wait=False)
    ask(site, "on")
    hold(site, "failing", "DNS does not point here")
    with pytest.raises(DeployFailed) as caught:
        ask(site, wait=True, patience=0.3)
    assert caught.value.headline == f"{NAME}: no certificate after 0.3 s"
    assert "Heroku goes on with it" in caught.value.finding
    assert f"{NAME}: failing: DNS does not point here" in site.said
    assert site.said.count("failing") == 1


def test_all_are_waited_for_although_one_has_failed(site: Site) -> None:
    add(site, wait=False)
    add(site, "two.example.com", wait=False)
    ask(site, "on")
    hold(site, "failed", "No.")
    with pytest.raises(DeployFailed, match=f"given up on a certificate for {NAME}$"):
        ask(site, wait=True)
    assert "two.example.com: cert issued" in site.said


@pytest.mark.parametrize(
    ("moment", "words"), [("target", "still making its DNS target"), ("certificate", "not every certificate")]
)
def test_ctrl_c_says_what_is_so(site: Site, monkeypatch: pytest.MonkeyPatch, moment: str, words: str) -> None:
    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    if moment == "certificate":
        add(site, wait=False)
        ask(site, "on")
        hold(site, "pending")
    monkeypatch.setattr(doors, "Client", partial(Client, sleep=interrupted))
    with pytest.raises(Interrupted) as caught:
        add(site)
    assert words in caught.value.headline
    assert "--stage rehearsal" in caught.value.todo
    assert domains.find(site.heroku().client, "tiny", NAME)


def test_what_somebody_has_brought_is_not_replaced_unasked(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domains, "brought", lambda _client, _app: ("my-own",))
    with pytest.raises(ToolbeltError) as caught:
        add(site)
    assert "which Heroku's would replace: my-own" in caught.value.finding
    assert not domains.managed(site.heroku().client, "tiny")
    assert domains.find(site.heroku().client, "tiny", NAME)


def test_a_managed_certificate_is_not_one_that_somebody_has_brought(site: Site) -> None:
    add(site)
    client = site.heroku().client
    assert len(list(client.pages("/apps/tiny/sni-endpoints"))) == 1
    assert domains.brought(client, "tiny") == ()


def test_no_target_in_time_is_said(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domains_, "TARGET", 0.0)
    said = add(site, wait=False)
    assert "Heroku has no DNS target for www.example.com yet: ./inv domains --stage rehearsal tells it" in said
    until(lambda: domains.every(site.heroku().client, "tiny")[-1].target, what="the target")
