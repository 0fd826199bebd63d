"""Migrations as somebody would have written them, and a site that has some."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.toolbelt.artifacts.repositories import repository
from toolbelt import git

# What stands there before: a book, written by somebody.
BEFORE = """
migrations.CreateModel("Author", fields=[("id", models.BigAutoField(primary_key=True))]),
migrations.CreateModel(
    name="Book",
    fields=[
        ("id", models.BigAutoField(primary_key=True)),
        ("title", models.CharField(max_length=50)),
        ("pages", models.IntegerField(default=1)),
        ("note", models.TextField(null=True)),
        ("shown", models.TextField(db_column="seen", default="")),
        ("price", models.DecimalField(max_digits=5, decimal_places=2, default=0)),
        ("level", models.IntegerField(db_default=3)),
        ("author", models.ForeignKey("shop.author", models.CASCADE, null=True)),
    ],
),
"""
HEAD = """
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models
from django.db.models.functions import Now


def fill(apps, editor):
    pass


def empty(apps, editor):
    pass


class Migration(migrations.Migration):
    {more}
    dependencies = [{dependencies}]
    operations = [
{operations}
    ]
"""
GRADE = 'migrations.AddField("book", "grade", {})'
ALTER = 'migrations.AlterField("book", "{}", {})'


def source(operations: str, *, dependencies: str = "", more: str = "") -> str:
    return HEAD.format(operations=textwrap.indent(operations, " " * 8), dependencies=dependencies, more=more or "pass")


INITIAL = source(BEFORE)
NEXT = source(GRADE.format("models.IntegerField(null=True)"), dependencies='("shop", "0001_initial")')
DROP = source('migrations.RemoveField("book", "note")', dependencies='("shop", "0002_grade")')


@pytest.fixture
def shop(tmp_path: Path) -> tuple[Path, str]:
    files = {"shop/__init__.py": "", "shop/migrations/__init__.py": "", "shop/migrations/0001_initial.py": INITIAL}
    repository(tmp_path, files | {"requirements.txt": "django==5.1 --hash=x\nrq==2.0\nhttpx==0.1\nsomething==1\n"})
    return tmp_path, git.commit(tmp_path)
