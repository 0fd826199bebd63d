"""Uploaded files: in a folder, or in a bucket when its variables are there. Against a real S3 API, that of moto's server."""

import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from tests.djheroku.settings.importing import KEY, SERVERS, run

# One process for all: what they share takes longest.

BUCKET = "djheroku-media"
# Save twice under one name, read, ask for the address, and delete the first.
SCRIPT = """
import django; django.setup()
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage as storage
first = storage.save("notes/hello.txt", ContentFile(b"hello"))
second = storage.save("notes/hello.txt", ContentFile(b"again"))
assert storage.open(first).read() == b"hello" and storage.open(second).read() == b"again"
print(storage.url(second))
storage.delete(first)
assert not storage.exists(first) and storage.exists(second)
"""
OWN = {
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_REGION": "eu-west-1",
    "AWS_STORAGE_BUCKET_NAME": BUCKET,
}
BUCKETEER = {
    "BUCKETEER_AWS_ACCESS_KEY_ID": "key",
    "BUCKETEER_AWS_SECRET_ACCESS_KEY": "secret",
    "BUCKETEER_AWS_REGION": "eu-west-1",
    "BUCKETEER_BUCKET_NAME": BUCKET,
}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """An S3 with our bucket in it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    url = f"http://127.0.0.1:{port}"
    client = boto3.client(
        "s3", endpoint_url=url, aws_access_key_id="key", aws_secret_access_key="secret", region_name="eu-west-1"
    )
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield url
    server.stop()


def upload(**environ: str) -> "subprocess.CompletedProcess[str]":
    return run(
        ["-c", SCRIPT],
        DJANGO_SETTINGS_MODULE="djheroku.settings.heroku",
        SECRET_KEY=KEY,
        **SERVERS,
        **environ,
    )


@pytest.mark.parametrize("names", [OWN, BUCKETEER], ids=["AWS's names", "Bucketeer's names"])
def test_files_in_a_bucket(endpoint: str, names: dict[str, str]) -> None:
    done = upload(AWS_S3_ENDPOINT_URL=endpoint, **names)
    assert done.returncode == 0, done.stderr
    url = done.stdout.strip()
    assert url.startswith(f"{endpoint}/{BUCKET}/notes/hello_")
    # Buckets are private: the address is signed, and expires.
    assert "X-Amz-Signature" in url
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert answer.read() == b"again"


def test_files_in_a_folder(tmp_path: Path) -> None:
    script = f"from django.conf import settings; settings.MEDIA_ROOT = {str(tmp_path)!r}\n" + SCRIPT
    done = run(["-c", script], DJANGO_SETTINGS_MODULE="djheroku.settings.heroku", SECRET_KEY=KEY, **SERVERS)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("/media/notes/hello_")
    [left] = (tmp_path / "notes").iterdir()
    assert left.read_bytes() == b"again"
