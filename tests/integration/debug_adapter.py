"""The first words of an editor to a debugger (https://microsoft.github.io/debug-adapter-protocol)."""

import json
import socket
from typing import Any


def read_message(stream: Any) -> dict[str, Any]:
    length = 0
    while (line := stream.readline().strip()) != b"":
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return dict(json.loads(stream.read(length)))


def initialize(port: int) -> bool:
    """Whether a debugger at the port answers the request with which every session begins."""
    body = json.dumps({"seq": 1, "type": "request", "command": "initialize", "arguments": {"adapterID": "test"}}).encode()
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as link, link.makefile("rb") as stream:
            link.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
            for _ in range(10):
                message = read_message(stream)
                if message.get("type") == "response" and message.get("command") == "initialize":
                    return bool(message["success"])
    except (OSError, ValueError):
        pass
    return False
