"""What every page has, and the pages for when something is wrong."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import path

from djheroku import urls as site

ROOT = Path(__file__).parents[2]


def broken(request: object) -> None:
    raise RuntimeError("a secret in a message")


urlpatterns = [*site.urlpatterns, path("broken/", broken)]


def test_the_footer_says_which_code_this_is(client: Client, db: None, settings: Any) -> None:
    settings.COMMIT, settings.RELEASE_VERSION = "0123456789abcdef", "v42"
    page = client.get("/").content.decode()
    assert "<code>0123456</code>" in page
    assert "<code>v42</code>" in page
    assert 'href="/health/ready"' in page
    assert 'href="/admin/"' in page


def test_without_releases_none_is_named(client: Client, db: None, settings: Any) -> None:
    settings.RELEASE_VERSION = ""
    assert "release" not in client.get("/").content.decode().partition("<footer")[2]


def test_an_unknown_address_gets_a_page_that_leads_back(client: Client, db: None) -> None:
    response = client.get("/nothing/here")
    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


def test_a_mistake_gets_a_page_that_tells_nothing_and_needs_no_database(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__
    response = Client(raise_request_exception=False).get("/broken/")
    page = response.content.decode()
    assert response.status_code == 500
    assert "Something broke on our side" in page
    assert "a secret" not in page
    assert "<footer" in page


def test_robots_are_kept_out_of_what_is_not_for_them(client: Client) -> None:
    response = client.get("/robots.txt")
    assert response["Content-Type"].startswith("text/plain")
    assert response.content.decode().splitlines() == ["User-agent: *", "Disallow: /admin/", "Disallow: /keys/"]


def test_the_icon_is_where_programs_look(client: Client) -> None:
    response = client.get("/favicon.ico")
    assert (response.status_code, response["Location"]) == (302, "/static/favicon.ico")
    icon = Path(finders.find("favicon.ico")).read_bytes()
    assert icon[:4] == b"\0\0\1\0"  # the signature of an .ico


@pytest.mark.parametrize("address", ["/", "/nothing/here"])
def test_pages_name_their_language_and_landmarks(client: Client, db: None, address: str) -> None:
    page = client.get(address).content.decode()
    assert '<html lang="en">' in page
    assert 'class="skip" href="#main"' in page
    assert page.count("<h1") == page.count("<main") == page.count("<header") == page.count("<footer") == 1


def test_no_template_has_a_script_or_a_style_of_its_own() -> None:
    """The Content-Security-Policy would refuse it."""
    templates = [*ROOT.glob("djheroku/templates/*.html"), *ROOT.glob("djheroku/keygen/templates/**/*.html")]
    assert len(templates) > 8
    for template in templates:
        text = template.read_text()
        assert "<style" not in text
        assert " style=" not in text
        assert " on" not in "".join(part.partition(">")[0] for part in text.split("<button")[1:])
        assert all(" src=" in part.partition(">")[0] for part in text.split("<script")[1:])
