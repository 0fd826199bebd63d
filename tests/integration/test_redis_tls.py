"""Heroku's Redis speaks TLS with a certificate it has signed itself: the cache, the queue, the worker and health live with it."""

import datetime
import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings

from tests.djheroku.settings.importing import KEY, run
from tests.integration.tcp_proxy import TcpProxy


def self_signed(folder: Path) -> ssl.SSLContext:
    """A server's TLS with a certificate for another name, which nobody else has signed: as Heroku's."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "redis.example")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


@pytest.fixture
def url(tmp_path: Path, notes: redis.Redis) -> Iterator[str]:
    """The tests' Redis behind TLS."""
    server = urlsplit(settings.REDIS_URL)
    with TcpProxy(server.hostname, server.port, tls=self_signed(tmp_path)) as proxy:
        yield f"rediss://127.0.0.1:{proxy.port}{server.path}"


def test_without_our_setting_it_fails(url: str) -> None:
    """What the next test shows is not shown by accident."""
    with pytest.raises(redis.exceptions.ConnectionError, match="CERTIFICATE_VERIFY_FAILED"):
        redis.Redis.from_url(url).ping()


def test_all_users_of_redis_accept_the_certificate(url: str) -> None:
    done = run(
        ["-m", "tests.integration.redis_tls_site"],
        DJANGO_SETTINGS_MODULE="djheroku.settings.heroku",
        DYNO="worker.1",
        SECRET_KEY=KEY,
        DATABASE_URL="postgres://nobody@nowhere.invalid/nothing",
        REDIS_URL=url,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "cache": "hello",
        "health": {"cache": True, "queue": True, "worker": True},
    }
