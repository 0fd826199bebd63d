"""How the site is run and released: the part behind ``./inv``.

From the verb down, each layer importing only what stands below it::

    tasks.py        the index of verbs (and verbs/, a room of its own: names, flags, one line each)
    commands/       one function per verb; each reads as a recipe
    tools.py        composition root: builds the doors once and hands them to the verbs
    plan.py         pure: what is wanted and what was observed become steps, each with its cause
    gate.py         pure: what was seen of a release, and whether that is enough
    doctor/         what is to be looked at before a deploy: each module judges one subject
    heroku/         the Platform API: client.py is the door, then one file per resource
    artifacts/      a commit becomes something Heroku can run: image, source archive, push
    stack/          the site's processes and servers on this machine
                      compose.py      in Docker
                      embedded.py     without Docker: a supervisor, Postgres and Valkey of our own
    meanings/       lines of a dyno's log -> what is wrong with it, and what to do
    migrations/     two commits -> the migrations between them, and whether the code that runs lives with them
    report/         what a rehearsal saw -> text, JSON, Markdown, one page of HTML; rehearsing.py, the rehearsal as a process
    likeness.py     config vars of the names of another app, with values that are made up
    procfile.py manifest.py stages.py git.py output.py config.py
                    words: pure parsers, one printer, the configuration
    shell.py        the only place that starts a process
    errors.py       what can go wrong, and how it is said
    secret.py       a word that is not to be seen
    addresses.py    which address is this machine, and where a token may go
    backoff.py      how long to wait until something is tried again

Nothing here imports the site (``djheroku``): it is spoken to as a process and over HTTP.
"""
