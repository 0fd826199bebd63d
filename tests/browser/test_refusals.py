"""Too many, nothing answering, and deleting: what the page says, and that nothing happens unasked."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from djheroku.keygen.models import Key
from tests.browser.conftest import MakeKey, Open

pytestmark = pytest.mark.browser


def ask(page: Page) -> None:
    page.get_by_role("button", name="Make me a key").click()


def test_too_many_are_refused_on_the_page_itself(open_page: Open, settings: Any) -> None:
    settings.KEYGEN_RATE = "1/h"
    page = open_page()
    ask(page)
    expect(page.locator(".card")).to_have_count(1)
    expect(page.get_by_role("alert")).to_be_hidden()
    ask(page)
    expect(page.get_by_role("alert")).to_have_text(re.compile(r"That was a lot of keys\. Please wait \d+ seconds\."))
    expect(page.locator(".card")).to_have_count(1)


def test_without_scripts_too_many_get_a_page(open_page: Open, settings: Any) -> None:
    settings.KEYGEN_RATE = "1/h"
    page = open_page(java_script_enabled=False)
    ask(page)
    page.goto("/")
    ask(page)
    expect(page.get_by_role("heading", name="One moment, please")).to_be_visible()
    page.get_by_role("link", name="Back to the keys").click()
    expect(page.locator(".card")).to_have_count(1)


def test_it_says_so_when_redis_is_away(open_page: Open, redis_is_away: None) -> None:
    page = open_page()
    ask(page)
    expect(page.get_by_role("alert")).to_contain_text("please ask again in a minute")
    expect(page.get_by_role("button", name="Make me a key")).to_be_enabled()


def test_it_says_so_when_the_site_cannot_be_reached(open_page: Open) -> None:
    page = open_page()
    page.context.set_offline(True)
    ask(page)
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")


def test_deleting_asks_first_and_the_focus_goes_on(open_page: Open, make_keys: Callable[[Page], MakeKey]) -> None:
    page = open_page()
    make = make_keys(page)
    older, newer = make("done"), make("done")
    page.reload()
    delete = page.get_by_role("link", name=f"Delete key {newer.short_id}")
    delete.click()
    dialog = page.get_by_role("dialog", name=f"Delete key {newer.short_id}?")
    expect(dialog.get_by_role("button", name="Keep it")).to_be_focused()
    dialog.get_by_role("button", name="Keep it").click()
    expect(dialog).to_be_hidden()
    expect(delete).to_be_focused()
    assert Key.objects.count() == 2
    for key, focused in ((newer, f"#key-{older.pk}"), (older, "#keys-title")):
        page.get_by_role("link", name=f"Delete key {key.short_id}").click()
        page.get_by_role("button", name="Delete it").click()
        expect(page.locator(f"#key-{key.pk}")).to_have_count(0)
        expect(page.locator(focused)).to_be_focused()
        expect(page.get_by_role("status")).to_have_text(f"Key {key.short_id} is deleted")
    expect(page.get_by_text("No keys yet")).to_be_visible()
    assert not Key.objects.exists()


def test_a_key_that_another_tab_deleted_goes_away_without_a_complaint(
    open_page: Open, make_keys: Callable[[Page], MakeKey]
) -> None:
    page = open_page()
    key = make_keys(page)("done")
    page.reload()
    key.delete()
    page.get_by_role("link", name=re.compile("^Delete")).click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.locator(".card")).to_have_count(0)
    expect(page.get_by_role("alert")).to_be_hidden()
