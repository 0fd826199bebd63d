"""Extensions of a database that another server may lack: which of them there are to be had, and what uses them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from toolbelt.data import asking
from toolbelt.data.database import Database

AVAILABLE = "SELECT name FROM pg_available_extensions"
HOMES = """
SELECT e.extname, n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname <> 'plpgsql' ORDER BY 1
"""
# A member of an extension takes along what belongs to it (the rule of its view, the array of its type): that is no use of it.
IN_USE = """
WITH RECURSIVE member (name, classid, objid) AS (
    SELECT e.extname, d.classid, d.objid FROM pg_depend d
    JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
    WHERE d.deptype = 'e' AND e.extname = ANY(%s)
  UNION
    SELECT m.name, d.classid, d.objid FROM pg_depend d
    JOIN member m ON d.refclassid = m.classid AND d.refobjid = m.objid WHERE d.deptype IN ('i', 'a')
)
SELECT m.name, pg_describe_object(d.classid, d.objid, d.objsubid) FROM pg_depend d
JOIN member m ON d.refclassid = m.classid AND d.refobjid = m.objid
WHERE d.deptype = 'n' AND (d.classid, d.objid) NOT IN (SELECT classid, objid FROM member)
GROUP BY 1, 2 ORDER BY 1, 2
"""


def available(database: Database) -> frozenset[str]:
    """The extensions that its server has, made in this database or not."""
    with asking.connected(database) as found, found.cursor() as cursor:
        cursor.execute(AVAILABLE)
        return frozenset(name for (name,) in cursor.fetchall())


def homes(database: Database) -> Mapping[str, str]:
    """The extensions of a database, and the schema of each."""
    with asking.connected(database) as found, found.cursor() as cursor:
        cursor.execute(HOMES)
        return dict(cursor.fetchall())


def in_use(database: Database, names: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Of these extensions those that something else in the database needs, and what that is, in the server's words."""
    with asking.connected(database) as found, found.cursor() as cursor:
        cursor.execute(IN_USE, (list(names),))
        users: dict[str, tuple[str, ...]] = {}
        for name, user in cursor.fetchall():
            users[name] = (*users.get(name, ()), user)
    return users
