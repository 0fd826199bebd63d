"""A Python that is built in one folder and runs in another: the scripts beside it start it, wherever it was moved to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rehearsal.builds import pythons

LONGEST = 127  # bytes of a #! line, with its newline, that every kernel reads to its end


def as_pip_writes(python: Path) -> str:
    """A launcher (distlib's ScriptMaker): where the line would be too long, or has a blank, a shell starts Python."""
    line = f"#!{python}\n"
    if len(line) > LONGEST or " " in line:
        named = f'"{python}"' if " " in line else str(python)
        line = f"#!/bin/sh\n'''exec' {named} \"$0\" \"$@\"\n' '''\n"
    return f"{line}# -*- coding: utf-8 -*-\nimport sys\nprint(sys.executable, *sys.argv[1:])\n"


@pytest.mark.parametrize("name", ["short", "l" * 150, "with a blank"])
def test_a_launcher_starts_the_python_that_lies_beside_it(tmp_path: Path, name: str) -> None:
    scripts = tmp_path / name / ".heroku" / "python" / "bin"
    scripts.mkdir(parents=True)
    (scripts / "python").symlink_to(sys.executable)
    launcher = scripts / "tool"
    launcher.write_text(as_pip_writes(scripts / "python"))
    launcher.chmod(0o755)
    assert launcher.read_text().startswith("#!/bin/sh") == (name != "short" or len(str(scripts)) > 100)
    pythons.make_relocatable(tmp_path / name)
    assert launcher.stat().st_mode & 0o777 == 0o755

    moved = (tmp_path / name).rename(tmp_path / "app")
    tool = moved / ".heroku" / "python" / "bin" / "tool"
    done = subprocess.run([tool, "an argument", "*"], capture_output=True, text=True, check=True)
    assert done.stdout == f"{tool.with_name('python')} an argument *\n"


def test_other_programs_stay_as_they_are(tmp_path: Path) -> None:
    scripts = tmp_path / ".heroku" / "python" / "bin"
    scripts.mkdir(parents=True)
    others = {
        "shell": "#!/bin/sh\necho '''exec'\n",
        "system": "#!/usr/bin/python3\nprint()\n",
        "compiled": "\x7fELF /.heroku/python/bin/python",
    }
    for name, text in others.items():
        (scripts / name).write_text(text)
    (scripts / "link").symlink_to("shell")
    pythons.make_relocatable(tmp_path)
    assert {name: (scripts / name).read_text() for name in others} == others
    assert (scripts / "link").is_symlink()
