"""Looks at the page through a browser while mail moves: `look.py ADDRESS RRSET FOLDER`.

Says `ready`, `during` and `after` as it comes there; fails on what a reader with a keyboard, a
screen reader or a phone would stumble over, on a reload, and on whatever the browser complains of.
"""

import json
import sys
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

ADDRESS, RRSET, FOLDER = sys.argv[1], sys.argv[2], Path(sys.argv[3])
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
LIMIT = 60_000
VIEWS = {
    "desktop": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}


def serious(page):
    found = Axe().run(page).response["violations"]
    return [one for one in found if one["impact"] in ("serious", "critical")]


def say(word):
    print(word, flush=True)


def show(pages, moment):
    for name, page in pages.items():
        page.screenshot(path=FOLDER / f"{moment}-{name}.png", full_page=True)
        violations = serious(page)
        assert not violations, json.dumps(violations, indent=1)
        width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert width[0] <= width[1], f"{name} is {width[0]} wide, of {width[1]}"


def cells(verdict):
    return f'td[data-rrset="{RRSET}"][data-verdict="{verdict}"]'


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
    pages, complaints = {}, []
    for name, view in VIEWS.items():
        page = browser.new_context(**view).new_page()
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(ADDRESS)
        page.wait_for_selector("#verdicts")
        page.evaluate("window.stays = true")
        pages[name] = page
    show(pages, "before")
    say("ready")
    first = pages["desktop"]
    first.wait_for_selector(cells("old"), timeout=LIMIT)
    show(pages, "during")
    say("during")
    # Every cell of the RRset says new, where one of them said old.
    for page in pages.values():
        page.wait_for_selector(cells("new"), timeout=LIMIT)
        page.wait_for_selector(cells("old"), state="detached", timeout=LIMIT)
        page.wait_for_selector(cells("unasked"), state="detached", timeout=LIMIT)
    show(pages, "after")
    for name, page in pages.items():
        assert page.evaluate("window.stays"), f"{name} was loaded again"
    # The first thing that a keyboard comes to leads past the rest.
    first.keyboard.press("Tab")
    assert first.evaluate("document.activeElement.textContent") == "Skip to content"
    plain = browser.new_context(java_script_enabled=False).new_page()
    plain.goto(ADDRESS)
    assert plain.locator(cells("new")).count() > 0, "nothing to see without script"
    assert not complaints, complaints
    say("after")
    browser.close()
