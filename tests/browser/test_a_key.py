"""From the click to the value, as a person sees it: without a reload, after one, in two tabs, without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import MakeKey, Open, StartWorker
from tests.waiting import until

pytestmark = pytest.mark.browser
CLIPBOARD = ["clipboard-read", "clipboard-write"]


def ask(page: Page) -> None:
    page.get_by_role("button", name="Make me a key").click()


def in_state(page: Page, state: str) -> None:
    expect(page.locator(".card")).to_have_attribute("data-state", state, timeout=15_000)


def test_a_key_goes_from_click_to_clipboard_without_a_reload(open_page: Open, start_worker: StartWorker) -> None:
    page = open_page(permissions=CLIPBOARD)
    page.evaluate("window.sameDocument = true")
    ask(page)
    in_state(page, "queued")
    expect(page.get_by_role("status")).to_have_text(re.compile(r"Key \w{8}: Queued"))
    start_worker(seconds=1.5)
    in_state(page, "working")
    expect(page.get_by_role("progressbar")).to_have_attribute("value", re.compile("^[1-9]0$"))
    expect(page.get_by_role("status")).to_have_text(re.compile("Working"))
    in_state(page, "done")
    expect(page.get_by_role("status")).to_have_text(re.compile("Done"))
    value = page.locator(".value").text_content()
    assert value
    assert len(value) == 50
    page.get_by_role("button", name=re.compile("^Copy key")).click()
    expect(page.locator("[data-copy]")).to_contain_text("Copied")
    expect(page.get_by_role("status")).to_have_text("Copied to the clipboard")
    assert page.evaluate("navigator.clipboard.readText()") == value
    assert page.evaluate("window.sameDocument")
    expect(page.get_by_role("button", name=re.compile("^Copy key"))).to_be_visible()  # and the label comes back


def test_a_reload_in_the_middle_goes_on_where_it_was(open_page: Open, start_worker: StartWorker) -> None:
    page = open_page()
    ask(page)
    start_worker(seconds=3)
    in_state(page, "working")
    page.reload()
    in_state(page, "working")
    in_state(page, "done")


def test_another_tab_sees_new_keys_their_states_and_their_end(open_page: Open, start_worker: StartWorker) -> None:
    first = open_page()
    second = first.context.new_page()
    second.goto("/")
    ask(first)
    in_state(first, "queued")
    in_state(second, "queued")
    start_worker(seconds=0.5)
    in_state(first, "done")
    in_state(second, "done")
    assert first.locator(".value").text_content() == second.locator(".value").text_content()
    first.get_by_role("link", name=re.compile("^Delete")).click()
    first.get_by_role("button", name="Delete it").click()
    expect(first.locator(".card")).to_have_count(0)
    expect(second.locator(".card")).to_have_count(0)


def test_without_scripts_forms_and_refreshes_do_it(open_page: Open, start_worker: StartWorker) -> None:
    page = open_page(java_script_enabled=False)
    ask(page)
    expect(page).to_have_url(re.compile(r"/keys/[0-9a-f-]{36}/$"))
    in_state(page, "queued")
    start_worker(seconds=0)
    in_state(page, "done")
    expect(page.locator("[data-copy]")).to_be_hidden()
    page.get_by_role("link", name="All keys").click()
    page.get_by_role("link", name=re.compile("^Delete")).click()
    expect(page.get_by_role("heading")).to_contain_text("Delete key")
    page.get_by_role("button", name="Delete it").click()
    expect(page.locator(".flash")).to_contain_text("is deleted")
    expect(page.locator(".card")).to_have_count(0)


def test_a_failed_key_is_tried_again(open_page: Open, start_worker: StartWorker, make_keys: Callable[[Page], MakeKey]) -> None:
    page = open_page()
    make_keys(page)("failed", error="The job was stopped before it was done.")
    page.reload()
    expect(page.locator(".error")).to_have_text("The job was stopped before it was done.")
    until(lambda: page.evaluate("performance.now() > 1000"), what="the script sees that there is nothing to follow")
    page.get_by_role("button", name=re.compile("^Try again")).click()
    in_state(page, "queued")
    assert page.evaluate("document.activeElement.closest('.card') !== null")  # the button is gone, the place is not lost
    start_worker(seconds=0)
    in_state(page, "done")


def test_it_copies_where_there_is_no_clipboard_interface(open_page: Open, make_keys: Callable[[Page], MakeKey]) -> None:
    page = open_page(permissions=CLIPBOARD)
    key = make_keys(page)("done")
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.reload()
    page.get_by_role("button", name=re.compile("^Copy key")).click()
    expect(page.locator("[data-copy]")).to_contain_text("Copied")
    reader = page.context.new_page()
    reader.goto("/")
    assert reader.evaluate("navigator.clipboard.readText()") == key.value


def test_on_a_later_page_a_new_key_leads_to_the_first(open_page: Open, make_keys: Callable[[Page], MakeKey]) -> None:
    page = open_page()
    make = make_keys(page)
    for _ in range(11):
        make("done")
    page.goto("/?page=2")
    expect(page.locator(".card")).to_have_count(1)
    ask(page)
    expect(page.locator(".card").first).to_have_attribute("data-state", "queued")
    expect(page.get_by_text("Page 1")).to_be_visible()
