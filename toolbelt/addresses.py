"""Addresses of services: which of them is this machine, where a token may be sent, and what of one may be shown."""

from __future__ import annotations

from urllib.parse import urlsplit

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def is_local(url: str) -> bool:
    """It does not leave this machine (NAME.localhost: RFC 6761)."""
    host = urlsplit(url).hostname or ""
    return host in LOOPBACK or host.endswith(".localhost")


def is_safe(url: str) -> bool:
    """A token may be sent there: encrypted, or not leaving this machine."""
    return urlsplit(url).scheme == "https" or is_local(url)


def address(text: str) -> str:
    """A host or URL as a URL without a slash at its end: http for this machine, https for everything else."""
    if "://" not in text:
        text = f"{'http' if is_local(f'//{text}') else 'https'}://{text}"
    return text.rstrip("/")


def shown(url: str) -> str:
    """An address as it may be shown: without the query, which may carry a signature, and without a password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"


def shown_name(text: str) -> str:
    """A name, or the address that stands in its place, as it may be shown: what is before an @ may be a password.

    Of an address the ``#branch`` stays. One that cannot be taken apart is not shown at all.
    """
    if "://" not in text:
        before, _, after = text.rpartition("@")
        return after if ":" in before else text  # git@github.com:… has no password
    try:
        told, branch = shown(text), urlsplit(text).fragment
    except ValueError:
        return UNREADABLE
    whole = f"{told}#{branch}" if branch else told
    return UNREADABLE if "@" in whole else whole


UNREADABLE = "an address that cannot be read"
