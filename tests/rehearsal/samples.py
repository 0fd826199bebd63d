"""Small programs that are deployed in tests: one that behaves, and some that do not."""

from __future__ import annotations

import os
import shutil
import sys

# One that every user may start: as root, dynos have a user of their own.
PYTHON = f"{shutil.which('python3', path=os.defpath) or sys.executable} -u"

# Answers with what it was sent and what it is; some paths misbehave.
WEB = """
import http.server, json, os, sys, threading, time

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path.startswith("/slow"):
            time.sleep(float(self.path.rpartition("=")[2]))
        if self.path == "/gone":
            self.connection.shutdown(2); self.close_connection = True
            return
        if self.path == "/cut":
            self.send_response(200); self.send_header("Content-Length", "1000"); self.end_headers()
            self.wfile.write(b"half"); self.wfile.flush(); self.connection.shutdown(2); self.close_connection = True
            return
        if self.path == "/stream":
            self.send_response(200); self.send_header("Transfer-Encoding", "chunked"); self.end_headers()
            for number in range(3):
                self.wfile.write(b"2\\r\\n%d\\n\\r\\n" % number); self.wfile.flush(); time.sleep(0.2)
            self.wfile.write(b"0\\r\\n\\r\\n")
            return
        if self.path == "/secure":
            self.send_response(302); self.send_header("Location", "https://" + self.headers["Host"] + "/there")
            self.send_header("Set-Cookie", "a=1"); self.send_header("Set-Cookie", "b=2; Secure")
            self.send_header("Content-Length", "0"); self.end_headers()
            return
        if self.headers.get("Upgrade") in ("echo", "websocket"):
            self.wfile.write(b"HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: echo\\r\\n\\r\\n")
            while data := self.rfile.read1(1000):
                self.wfile.write(data.upper())
            self.close_connection = True
            return
        self.answer()

    def do_POST(self):
        length = self.headers.get("Content-Length")
        body = self.rfile.read(int(length)) if length else self.chunks()
        self.answer(len(body))

    def chunks(self):
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size); self.rfile.readline()
        self.rfile.readline()
        return body

    def answer(self, received=0):
        facts = {"environ": dict(os.environ), "headers": list(self.headers.items()), "uid": os.getuid(), "path": self.path,
                 "pid": os.getpid(), "received": received, "peer": self.client_address[1], "files": sorted(os.listdir("."))}
        body = json.dumps(facts).encode()
        self.send_response(200); self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body))); self.end_headers(); self.wfile.write(body)

    def log_message(self, *_):
        pass

class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

time.sleep(float(os.environ.get("BOOT", "0")))
print("listening", flush=True)
Server((os.environ.get("BIND", "0.0.0.0"), int(os.environ["PORT"])), Handler).serve_forever()
"""

NEVER_BINDS = "import time\nwhile True: time.sleep(60)\n"

# Says what it is told, and does not go; a child of its own does the same.
STUBBORN = """
import os, signal, sys, time
child = os.fork() == 0
def told(*_): os.write(1, b"child told\\n" if child else b"told\\n")
signal.signal(signal.SIGTERM, told)
print("ready", flush=True)
while True: time.sleep(60)
"""

# Goes when it is told, with its child, both saying so.
POLITE = """
import os, signal, sys, time
child = os.fork() == 0
def told(*_):
    time.sleep(0.3)
    os.write(1, b"child goes\\n" if child else b"goes\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, told)
print("ready", flush=True)
while True: time.sleep(60)
"""

RELEASE = """
import os, sys
for number in range(3): print("migration", number, flush=True)
sys.exit(int(os.environ.get("RELEASE_STATUS", "0")))
"""


FILES = {"web.py": WEB, "never.py": NEVER_BINDS, "stubborn.py": STUBBORN, "polite.py": POLITE, "release.py": RELEASE}


def command(file: str) -> str:
    """What starts one of FILES as a process of this machine."""
    return f"{PYTHON} {file}"
