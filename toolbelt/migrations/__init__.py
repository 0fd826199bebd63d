"""The migrations that a deploy would apply, and whether the code that runs now lives with them.

From the difference of two commits: it takes no database, no dyno and none of the site's environment, and works for any
two commits, such as those of staging and production. Only the project's own migrations are in git; those of packages
come with requirements.txt, and ``packages`` tells which of them changed, and what they bring where that is known.

::

    reading.py     a migration's source -> its operations, without running it
    fields.py      what a field is in Postgres
    schema.py      which tables and columns the migrations before have made
    rules.py       an operation -> what it does to the code that runs
    columns.py     the same for fields, altering.py for one that changes, statements.py for SQL
    verdicts.py    a migration -> the worst of what its operations do
    difference.py  two commits -> migrations, in the order in which they are applied
    packages.py    two commits -> packages with migrations of their own that changed
"""

from toolbelt.migrations.difference import among, between
from toolbelt.migrations.effects import IRREVERSIBLE, SAFE, TWO_STEP
from toolbelt.migrations.packages import Package, brought, packages
from toolbelt.migrations.verdicts import Migration

__all__ = ["IRREVERSIBLE", "SAFE", "TWO_STEP", "Migration", "Package", "among", "between", "brought", "packages"]
