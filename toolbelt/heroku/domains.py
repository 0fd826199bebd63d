"""Domains: hostnames that an app answers to, and the DNS record that each needs."""

from __future__ import annotations

from dataclasses import dataclass

from toolbelt.heroku.client import Client, Json


@dataclass(frozen=True)
class Domain:
    """A hostname. target: what its DNS record must point to; kind: heroku (the app's own) or custom; certificate:
    how far automatic certificate management is ("" where there is none)."""

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
