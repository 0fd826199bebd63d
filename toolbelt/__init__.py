"""How the site is run and released: the part behind ``./inv``.

From the verb down, each layer importing only what stands below it::

    tasks.py        the index of verbs (and verbs/, a room of its own: names, flags, one line each)
    commands/       one function per verb; each reads as a recipe
    tools.py        composition root: builds the doors once and hands them to the verbs
    plan.py         pure: what is wanted and what was observed become steps, each with its cause
    heroku/         the Platform API: client.py is the door, then one file per resource
    artifacts/      a commit becomes something Heroku can run: image, source archive, push
    stack/          the site's processes and servers on this machine
                      compose.py      in Docker
                      embedded.py     without Docker: a supervisor, Postgres and Valkey of our own
    procfile.py manifest.py stages.py git.py output.py config.py
                    words: pure parsers, one printer, the configuration
    shell.py        the only place that starts a process
    errors.py       what can go wrong, and how it is said
    secret.py       a word that is not to be seen
    addresses.py    which address is this machine, and where a token may go

Nothing here imports the site (``djheroku``): it is spoken to as a process and over HTTP.
"""
