"""The bucket with an app's uploaded files: what is in it, fetched and sent. The only door to S3."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from toolbelt.errors import ToolbeltError, UsageError
from toolbelt.secret import Secret

# As the site reads them (djheroku/settings/reading.py): AWS's own names, or those of the Bucketeer add-on.
NAMES = (("", "AWS_STORAGE_BUCKET_NAME"), ("BUCKETEER_", "BUCKETEER_BUCKET_NAME"))


@dataclass(frozen=True)
class Bucket:
    """Where it is, and who may go there."""

    name: str
    region: str
    endpoint: str
    key: Secret = field(repr=False)
    secret: Secret = field(repr=False)


@dataclass(frozen=True)
class Item:
    """A file: its name below the bucket or the folder, and bytes. mark: MD5 where the store tells it, else ""."""

    name: str
    size: int
    mark: str


class BucketError(ToolbeltError):
    """The bucket refuses, or does not answer."""


def of_config(values: Mapping[str, Secret], *, app: str) -> Bucket:
    """The bucket of an app by its config vars."""
    for prefix, variable in NAMES:
        if variable in values:
            found = {
                name: values.get(f"{prefix}AWS_{name}", Secret("")) for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "REGION")
            }
            endpoint = values.get("AWS_S3_ENDPOINT_URL", Secret("")).reveal()
            region = found["REGION"].reveal()
            return Bucket(values[variable].reveal(), region, endpoint, found["ACCESS_KEY_ID"], found["SECRET_ACCESS_KEY"])
    raise UsageError(
        f"{app} keeps its uploaded files in no bucket",
        finding="A dyno's own disk is emptied every day: there is nothing to fetch.",
        todo="./inv addons.create bucketeer:hobbyist, or set AWS_STORAGE_BUCKET_NAME and its keys",
    )


class Door:
    """Speaks to one bucket."""

    def __init__(self, bucket: Bucket) -> None:
        # Imported here: it takes a third of a second, which no other verb is to wait for.
        import boto3
        from botocore.config import Config

        self._bucket = bucket
        self._client: Any = boto3.client(
            "s3",
            aws_access_key_id=bucket.key.reveal() or None,
            aws_secret_access_key=bucket.secret.reveal() or None,
            region_name=bucket.region or None,
            endpoint_url=bucket.endpoint or None,
            config=Config(connect_timeout=10, read_timeout=60, retries={"max_attempts": 5, "mode": "standard"}),
        )

    @contextmanager
    def _spoken(self) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            said = error.response.get("Error", {})
            raise BucketError(
                f"The bucket {self._bucket.name} refuses", finding=f"{said.get('Code', '')}: {said.get('Message', '')}"
            ) from None
        except BotoCoreError as error:
            raise BucketError(f"The bucket {self._bucket.name} does not answer", finding=type(error).__name__) from None

    def items(self) -> dict[str, Item]:
        found = {}
        with self._spoken():
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket.name):
                for each in page.get("Contents", ()):
                    mark = str(each["ETag"]).strip('"')
                    found[each["Key"]] = Item(each["Key"], int(each["Size"]), "" if "-" in mark else mark)
        return found

    def fetch(self, item: Item, to: Path, told: Callable[[int], None]) -> None:
        """Into a file that is there when it is whole."""
        to.parent.mkdir(parents=True, exist_ok=True)
        part = to.with_name(f".part-{to.name}")
        try:
            with self._spoken(), part.open("wb") as file:
                self._client.download_fileobj(self._bucket.name, item.name, file, Callback=told)
            part.replace(to)
        finally:
            part.unlink(missing_ok=True)

    def send(self, path: Path, name: str, told: Callable[[int], None]) -> None:
        with self._spoken():
            self._client.upload_file(str(path), self._bucket.name, name, Callback=told)


def in_folder(folder: Path) -> dict[str, Item]:
    """The files of a folder; links are not followed, and what does not belong to the site is left out."""
    paths = (
        path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink() and not path.name.startswith(".")
    )
    return {(name := path.relative_to(folder).as_posix()): Item(name, path.stat().st_size, "") for path in paths}


def same(item: Item, path: Path) -> bool:
    """Whether a file of this machine is what is in the bucket."""
    if not path.is_file() or path.stat().st_size != item.size:
        return False
    with path.open("rb") as file:
        return not item.mark or hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest() == item.mark


def inside(folder: Path, name: str) -> Path | None:
    """Where a file of the bucket belongs; None for a name that leads out of the folder."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or name.endswith("/"):
        return None
    return folder.joinpath(*parts)
