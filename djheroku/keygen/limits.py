"""How often one visitor may ask: counted by address, in the cache that all web processes share."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest
from django_ratelimit.core import get_usage
from redis import RedisError

from djheroku.requestlog import client_address


class TooMany(Exception):
    """The visitor has asked too often; *seconds* until they may again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds


class Unavailable(Exception):
    """The cache does not answer. The queue is on the same server, so that asking could not succeed either."""


def count(request: HttpRequest) -> None:
    """Count one request for work against settings.KEYGEN_RATE. Raises TooMany or Unavailable."""
    try:
        usage = get_usage(
            request,
            group="keygen",
            key=lambda group, request: client(request),
            rate=settings.KEYGEN_RATE,
            increment=True,
        )
    except (RedisError, OSError) as error:
        raise Unavailable from error
    if usage and usage["should_limit"]:
        raise TooMany(seconds=max(1, usage["time_left"]))


def client(request: HttpRequest) -> str:
    """The address the request came from; of IPv6 the network, because a household has 2**64 addresses."""
    address = client_address(request)
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
