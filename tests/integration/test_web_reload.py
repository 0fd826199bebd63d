"""The site's server of development: new code and new templates on a save, a debugger, and when it gives up."""

import signal
import socket
import sys

import psutil
import pytest

from tests.integration.debug_adapter import initialize
from tests.integration.ports import free_port
from tests.integration.project import Project
from tests.integration.visitor import Visitor
from tests.waiting import until

ROBOTS = "djheroku/templates/robots.txt"
# As if a debugger had started it.
UNDER_A_DEBUGGER = """
import runpy, sys, types
sys.modules["pydevd"], sys.argv = types.ModuleType("pydevd"), ["manage.py", *sys.argv[1:]]
runpy.run_path("manage.py", run_name="__main__")
"""


def answers(visitor: Visitor, status: int, path: str = "/robots.txt", *, with_text: str = "") -> None:
    def so() -> bool:
        found, text = visitor.open(path)
        return found == status and with_text in text

    until(so, what=f"{path} answers {status} {with_text}", seconds=30)


def add_a_view(project: Project, name: str) -> None:
    with (project.root / "djheroku/urls.py").open("a") as file:
        file.write(f'\nurlpatterns.append(path("{name}", lambda _: HttpResponse("here")))\n')


@pytest.mark.parametrize("polling", ["", "true"], ids=["the file system tells", "it has to look"])
def test_a_save_is_on_the_next_page(project: Project, polling: str) -> None:
    port = free_port()
    project.start("runserver", str(port), WATCHFILES_FORCE_POLLING=polling)
    visitor = Visitor(f"http://127.0.0.1:{port}")
    answers(visitor, 200)
    [server] = psutil.Process(project.process.pid).children()
    # A template does not even need a restart.
    project.save("Disallow: /new", ROBOTS)
    answers(visitor, 200, with_text="/new")
    assert server.is_running()
    add_a_view(project, "new")
    answers(visitor, 200, "/new")
    assert "web: djheroku/urls.py changed: starting again" in project.said
    # What cannot be imported is waited for.
    urls = (project.root / "djheroku/urls.py").read_text()
    project.save("def (\n", "djheroku/urls.py")
    until(lambda: "web: cannot run, waiting for the next save" in project.said, what="it says so")
    assert "SyntaxError" in project.said
    project.save(urls, "djheroku/urls.py")
    answers(visitor, 200, "/new")
    assert project.end() == 0


def test_where_forking_is_not_safe_it_is_started_anew(project: Project) -> None:
    port = free_port()
    project.run([sys.executable, "-c", UNDER_A_DEBUGGER, "runserver", str(port)])
    visitor = Visitor(f"http://127.0.0.1:{port}")
    answers(visitor, 200)
    [server] = psutil.Process(project.process.pid).children()
    assert server.cmdline()[1:] == ["manage.py", "runserver", str(port)]
    add_a_view(project, "new")
    answers(visitor, 200, "/new")
    assert project.end(signal.SIGINT) == 0


def test_a_port_that_is_taken_is_no_reason_to_wait_for_a_save(project: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        project.start("runserver", str(taken.getsockname()[1]))
        assert project.process.wait(30) == 1
    assert "That port is already in use" in project.said


@pytest.mark.slow
def test_a_debugger_can_attach_to_the_site(project: Project) -> None:
    """In the process that serves; the one that watches the files must leave the port to it."""
    port, web = free_port(), free_port()
    project.start("runserver", str(web), DEBUG_PORT=str(port))
    assert until(lambda: initialize(port), what="an answer from debugpy", seconds=40)
    answers(Visitor(f"http://127.0.0.1:{web}"), 200)
    add_a_view(project, "new")
    answers(Visitor(f"http://127.0.0.1:{web}"), 200, "/new")
    assert until(lambda: initialize(port), what="an answer from debugpy", seconds=40)
