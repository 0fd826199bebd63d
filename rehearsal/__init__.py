"""A Heroku on this machine, spoken to only over HTTP: Platform API, git, builds, registry, dynos, router, add-ons, logs.

    __main__.py     arguments, start, stop
    world.py        composition root: builds the parts once and knows in which order they start and end
    settings.py     limits and times, as on Heroku unless a test asks for others
    records.py      what is remembered: frozen records
    store.py        where: one SQLite file
    streams.py      output of builds and release phases, read while it is written
    logs.py         logplex: the log of every app
    faults.py       what a test may ask to go wrong
    releases.py     a release: its phase, then its dynos
    dynos/          the dyno contract, as containers or as processes
    router.py       http://APP.localhost:PORT
    addons/         Postgres and Key-Value Store, with TLS
    api/            the Platform API, one file per resource
    builds/ registry.py gitserver.py sources.py rendezvous.py

It knows nothing of the site or of the toolbelt, and they nothing of it but addresses.
"""
