"""What every test of a page may ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.reader import ARGUMENTS, CHROMIUM, Reader
from tests.lab import need


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    need(CHROMIUM)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = chromium.new_context(offline=True).new_page()
        window = Reader(page, [])
        page.on("request", lambda request: window.asked.append(request.url))
        page.on("dialog", lambda dialog: window.asked.append(f"dialog: {dialog.message}"))
        yield window
        chromium.close()
