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
