"""What can be wrong with a dyno: how its log says so, what that means, and what to do about it.

Heroku's codes: https://devcenter.heroku.com/articles/error-codes.
"""

# From the cause to the symptom: what stands first explains what stands below it. {1} is what the expression caught.
CAUSES: tuple[tuple[str, str, str], ...] = (
    (
        r"(?:NotSet|ImproperlyConfigured): Not set: ([A-Z][A-Z0-9_]*(?:, [A-Z][A-Z0-9_]*)*)",
        "it needs {1}, and the app has no such config var",
        "./inv config.set {1}=…{flag}",
    ),
    (
        r"ImproperlyConfigured: Set the ([A-Z][A-Z0-9_]*) environment variable",
        "it needs {1}, and the app has no such config var",
        "./inv config.set {1}=…{flag}",
    ),
    (
        r"KeyError: '([A-Z][A-Z0-9]{2,}(?:_[A-Z0-9]+)*|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'",
        "it reads {1} from its environ, and the app has no such config var",
        "./inv config.set {1}=…{flag}",
    ),
    (
        r"(?:django\.core\.exceptions\.)?ImproperlyConfigured: (.{1,200})",
        "Django refuses its settings: {1}",
        "Mend the settings, or set the config var that they want: ./inv config{flag}",
    ),
    (
        r"ModuleNotFoundError: No module named '([\w.]+)'",
        "it imports {1}, which is neither in the repository nor in requirements.txt",
        "Declare it in pyproject.toml, ./inv lock, and commit both; or commit the file that is missing",
    ),
    (
        r"ImportError: (cannot import name .{1,120})",
        "an import fails: {1}",
        "Most often two versions of a package that do not fit, or a circle of imports: mend it and commit",
    ),
    (
        r"(SyntaxError|IndentationError|TabError): (.{1,120})",
        "a file is not the Python that the dyno runs ({1}: {2})",
        "Compare runtime.txt with the Python you wrote it on",
    ),
    (
        r"(?:DisallowedHost|SuspiciousOperation): Invalid HTTP_HOST header: '?([^'\s]+)'?",
        "Django refuses requests for {1}: it is not in ALLOWED_HOSTS",
        "./inv config.set ALLOWED_HOSTS={1},…{flag}",
    ),
    (
        r"no pg_hba\.conf entry .*(?:no encryption|SSL off)|sslmode value .* invalid|server does not support SSL",
        "Postgres and the site do not agree on TLS: Heroku Postgres takes no connection without it",
        "The database's options want sslmode=require, as djheroku/settings/reading.py has it",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|certificate verify failed",
        "a server's certificate cannot be verified: Heroku Key-Value Store signs its own",
        "Its rediss:// URL wants ssl_cert_reqs=none, as djheroku/settings/reading.py has it",
    ),
    (
        r"column (?:\")?([\w.]+)(?:\")?(?: of relation \"[^\"]+\")? does not exist",
        "the database has no column {1}: code and schema are not of the same commit",
        "./inv releases.output{flag} tells which migrations were applied",
    ),
    (
        r'relation "([^"]+)" does not exist',
        "the database has no table {1}: a migration was not applied, or the Procfile's release phase does not migrate",
        "./inv releases.output{flag} tells what the release phase did",
    ),
    (
        r"null value in column \"([^\"]+)\".* violates not-null",
        "the database wants a value for {1}, and this code does not give one",
        "The schema is ahead of the code: deploy the code that knows the column",
    ),
    (
        r"(?:NodeNotFoundError|InconsistentMigrationHistory|Conflicting migrations detected)[:;]? ?(.{0,160})",
        "Django's migrations do not fit together: {1}",
        "./inv manage makemigrations --merge, or commit the migration that is missing",
    ),
    (
        r"could not translate host name|Name or service not known|Temporary failure in name resolution|nodename nor servname",
        "the name of a server cannot be resolved: an add-on that is gone, or a URL with a mistake",
        "./inv config{flag} tells which URLs there are",
    ),
    (
        r"too many connections for role|remaining connection slots|too many clients already",
        "Postgres has no connection left: dynos times workers times threads are more than its plan allows",
        "Lower WEB_CONCURRENCY, or take a larger plan",
    ),
    (
        r"max number of clients reached",
        "the Key-Value Store has no connection left",
        "Fewer dynos or threads, or a larger plan",
    ),
    (
        r"(?:OperationalError|ConnectionError|Error \d+ connecting).{0,120}(?:[Cc]onnection refused|timed out|timeout expired)",
        "a server that it needs does not answer: Postgres or the Key-Value Store",
        "https://status.heroku.com, and ./inv config{flag}: does the URL point to an add-on that is there?",
    ),
    (
        r"Missing staticfiles manifest entry for '([^']+)'",
        "{1} is asked for as a static file, and collectstatic did not collect it",
        "Commit the file, or look for a misspelt name; the build's output tells what was collected",
    ),
    (
        r"[Ee]xec format error",
        "the image is for another kind of machine: Heroku's dynos are linux/amd64",
        "./inv deploy builds for linux/amd64; whatever built this one did not",
    ),
    (
        r"(?:bash|sh|/bin/sh|exec): (?:line )?(?:\d+: )?([\w./-]+): (?:command )?not found"
        r"|exec: \"([^\"]+)\": executable file not found",
        "there is no program {1} in what was deployed",
        "Its package is missing in requirements.txt, or the Procfile misspells it",
    ),
    (
        r"(?:PermissionError: \[Errno 13\] Permission denied: '([^']+)'|([\w./-]+): Permission denied)",
        "it may not use {1}: a dyno runs as a user of its own, not as root",
        "Write to /tmp or below the app's folder; a script wants git update-index --chmod=+x",
    ),
    (
        r"(?:No space left on device|Disk quota exceeded)",
        "its disk is full; a dyno's disk is small, and gone with the dyno",
        "Files of visitors belong in a bucket",
    ),
    (
        r"(?:Address already in use|That port is already in use)",
        "two of its processes want the same port",
        "Bind once, to $PORT",
    ),
    (
        r"(?:Listening at|Running on|development server at|listening on):? https?://(127\.0\.0\.1|localhost|\[::1\])",
        "it listens on {1}, where Heroku's router does not reach it",
        "Bind to 0.0.0.0:$PORT (or [::]:$PORT)",
    ),
    (
        r"Error R15 \(Memory quota vastly exceeded\)",
        "it took more than twice its memory, and Heroku killed it (R15)",
        "Fewer gunicorn workers (WEB_CONCURRENCY), or a larger dyno: ./inv ps.scale",
    ),
    (
        r"Error R10 \(Boot timeout\)",
        "web did not bind to $PORT in time (R10): it is too slow to start, listens on another port, or on localhost only",
        "Bind to 0.0.0.0:$PORT, and leave what takes long to the release phase",
    ),
    (
        r"WORKER TIMEOUT",
        "gunicorn killed a worker that did not answer: a request takes too long, or waits for a server",
        "Find the request in ./inv logs router{flag}; what takes long belongs to the worker",
    ),
    (
        r"Error R12 \(Exit timeout\)",
        "it did not end within 30 s of SIGTERM (R12), and was killed",
        "Let it end on SIGTERM; exec in front of the command passes the signal on",
    ),
    (
        r"Error R14 \(Memory quota exceeded\)",
        "it takes more memory than its dyno has (R14), and swaps: everything is slow",
        "Fewer gunicorn workers (WEB_CONCURRENCY), or a larger dyno: ./inv ps.scale",
    ),
    (
        r"code=H12\b",
        "requests get no answer within 30 s (H12)",
        "What takes long belongs to the worker; a server that hangs wants a time-out of its own",
    ),
    (
        r"code=H13\b",
        "the dyno closes connections without an answer (H13): a process dies while it answers",
        "The lines of web before it tell which; gunicorn's keepalive wants to be longer than the router's 90 s",
    ),
    (
        r"code=H18\b",
        "answers break off in their middle (H18)",
        "The lines of web before it tell why the process ended",
    ),
    (
        r"code=H20\b",
        "the router waited 75 s for a web dyno to start (H20)",
        "Bind to 0.0.0.0:$PORT, and leave what takes long to the release phase",
    ),
    (
        r"code=H14\b",
        "there is no web dyno (H14)",
        "./inv ps.scale web=1{flag}",
    ),
    (
        r"code=H10\b",
        "no web dyno is left that has not crashed (H10)",
        "The lines of web before it tell why",
    ),
    (
        r"This release has nothing for process type (\w+)",
        "the release has nothing for the process type {1}",
        "Name it in the Procfile, or: ./inv ps.scale {1}=0{flag}",
    ),
    (
        r"Process exited with status 127\b",
        "its command was not found (status 127)",
        "Is the program in requirements.txt, and the Procfile without a mistake?",
    ),
    (
        r"Process exited with status 126\b",
        "its command may not be executed (status 126)",
        "git update-index --chmod=+x, and commit",
    ),
    (
        r"Process exited with status 137\b",
        "it was killed (status 137): for its memory, or because it did not end or bind in time",
        "The line before it in the log tells which",
    ),
    (
        r"Process exited with status 0\b",
        "its command came to its end without an error (status 0): a dyno's command is to run for ever",
        "Is it started in the background, or a command that only does something once?",
    ),
)  # fmt: skip
