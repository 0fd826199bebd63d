"""Domains: hostnames that an app answers to, the DNS record that each needs, and Heroku's own management of certificates."""

from __future__ import annotations

from dataclasses import dataclass

from toolbelt.heroku.client import Client, Json


@dataclass(frozen=True)
class Domain:
    """A hostname. target: what its DNS record must point to ("" until Heroku has made it); kind: heroku (the app's own)
    or custom; certificate: how far automated certificate management is ("" where it has not begun, or is off)."""

    hostname: str
    target: str
    kind: str
    status: str
    certificate: str
    reason: str


def read(found: Json) -> Domain:
    return Domain(
        hostname=found["hostname"],
        target=str(found.get("cname") or ""),
        kind=found["kind"],
        status=str(found.get("status") or ""),
        certificate=str(found.get("acm_status") or ""),
        reason=str(found.get("acm_status_reason") or ""),
    )


def every(client: Client, app: str) -> tuple[Domain, ...]:
    return tuple(sorted((read(each) for each in client.pages(f"/apps/{app}/domains")), key=lambda each: each.hostname))


def find(client: Client, app: str, hostname: str) -> Domain | None:
    return next((each for each in every(client, app) if each.hostname == hostname.lower()), None)


def add(client: Client, app: str, hostname: str) -> Domain:
    """Add one; a certificate of the app's own choice is none of our business: Heroku's management sees to it."""
    body = {"hostname": hostname, "sni_endpoint": None}
    return client.post(f"/apps/{app}/domains", body, found=lambda: find(client, app, hostname), made=read)


def remove(client: Client, app: str, hostname: str) -> None:
    client.delete(f"/apps/{app}/domains/{hostname}")


def managed(client: Client, app: str) -> bool:
    """Whether Heroku sees to the certificates of the app's domains (Automated Certificate Management)."""
    return bool(client.get(f"/apps/{app}")["acm"])


def manage(client: Client, app: str, *, on: bool) -> None:
    """Switch that on or off; either may be asked for twice."""
    if on:
        client.ask(f"/apps/{app}/acm", {})
    else:
        client.delete(f"/apps/{app}/acm")


def refresh(client: Client, app: str) -> None:
    """Ask anew for the certificates that are not there (`heroku certs:auto:refresh` sends the same)."""
    client.patch(f"/apps/{app}/acm", {"acm_refresh": True}, found=lambda: None, made=lambda _app: True)


def brought(client: Client, app: str) -> tuple[str, ...]:
    """The names of certificates that somebody has brought, which Heroku's management would take the place of."""
    found = client.pages(f"/apps/{app}/sni-endpoints")
    return tuple(str(each["name"]) for each in found if not (each.get("ssl_cert") or {}).get("acm"))
