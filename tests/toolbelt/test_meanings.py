"""What lines of a log mean: each known trouble in the words in which it really comes."""

from __future__ import annotations

import re

import pytest

from toolbelt import meanings
from toolbelt.meanings import CAUSES

APP = "2026-11-21T10:00:00.123456+00:00 app[web.1]: "
HEROKU = "2026-11-21T10:00:00.123456+00:00 heroku[web.1]: "
ROUTER = '2026-11-21T10:00:00.123456+00:00 heroku[router]: at=error code={} desc="x" method=GET path="/" dyno=web.1 status=503'

# A line as it comes -> words of its meaning, and of what to do.
KNOWN = [
    (
        APP + "djheroku.settings.reading.NotSet: Not set: SECRET_KEY, REDIS_URL. Make a key with ./inv secret",
        "it needs SECRET_KEY, REDIS_URL, and",
        "config.set SECRET_KEY=… REDIS_URL=… --stage x",
    ),
    (
        APP + "django.core.exceptions.ImproperlyConfigured: Set the API_KEY environment variable",
        "it needs API_KEY",
        "config.set API_KEY=… --stage x",
    ),
    (APP + "KeyError: 'STRIPE_KEY'", "reads STRIPE_KEY from its environ", "config.set STRIPE_KEY=… --stage x"),
    (
        APP + "django.core.exceptions.ImproperlyConfigured: SECRET_KEY is too short or known",
        "refuses its settings: SECRET_KEY is too short",
        "config",
    ),
    (APP + "ModuleNotFoundError: No module named 'stripe'", "imports stripe", "./inv lock"),
    (APP + "ImportError: cannot import name 'ugettext' from 'django.utils.translation'", "cannot import name 'ugettext'", ""),
    (APP + "SyntaxError: invalid syntax", "SyntaxError: invalid syntax", "runtime.txt"),
    (
        APP + "django.core.exceptions.DisallowedHost: Invalid HTTP_HOST header: 'www.mine.example'. You may need",
        "requests for www.mine.example",
        "ALLOWED_HOSTS",
    ),
    (
        APP + 'FATAL:  no pg_hba.conf entry for host "1.2.3.4", user "u", database "d", no encryption',
        "agree on TLS",
        "sslmode=require",
    ),
    (
        APP
        + "redis.exceptions.ConnectionError: Error 1 connecting to x. [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed",
        "signs its own",
        "ssl_cert_reqs=none",
    ),
    (APP + 'django.db.utils.ProgrammingError: relation "keygen_key" does not exist', "no table keygen_key", "releases.output"),
    (
        APP + "django.db.utils.ProgrammingError: column keygen_key.made does not exist",
        "no column keygen_key.made",
        "releases.output",
    ),
    (
        APP + 'psycopg2.errors.UndefinedColumn: column "made" of relation "keygen_key" does not exist',
        "no column made",
        "releases.output",
    ),
    (
        APP + 'psycopg2.errors.NotNullViolation: null value in column "made" of relation "k" violates not-null constraint',
        "a value for made",
        "ahead of the code",
    ),
    (
        APP + "CommandError: Conflicting migrations detected; multiple leaf nodes in the migration graph",
        "do not fit together",
        "--merge",
    ),
    (
        APP + 'could not translate host name "ec2-1.compute.amazonaws.com" to address: Name or service not known',
        "cannot be resolved",
        "./inv config",
    ),
    (APP + 'FATAL:  too many connections for role "u"', "no connection left", "WEB_CONCURRENCY"),
    (APP + "redis.exceptions.ConnectionError: max number of clients reached", "Key-Value Store has no connection left", "plan"),
    (
        APP + "redis.exceptions.ConnectionError: Error 111 connecting to 127.0.0.1:6379. Connection refused.",
        "does not answer",
        "status.heroku.com",
    ),
    (APP + "ValueError: Missing staticfiles manifest entry for 'site.css'", "site.css is asked for", "Commit the file"),
    (APP + "exec /usr/local/bin/gunicorn: exec format error", "linux/amd64", ""),
    (APP + "bash: line 1: gunicorn: command not found", "no program gunicorn", "requirements.txt"),
    (APP + 'exec: "gunicorn": executable file not found in $PATH', "no program gunicorn", "Procfile"),
    (APP + "PermissionError: [Errno 13] Permission denied: '/app/media'", "may not use /app/media", "/tmp"),
    (APP + "bash: line 1: ./start.sh: Permission denied", "may not use ./start.sh", "chmod"),
    (APP + "OSError: [Errno 28] No space left on device", "disk is full", "bucket"),
    (APP + "OSError: [Errno 98] Address already in use", "the same port", "$PORT"),
    (APP + "[INFO] Listening at: http://127.0.0.1:5000 (12)", "listens on 127.0.0.1", "0.0.0.0:$PORT"),
    (
        HEROKU + "Error R10 (Boot timeout) -> Web process failed to bind to $PORT within 60 seconds of launch",
        "did not bind to $PORT",
        "0.0.0.0:$PORT",
    ),
    (
        HEROKU + "Error R12 (Exit timeout) -> At least one process failed to exit within 30 seconds of SIGTERM",
        "30 s of SIGTERM",
        "exec",
    ),
    (HEROKU + "Error R14 (Memory quota exceeded)", "more memory than its dyno has", "WEB_CONCURRENCY"),
    (HEROKU + "Error R15 (Memory quota vastly exceeded)", "twice its memory", "larger dyno"),
    (APP + "[CRITICAL] WORKER TIMEOUT (pid:12)", "gunicorn killed a worker", "logs router --stage x"),
    (ROUTER.format("H10"), "has not crashed (H10)", "why"),
    (ROUTER.format("H12"), "within 30 s (H12)", "worker"),
    (ROUTER.format("H13"), "without an answer (H13)", "keepalive"),
    (ROUTER.format("H14"), "no web dyno (H14)", "ps.scale web=1 --stage x"),
    (ROUTER.format("H18"), "break off in their middle (H18)", "why"),
    (ROUTER.format("H20"), "for a web dyno to start (H20)", "0.0.0.0:$PORT"),
    (HEROKU + "This release has nothing for process type clock", "process type clock", "ps.scale clock=0 --stage x"),
    (HEROKU + "Process exited with status 127", "was not found (status 127)", "Procfile"),
    (HEROKU + "Process exited with status 126", "may not be executed", "chmod"),
    (HEROKU + "Process exited with status 137", "was killed (status 137)", "line before"),
    (HEROKU + "Process exited with status 0", "came to its end without an error", "background"),
]


@pytest.mark.parametrize(("line", "says", "todo"), KNOWN, ids=[str(number) for number in range(len(KNOWN))])
def test_a_line_and_its_meaning(line: str, says: str, todo: str) -> None:
    first = meanings.read([HEROKU + "Starting process with command `x`", line], flag=" --stage x")[0]
    assert says in first.says
    assert todo in first.todo
    assert "{" not in first.says + first.todo


def test_every_meaning_has_its_line_here() -> None:
    for expression, _, _ in CAUSES:
        assert any(re.search(expression, line) for line, _, _ in KNOWN), expression


def test_the_cause_stands_before_what_it_leads_to() -> None:
    lines = [
        HEROKU + "Starting process with command `gunicorn`",
        APP + "ModuleNotFoundError: No module named 'stripe'",
        APP + "[ERROR] Reason: Worker failed to boot.",
        HEROKU + "Process exited with status 3",
        HEROKU + "State changed from starting to crashed",
        ROUTER.format("H10"),
    ]
    found = meanings.read(lines)
    assert "stripe" in found[0].says
    assert "H10" in found[1].says


def test_an_error_that_nobody_knows_is_told_in_its_own_words() -> None:
    lines = [
        APP + "Traceback (most recent call last):",
        APP + "shop.errors.TillError: no till",
        HEROKU + "Process exited with status 1",
    ]
    assert meanings.read(lines)[0].says == "it ended with shop.errors.TillError: no till"


def test_without_an_error_its_status_and_its_last_words_are() -> None:
    lines = [APP + "closing time", HEROKU + "Process exited with status 4", HEROKU + "State changed from up to crashed"]
    assert meanings.read(lines)[0].says == "it ended with status 4, after “closing time”"


def test_lines_that_say_nothing_mean_nothing() -> None:
    assert meanings.read([]) == ()
    assert meanings.read([HEROKU + "State changed from starting to up", APP + "ready"]) == ()


def test_an_end_that_was_asked_for_is_no_fault() -> None:
    """The old web.1 leaves while the new one, of the same name, crashes."""
    asked = [HEROKU + "Stopping all processes with SIGTERM", HEROKU + "Process exited with status 137"]
    assert meanings.read(asked) == ()
    crashed = [APP + "boom", HEROKU + "Process exited with status 1"]
    assert meanings.read([*crashed, *asked])[0].says == "it ended with status 1, after “boom”"
    assert meanings.read([*asked, *crashed])[0].says == "it ended with status 1, after “boom”"


def test_what_stands_before_the_first_start_is_of_the_release_before() -> None:
    lines = ["last words", HEROKU + "Starting process with command `x`", "first words"]
    assert meanings.begun(lines) == lines[1:]
    assert meanings.begun(["no start"]) == ["no start"]


def test_the_end_that_the_old_dyno_was_asked_for_is_not_the_new_one_s() -> None:
    """It was told to end before the new one started, and ended after that."""
    lines = [
        HEROKU + "Stopping all processes with SIGTERM",
        HEROKU + "Starting process with command `sh -c 'exit 1'`",
        HEROKU + "Process exited with status 0",
        HEROKU + "Process exited with status 1",
        HEROKU + "State changed from starting to crashed",
    ]
    assert "status 1" in meanings.read(meanings.begun(lines))[0].says
