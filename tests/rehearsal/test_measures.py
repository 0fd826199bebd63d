"""What the rehearsal measures of dynos, for its report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rehearsal.dynos import cgroups
from rehearsal.dynos.container import _bytes
from rehearsal.dynos.writes import Write, below, of_diff
from tests.rehearsal.harness import Running
from tests.rehearsal.images import Images
from tests.rehearsal.samples import FILES, command
from tests.waiting import until

WRITING = """
import os
for folder in ("media/deep", "__pycache__"):
    os.makedirs(folder, exist_ok=True)
    open(f"{folder}/a.png", "w").write("x" * 100)
"""
CHANGING = WRITING + "open('known.txt', 'a').write('more')\n"


def lives(running: Running, app: str) -> list[dict[str, Any]]:
    answer = running.http.get(f"/_rehearsal/apps/{app}/dynos")
    assert answer.status_code == 200
    return list(answer.json())


def test_the_life_of_a_web_dyno(running: Running) -> None:
    app = running.app()
    files = {**FILES, "known.txt": "known", "writing.py": CHANGING}
    running.http.patch(f"/apps/{app}/config-vars", json={"BOOT": "0.5"})
    web = f"{command('writing.py')}; {command('web.py')}"
    release = running.release(app, {"web": web, "release": command("release.py")}, files)
    assert running.visit(app).status_code == 200
    running.up(app)
    phase, life = lives(running, app)
    assert (phase["type"], phase["state"], phase["exit_status"], phase["boot_seconds"]) == ("release", "complete", 0, None)
    assert (life["dyno"], life["release"], life["state"], life["size"]) == ("web.1", release.version, "up", "Basic")
    assert life["id"] == running.http.get(f"/apps/{app}/dynos/web.1").json()["id"]
    assert 0.5 <= life["boot_seconds"] < 5
    assert life["memory_quota_mb"] == 512
    until(lambda: (lives(running, app)[1]["memory_peak_mb"] or 0) > 3, what="its memory was weighed")
    assert (life["requests"], life["errors"], life["exit_seconds"], life["ended_at"]) == (1, [], None, None)
    assert 0 <= life["first_ms"] < 2000
    writes = [{"path": "known.txt", "size": 9}, {"path": "media/deep/a.png", "size": 100}]
    assert life["disk_writes"] == {"count": 2, "files": writes, "whole": True}

    running.http.delete(f"/apps/{app}/dynos/web.1")
    until(lambda: lives(running, app)[1]["ended_at"], what="the first dyno has ended")
    life = lives(running, app)[1]
    assert (life["state"], life["exit_status"], life["disk_writes"]["count"]) == ("down", 143, 2)
    assert 0 <= life["exit_seconds"] < 2
    assert life["memory"][-1][0] > life["memory"][0][0] >= 0
    assert lives(running, app)[2]["dyno"] == "web.1"


@pytest.mark.docker
def test_the_life_of_a_container(engine: Running, tmp_path: Path) -> None:
    app = engine.app(stack="container")
    images = Images(tmp_path, f"measures-{engine.world.label}", {"writing.py": WRITING + FILES["web.py"]})
    limit = "/sys/fs/cgroup/memory.max" if Path("/sys/fs/cgroup/memory.max").exists() else cgroups.LIMITS[1]
    try:
        engine.release_image(app, images.of("writing.py"), {"web": "web"})
        engine.up(app)
        until(lambda: (lives(engine, app)[0]["memory_peak_mb"] or 0) > 3, what="its memory was weighed")
        (life,) = lives(engine, app)
        assert 0 < life["boot_seconds"] < 10
        (written,) = life["disk_writes"]["files"]
        assert written["path"] == "media/deep/a.png"
        assert written["size"] in (100, None)  # None where the engine's files are not of this machine
        # A server that looks for its limit finds the quota, not what the engine holds it to.
        engine.http.post(f"/apps/{app}/dynos", json={"command": f"echo limit $(cat {limit})"})
        assert f"limit {512 << 20}" in engine.logged(app, "limit 5")
        engine.http.patch(f"/apps/{app}/formation/web", json={"quantity": 0})
        until(lambda: lives(engine, app)[0]["ended_at"], what="it has ended")
        assert lives(engine, app)[0]["exit_status"] == 143
        assert lives(engine, app)[0]["disk_writes"]["count"] == 1
    finally:
        images.remove()


def test_what_a_container_wrote_is_read_from_the_engine() -> None:
    told = (
        "C /srv\nA /srv/d\nA /srv/d/f\nD /srv/gone\nC /tmp\nA /tmp/x\nC /usr\nC /usr/sbin\nA /usr/sbin/docker-init\nC /var/tmp\n"
    )
    told += "A /srv/__pycache__\nA /srv/__pycache__/a.pyc"
    assert [each.path for each in of_diff(told, home="/srv").files] == ["d/f", "gone", "/tmp/x"]


def test_a_folder_with_too_many_files_is_not_looked_at_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rehearsal.dynos.writes.LARGEST", 60)
    monkeypatch.setattr("rehearsal.dynos.writes.NAMED", 2)
    for number in range(100):
        (tmp_path / f"{number:03}").write_text("x")
    found = below(tmp_path, tmp_path / "nothing")
    assert (found.count, found.whole) == (60, False)
    assert found.files == (Write(path="000", size=1), Write(path="001", size=1))


@pytest.mark.parametrize(
    ("line", "folder", "files"),
    [
        ("0::/system.slice/docker-c0ffee.scope", "system.slice/docker-c0ffee.scope",
         {"memory.current": "5000", "memory.stat": "anon 1\ninactive_file 1000\n", "memory.events": "oom 1\noom_kill 1\n"}),
        ("4:memory:/docker/c0ffee", "memory/docker/c0ffee",
         {"memory.usage_in_bytes": "5000", "memory.stat": "rss 1\ntotal_inactive_file 1000\n",
          "memory.oom_control": "under_oom 0\noom_kill 1\n"}),
    ], ids=["version 2", "version 1"],
)  # fmt: skip
def test_the_kernels_count_of_a_container(tmp_path: Path, line: str, folder: str, files: dict[str, str]) -> None:
    (tmp_path / "proc" / "7").mkdir(parents=True)
    (tmp_path / "proc" / "7" / "cgroup").write_text(f"9:cpu:/docker/c0ffee\n{line}\n")
    (tmp_path / "root" / folder).mkdir(parents=True)
    for name, text in files.items():
        (tmp_path / "root" / folder / name).write_text(text)
    group = cgroups.of(7, "c0ffee", proc=tmp_path / "proc", root=tmp_path / "root")
    assert group is not None
    assert group.used() == 4000
    assert group.killed()
    assert cgroups.of(7, "another", proc=tmp_path / "proc", root=tmp_path / "root") is None
    assert cgroups.of(8, "c0ffee", proc=tmp_path / "proc", root=tmp_path / "root") is None


def test_an_engine_elsewhere_is_asked() -> None:
    assert _bytes("41.5MiB / 1GiB") == int(41.5 * (1 << 20))
    assert _bytes("-- / --") is None
