"""All that can be done: every verb of ``./inv`` with its flags and its help, and nothing of how it is done.

A module for each group, in the order in which ``./inv`` lists them::

    stack.py        the site's processes and servers on this machine: up, down, logs …
    site.py         the site that runs: migrate, shell, dbshell …
    code.py         test, check, fix, lock, bench
    deploying.py    doctor, deploy, promote, rehearse
    releases.py     releases, releases.rollback, ps, ps.scale, open, listed under the same title
    config.py       config vars: config, config.set, config.diff …
    addons.py       add-ons: addons, addons.create …
    data.py         databases and backups: db.pull, db.push, db.backup …
    apps.py         apps, review apps, domains, pipelines: apps.create, domains.add …
    accounts.py     access and accounts, listed under the same title: access.add, login, whoami …
    project.py      this checkout: secret, clean, help
    index.py        how a function becomes a verb, and how all verbs become one index
    stopped.py      what is said of a verb that was ended with Ctrl-C
    words.py        the command line, word by word
    typed.py        the whole of it: what invoke lets go
    completion.py   what a shell proposes
    program.py      what is said of a command line that cannot be; python -m verbs is what ./inv runs

A verb is a typed signature, a line and an example for ``./inv help``, and one call into ``toolbelt.commands``. A new one goes
into its group's module; a new group is a module with a ``Group`` of its own, named in ``tasks.py`` and above. Two modules
whose groups have the same title are listed as one.
"""
