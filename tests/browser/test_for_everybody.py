"""The page for small screens, dark rooms, keyboards and people whom motion makes ill."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import MakeKey, Open

pytestmark = pytest.mark.browser

# Text whose contrast with the ground behind it is below WCAG's AA (4.5:1; 3:1 where it is large): [text, ratio].
FAINT = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (colour) => {
    const [r, g, b] = rgba(colour).map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (; element; element = element.parentElement) {
      const colour = getComputedStyle(element).backgroundColor;
      if (rgba(colour)[3] === 255) return colour;
    }
    return "white";
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
    if (!text || !element.checkVisibility()) continue;
    if (element.closest(".hidden, .skip, [aria-hidden=true], script, noscript")) continue;
    const style = getComputedStyle(element);
    const [low, high] = [luminance(style.color), luminance(ground(element))].sort((a, b) => a - b);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < (parseFloat(style.fontSize) >= 24 ? 3 : 4.5)) faint.push([text, ratio.toFixed(2)]);
  }
  return faint;
}"""


@pytest.fixture
def all_states(make_keys: Callable[[Page], MakeKey]) -> Callable[[Page], list[str]]:
    """Give the page's visitor a key in every state, and more than fit on it; the addresses of pages to look at."""

    def fill(page: Page) -> list[str]:
        make = make_keys(page)
        for _ in range(8):
            make("done", value="W" * 50)
        keys = [
            make("done", value="@" * 50),
            make("failed", error="The job was stopped."),
            make("working", progress=40),
        ]
        make("queued")
        own = [key.get_absolute_url() for key in keys]
        return ["/", "/?page=2", *own, f"{own[0]}delete/", "/nothing/here"]

    return fill


@pytest.mark.parametrize("scripts", [True, False])
def test_nothing_is_wider_than_a_small_phone(open_page: Open, all_states: Callable[[Page], list[str]], scripts: bool) -> None:
    page = open_page(viewport={"width": 320, "height": 640}, java_script_enabled=scripts)
    for address in all_states(page):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address
        narrow = "[...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > 320).length"
        assert page.evaluate(narrow) == 0, address


def test_fingers_can_hit_the_buttons(open_page: Open, all_states: Callable[[Page], list[str]]) -> None:
    page = open_page(viewport={"width": 320, "height": 640}, has_touch=True)
    all_states(page)
    page.reload()
    for box in (button.bounding_box() for button in page.locator("main button:visible, main .quiet:visible").all()):
        assert box
        assert box["height"] >= 38


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(open_page: Open, all_states: Callable[[Page], list[str]], scheme: str) -> None:
    page = open_page(color_scheme=scheme)
    for address in all_states(page):
        page.goto(address)
        assert page.evaluate(FAINT) == [], address


def test_the_check_of_contrast_finds_faint_text(open_page: Open) -> None:
    page = open_page()
    page.evaluate("document.querySelector('h1 + p').style.color = '#aaa'")
    assert page.evaluate(FAINT)


def test_it_is_dark_where_dark_is_preferred(open_page: Open) -> None:
    grounds = [
        open_page(color_scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor") for scheme in ("light", "dark")
    ]
    assert grounds == ["rgb(246, 246, 244)", "rgb(18, 19, 23)"]


@pytest.mark.parametrize(("preference", "moves"), [("reduce", False), ("no-preference", True)])
def test_nothing_moves_for_those_who_do_not_want_it(
    open_page: Open, make_keys: Callable[[Page], MakeKey], preference: str, moves: bool
) -> None:
    page = open_page(reduced_motion=preference)
    make_keys(page)("working")
    page.reload()
    running = page.evaluate("document.getAnimations().filter((a) => a.playState === 'running').length")
    assert bool(running) is moves


def test_the_keyboard_alone_is_enough(open_page: Open, make_keys: Callable[[Page], MakeKey]) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    key = make_keys(page)("done")
    page.reload()
    press = page.keyboard.press
    press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    press("Enter")
    press("Tab")
    expect(page.get_by_role("button", name="Make me a key")).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    press("Enter")
    expect(page.locator(".card")).to_have_count(2)
    expect(page.get_by_role("button", name="Make me a key")).to_be_focused()
    for _ in range(4):  # the new key's name and Delete, then the older one's name and Copy
        press("Tab")
    expect(page.get_by_role("button", name=f"Copy key {key.short_id}")).to_be_focused()
    press("Enter")
    expect(page.get_by_role("status")).to_have_text("Copied to the clipboard")
    press("Tab")
    press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    press("Escape")
    expect(page.get_by_role("link", name=f"Delete key {key.short_id}")).to_be_focused()
    press("Enter")
    press("Tab")
    press("Enter")
    expect(page.locator(".card")).to_have_count(1)
