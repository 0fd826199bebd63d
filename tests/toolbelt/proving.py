"""A small site like djheroku's own, for deploys that are to prove themselves: it tells its commit, who is ready, and which
workers are alive. Web and worker meet in the app's Key-Value Store, as on Heroku, where they share no disk.
"""

from __future__ import annotations

import json

from tests.toolbelt.rehearsed import FILES

ASKED = {
    "stack": "heroku-24",
    "formation": {"web": {"quantity": 1}, "worker": {"quantity": 1}},
    "addons": ["heroku-redis:mini"],
}
# Redis's protocol, as far as it is needed here: the site has no package. The store's certificate is signed by nobody.
STORE = """\
import os, socket, ssl
from urllib.parse import urlsplit

class Store:
    def __init__(self):
        url = urlsplit(os.environ["REDIS_URL"])
        self.line = ssl._create_unverified_context().wrap_socket(socket.create_connection((url.hostname, url.port), 5))
        self.file = self.line.makefile("rwb")
        self("AUTH", url.password)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.file.close()
        self.line.close()

    def __call__(self, *words):
        each = [word.encode() for word in words]
        self.file.write(b"*%d\\r\\n" % len(each) + b"".join(b"$%d\\r\\n%s\\r\\n" % (len(word), word) for word in each))
        self.file.flush()
        return self.answer()

    def answer(self):
        kind, rest = (head := self.file.readline().decode())[:1], head[1:].strip()
        if kind == "*":
            return [self.answer() for _ in range(int(rest))]
        if kind == "$":
            return self.file.read(int(rest) + 2)[:-2].decode() if rest != "-1" else None
        if not kind or kind not in "+:":
            raise OSError(rest)
        return rest
"""
HEALTH = """\
import json, os, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import store

COMMIT = os.environ.get("HEROKU_BUILD_COMMIT") or os.environ.get("HEROKU_SLUG_COMMIT") or "unknown"

def workers():
    with store.Store() as ask:  # the smallest plan takes few connections
        names = ask("KEYS", "beat:*")
        found = [json.loads(text) for text in (ask("MGET", *names) if names else []) if text]
    return [each | {"heartbeat_age_s": time.time() - each["at"]} for each in found]

def release():
    return 200, {"commit": COMMIT, "release": os.environ.get("HEROKU_RELEASE_VERSION", "")}

def ready():
    alive = workers()
    checks = {"worker": {"ok": bool(alive), "ms": 0.1, "detail": f"{len(alive)} alive"}} | CHECKS
    ok = all(each["ok"] for each in checks.values())
    return 200 if ok else 503, {"ok": ok, "checks": checks, "workers": alive}

CHECKS = {}
ANSWERS = {"/health/live": lambda: (200, {"ok": True}), "/health/release": release, "/health/ready": ready}

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        status, told = ANSWERS.get(self.path, lambda: (200, {"page": self.path, "pid": os.getpid()}))()
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

def serve(host="0.0.0.0"):
    ThreadingHTTPServer((host, int(os.environ["PORT"])), Handler).serve_forever()
"""
BEAT = """\
import json, os, socket, time
import store

COMMIT = os.environ.get("HEROKU_BUILD_COMMIT") or os.environ.get("HEROKU_SLUG_COMMIT") or "unknown"

def beat(seconds=1e9):
    name, ask = f"{os.environ['DYNO']}.{socket.gethostname()}.{os.getpid()}", store.Store()
    until = time.time() + seconds
    while time.time() < until:
        ask("SET", f"beat:{name}", json.dumps({"name": name, "commit": COMMIT, "at": time.time()}), "PX", "3000")
        time.sleep(0.3)
"""
PROVING = FILES | {
    "app.json": json.dumps(ASKED),
    "store.py": STORE,
    "health.py": HEALTH,
    "beat.py": BEAT,
    "web.py": "import health\nhealth.serve()\n",
    "worker.py": "import beat\nbeat.beat()\n",
}
