"""Every column of every table, and every materialized view, classified: a new one is classified here before a copy of the data
may be made.

A rule is an SQL expression of the row (``id`` and the other columns may be used), so that millions of rows are scrubbed in
one statement. What is unique stays unique; what is empty stays empty, so that pages look as they do in production.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Scrub:
    """The column gets the value of an SQL expression."""

    expression: str


class Allow:
    """The column tells nothing of anybody."""


class Empty:
    """The table is emptied: what is in it is of no use anywhere else, or is a key to somebody's session."""


class Renew:
    """The materialized view is made anew, of tables that are scrubbed by then."""


ALLOW = Allow()
EMPTY = Empty()
RENEW = Renew()
# No hash begins so: nobody can log in until a password is set (django.contrib.auth.hashers, UNUSABLE_PASSWORD_PREFIX).
UNUSABLE = Scrub("'!scrubbed'")
BLANK = Scrub("''")


def unless_empty(expression: str, column: str) -> Scrub:
    """The expression, where the column has anything in it."""
    return Scrub(f"CASE WHEN {column} = '' THEN '' ELSE {expression} END")


Table = Empty | Renew | Mapping[str, Allow | Scrub]

# A table of another schema is "schema.table"; large objects are "pg_largeobject".
RULES: Mapping[str, Table] = {
    # Who may do what
    "auth_user": {
        "id": ALLOW,
        "username": Scrub("'user-' || id"),
        "first_name": unless_empty("'First ' || id", "first_name"),
        "last_name": unless_empty("'Last ' || id", "last_name"),
        "email": unless_empty("'user-' || id || '@example.com'", "email"),
        "password": UNUSABLE,
        "is_staff": ALLOW,
        "is_superuser": ALLOW,
        "is_active": ALLOW,
        "date_joined": Scrub("date_trunc('month', date_joined)"),
        "last_login": Scrub("date_trunc('month', last_login)"),
    },
    "auth_group": dict.fromkeys(("id", "name"), ALLOW),
    "auth_permission": dict.fromkeys(("id", "name", "content_type_id", "codename"), ALLOW),
    "auth_group_permissions": dict.fromkeys(("id", "group_id", "permission_id"), ALLOW),
    "auth_user_groups": dict.fromkeys(("id", "user_id", "group_id"), ALLOW),
    "auth_user_user_permissions": dict.fromkeys(("id", "user_id", "permission_id"), ALLOW),
    # Keys to somebody's session, and a log of who did what
    "django_session": EMPTY,
    "django_admin_log": EMPTY,
    # Django's own books
    "django_content_type": dict.fromkeys(("id", "app_label", "model"), ALLOW),
    "django_migrations": dict.fromkeys(("id", "app", "name", "applied"), ALLOW),
    # Keys: whose they are and what they are
    "keygen_key": {
        "id": ALLOW,
        "visitor": Scrub("CASE WHEN visitor IS NULL THEN NULL ELSE md5('visitor' || id::text)::uuid END"),
        "state": ALLOW,
        "progress": ALLOW,
        "value": Scrub("CASE WHEN value = '' THEN '' ELSE 'scrubbed-' || left(md5(id::text), 32) END"),
        "error": ALLOW,
        "job_id": BLANK,
        "created": ALLOW,
        "updated": ALLOW,
        "finished": ALLOW,
    },
}
