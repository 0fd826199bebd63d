"""What a field is in Postgres, as far as its declaration tells (django/db/backends/postgresql/base.py, 5.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolbelt.migrations.reading import Call, Other

VARCHAR: Mapping[str, int | None] = {
    "CharField": None, "SlugField": 50, "EmailField": 254, "URLField": 200, "FileField": 100, "ImageField": 100,
    "FilePathField": 100, "CommaSeparatedIntegerField": None,
}  # fmt: skip
TYPES: Mapping[str, str] = {
    "TextField": "text", "BooleanField": "boolean", "NullBooleanField": "boolean", "DateField": "date",
    "DateTimeField": "timestamptz", "TimeField": "time", "DurationField": "interval", "FloatField": "double precision",
    "IntegerField": "integer", "PositiveIntegerField": "integer", "SmallIntegerField": "smallint",
    "PositiveSmallIntegerField": "smallint", "BigIntegerField": "bigint", "PositiveBigIntegerField": "bigint",
    "AutoField": "integer", "SmallAutoField": "smallint", "BigAutoField": "bigint", "BinaryField": "bytea",
    "UUIDField": "uuid", "JSONField": "jsonb", "GenericIPAddressField": "inet", "IPAddressField": "inet",
    "SearchVectorField": "tsvector", "HStoreField": "hstore",
}  # fmt: skip
FOREIGN = ("ForeignKey", "OneToOneField")
MANY = "ManyToManyField"
# They say how Django behaves; Postgres never hears of them.
STATE_ONLY = frozenset(
    ("default", "blank", "choices", "help_text", "verbose_name", "validators", "related_name", "related_query_name",
     "editable", "error_messages", "limit_choices_to", "on_delete", "unique_for_date", "unique_for_month",
     "unique_for_year", "auto_now", "auto_now_add", "upload_to", "storage", "width_field", "height_field", "swappable",
     "auto_created", "serialize", "allow_unicode", "protocol", "unpack_ipv4", "encoder", "decoder", "parent_link",
     "path", "match", "recursive", "allow_files", "allow_folders", "db_comment", "symmetrical", "through_fields", "db_tablespace")
)  # fmt: skip


def column(field: Call) -> str:
    """The column's type; for a field that Django does not have, the field itself."""
    if field.name in VARCHAR:
        length = field.get("max_length", field.args[1] if len(field.args) > 1 else VARCHAR[field.name])
        told = length.text if isinstance(length, Other) else length
        return f"varchar({told})" if length is not None else "varchar"
    if field.name == "DecimalField":
        return f"numeric({field.get('max_digits')}, {field.get('decimal_places')})"
    if field.name in FOREIGN:
        return f"reference to {target(field)}"
    if field.name == "ArrayField":
        base = field.get("base_field", field.args[0] if field.args else None)
        return f"{column(base)}[]" if isinstance(base, Call) else "array"
    return TYPES.get(field.name, field.name)


def target(field: Call) -> str:
    """What a foreign key points to, as it is written."""
    found = field.get("to", field.args[0] if field.args else "")
    if isinstance(found, Other | Call):
        return found.text if isinstance(found, Other) else f"{found.name}(…)"
    return str(found).lower()


def known(type_: str) -> bool:
    """It is a type of Postgres', written out; else a field's own name, or a length that is computed."""
    if type_.startswith("varchar("):
        return length(type_) is not None
    return type_.split("(")[0].removesuffix("[]") in {*TYPES.values(), "varchar", "numeric"} or type_.startswith("reference to ")


def length(type_: str) -> int | None:
    """N of varchar(N); None where there is no limit, or it is no varchar."""
    inner = type_.removeprefix("varchar(").removesuffix(")")
    return int(inner) if type_.startswith("varchar(") and inner.isdigit() else None


def widened(old: str, new: str) -> bool:
    """Postgres only notes it: no row is read, nothing is written anew."""
    if old.startswith("varchar") and new in ("text", "varchar"):
        return True
    if old.startswith("varchar(") and new.startswith("varchar("):
        before, after = length(old), length(new)
        return before is not None and after is not None and after >= before
    if old.startswith("numeric(") and new.startswith("numeric("):
        (digits, places), (more, same) = (each[8:-1].split(", ") for each in (old, new))
        return places == same and digits.isdigit() and more.isdigit() and int(more) >= int(digits)
    return False


def indexed(field: Call) -> bool:
    """It has an index of its own that is not unique."""
    default = field.name in ("ForeignKey", "SlugField")
    return bool(field.get("db_index", default)) and not unique(field)


def unique(field: Call) -> bool:
    return field.name == "OneToOneField" or bool(field.get("unique")) or bool(field.get("primary_key"))


def checked(field: Call) -> bool:
    """Postgres holds its values to be positive."""
    return field.name.startswith("Positive")


def for_postgres(field: Call) -> Mapping[str, Any]:
    """The arguments that Postgres hears of, but those that have a rule of their own."""
    ours = (
        "null",
        "unique",
        "primary_key",
        "db_index",
        "db_column",
        "db_default",
        "max_length",
        "max_digits",
        "decimal_places",
        "to",
    )
    return {name: each for name, each in field.given.items() if name not in STATE_ONLY and name not in ours}
