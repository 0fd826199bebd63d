"""What is to be looked at before a deploy: each module judges one subject and returns findings, with cause and fix.

::

    finding.py      the shape of a finding
    known.py        versions, plans and dates of Heroku's that grow old: one table, with its sources
    repository.py   tree, Procfile, Python
    locks.py        pyproject.toml against requirements.txt
    shipping.py     what would be shipped: package managers, environments of another machine, secrets
    image.py        the Dockerfile, and an image that is there already
    site.py         the site's own settings, checks and models, under variables like the app's
    standing.py     stand-ins for config vars: like the real ones in all that a check looks at, and no secret
    app.py          the app: stack, dynos, releases
    costs.py        what its dynos cost: an account's Eco hours, and prices
    addons.py       its add-ons against what is developed with
    migrating.py    the migrations that the deploy would apply

Facts come in as arguments, from this checkout's files or from programs that only read; Heroku is asked by toolbelt/commands.
"""
