"""What registry.heroku.com refuses, and in which words (the registry API's errors)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from aiohttp import web

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
LARGEST = 4 * 1024 * 1024  # bytes of a manifest, as everywhere
# Messages of the registry's own error descriptors: with exactly these, docker prints the bare word ("unsupported").
ERRORS = {
    "UNSUPPORTED": (405, "The operation is unsupported."),
    "DENIED": (403, "requested access to the resource is denied"),
    "UNAUTHORIZED": (401, "authentication required"),
    "MANIFEST_INVALID": (400, "manifest invalid"),
    "NAME_UNKNOWN": (404, "repository name not known to registry"),
    "TOOMANYREQUESTS": (429, "too many requests"),
    "UNAVAILABLE": (503, "service unavailable"),
}


class Refused(Exception):
    """An answer of the registry that is an error."""

    def __init__(self, code: str, detail: str | None = None, *, status: int | None = None) -> None:
        known, self.message = ERRORS.get(code, (400, code.lower().replace("_", " ")))
        self.status = status or known
        self.code = code
        self.detail = detail
        super().__init__(code)

    def answer(self, headers: dict[str, str] | None = None) -> web.Response:
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.detail:
            error["detail"] = self.detail
        return web.json_response({"errors": [error]}, status=self.status, headers=headers)


def accept(body: bytes, content_type: str) -> tuple[str, str]:
    """The digests of a manifest and of its config, if it is a Docker image manifest, version 2, schema 2.

    Raises Refused: UNSUPPORTED for OCI manifests and for lists of either kind (buildx writes one for an image with
    provenance), MANIFEST_INVALID for what is none at all.
    """
    try:
        manifest = json.loads(body)
        kind = manifest.get("mediaType", MANIFEST)
    except (ValueError, AttributeError):
        raise Refused("MANIFEST_INVALID") from None
    if content_type.partition(";")[0].strip() != MANIFEST or kind != MANIFEST or "manifests" in manifest:
        raise Refused("UNSUPPORTED")
    try:
        config = str(manifest["config"]["digest"])
    except (KeyError, TypeError):
        raise Refused("MANIFEST_INVALID") from None
    return "sha256:" + hashlib.sha256(body).hexdigest(), config
