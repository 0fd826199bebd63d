"""What the registry takes and refuses."""

from __future__ import annotations

import json

import pytest

from rehearsal.registry.rules import MANIFEST, Refused, accept

OCI = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
GOOD = {"schemaVersion": 2, "mediaType": MANIFEST, "config": {"digest": "sha256:c0ffee"}, "layers": []}


def test_a_docker_manifest() -> None:
    manifest, config = accept(json.dumps(GOOD).encode(), MANIFEST)
    assert manifest.startswith("sha256:")
    assert config == "sha256:c0ffee"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ({**GOOD, "mediaType": OCI}, OCI),
        ({**GOOD, "mediaType": OCI}, MANIFEST),
        ({"schemaVersion": 2, "config": {"digest": "x"}}, OCI),
        ({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}, OCI_INDEX),
        ({"schemaVersion": 2, "mediaType": LIST, "manifests": []}, LIST),
        ({"schemaVersion": 2, "manifests": []}, MANIFEST),
    ],
)
def test_oci_and_lists_are_unsupported(body: object, content_type: str) -> None:
    with pytest.raises(Refused) as refused:
        accept(json.dumps(body).encode(), content_type)
    assert refused.value.status == 405
    answer = json.loads(refused.value.answer().body)  # type: ignore[arg-type]
    # With exactly this message docker prints the bare word.
    assert answer == {"errors": [{"code": "UNSUPPORTED", "message": "The operation is unsupported."}]}


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"schemaVersion": 2}', b'{"config": 1}'])
def test_what_is_no_manifest(body: bytes) -> None:
    with pytest.raises(Refused) as refused:
        accept(body, MANIFEST)
    assert refused.value.code == "MANIFEST_INVALID"
