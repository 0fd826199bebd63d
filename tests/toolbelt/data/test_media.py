"""Uploaded files between media/ and a bucket: against a real S3 API, that of moto's server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from tests.toolbelt.rehearsed import Site, rehearsed
from toolbelt.commands.data import media
from toolbelt.data.bucket import BucketError
from toolbelt.errors import UsageError
from toolbelt.heroku import configvars
from toolbelt.secret import Secret

BUCKET = "media-of-tiny"
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "hush-hush", "AWS_REGION": "eu-west-1"}


@pytest.fixture(scope="module")
def bucket() -> Iterator[Any]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    client = boto3.client("s3", endpoint_url=url, aws_access_key_id="key", aws_secret_access_key="x", region_name="eu-west-1")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    client.url = url
    yield client
    server.stop()


@pytest.fixture(scope="module")
def site(bucket: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with rehearsed(tmp_path_factory.mktemp("site"), deployed=False) as made:
        yield made


def change(site: Site, **values: str | None) -> None:
    heroku = site.heroku()
    configvars.change(
        heroku.client, heroku.app, {name: Secret(value) if value is not None else None for name, value in values.items()}
    )


def test_without_a_bucket(site: Site) -> None:
    with pytest.raises(UsageError, match="in no bucket"):
        site.verb(media.pull, dry_run=False)


@pytest.mark.parametrize("prefix", ["", "BUCKETEER_"])
def test_there_and_back(site: Site, bucket: Any, prefix: str) -> None:
    name = "BUCKETEER_BUCKET_NAME" if prefix else "AWS_STORAGE_BUCKET_NAME"
    change(site, **{f"{prefix}{key}": value for key, value in KEYS.items()}, **{name: BUCKET, "AWS_S3_ENDPOINT_URL": bucket.url})
    folder = site.root / "media" / "notes"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ünï cödé.txt").write_text(f"hello {prefix}")
    (folder / "large.bin").write_bytes(b"x" * 300_000)
    (folder / ".hidden").write_text("no")
    (folder / "link").unlink(missing_ok=True)
    (folder / "link").symlink_to("/etc/passwd")
    assert "large.bin" in site.verb(media.push, dry_run=True, confirm="") or prefix
    site.verb(media.push, dry_run=False, confirm="")
    there = {each["Key"] for each in bucket.list_objects_v2(Bucket=BUCKET)["Contents"]}
    assert {"notes/ünï cödé.txt", "notes/large.bin"} <= there
    assert not {"notes/.hidden", "notes/link"} & there
    assert "nothing to send" in site.verb(media.push, dry_run=False, confirm="")

    (folder / "ünï cödé.txt").write_text("HELLO" + " " * (1 + len(prefix)))
    (folder / "large.bin").unlink()
    (folder / "mine.txt").write_text("stays")
    bucket.put_object(Bucket=BUCKET, Key="../../outside", Body=b"gotcha")
    said = site.verb(media.pull, dry_run=False)
    assert (folder / "ünï cödé.txt").read_text() == f"hello {prefix}"
    assert (folder / "large.bin").stat().st_size == 300_000
    assert (folder / "mine.txt").read_text() == "stays"
    assert "../../outside leads out" in said
    assert not list(site.root.parent.glob("outside"))
    assert "hush-hush" not in said
    change(site, **dict.fromkeys([name, *(f"{prefix}{key}" for key in KEYS)]))


def test_a_bucket_that_refuses(site: Site, bucket: Any) -> None:
    change(site, **KEYS, AWS_STORAGE_BUCKET_NAME="not-there", AWS_S3_ENDPOINT_URL=bucket.url)
    with pytest.raises(BucketError) as caught:
        site.verb(media.pull, dry_run=False)
    assert "NoSuchBucket" in caught.value.finding
    assert "hush-hush" not in str(caught.value.finding)
