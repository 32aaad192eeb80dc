"""A real browser with one window, for pages and mails alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

PHONE = 375
WIDTHS = (320, PHONE, 1000)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

CONTRASTS = """
() => {
  const channel = value => { value /= 255; return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4 };
  const parts = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([red, green, blue]) => 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parts(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.getClientRects().length) continue;
    const [one, other] = [light(parts(getComputedStyle(element).color)), light(behind(element))];
    found.push([(Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05), walker.currentNode.data.trim()]);
  }
  return found;
}
"""


@dataclass(frozen=True)
class Seen:
    """A page by day and at night: how wide a screen is too narrow for it, its words, and those that are too faint."""

    too_narrow: list[int]
    words: int
    faint: list[tuple[float, str]]


@dataclass
class Reader:
    """One open window, and everything that a page in it asked the network for or popped up."""

    page: Page
    asked: list[str]

    def open(self, html: str) -> Page:
        """Show another mail."""
        self.asked.clear()
        self.page.set_viewport_size({"width": PHONE, "height": 800})
        self.page.set_content(html, wait_until="load")
        return self.page

    def see(self) -> Seen:
        """Look at the open page by day and at night, on screens of every width."""
        too_narrow, counts, faint = list[int](), list[int](), list[tuple[float, str]]()
        for scheme in SCHEMES:
            self.page.emulate_media(color_scheme=scheme)
            for width in WIDTHS:
                self.page.set_viewport_size({"width": width, "height": 800})
                if self.page.evaluate("document.documentElement.scrollWidth") > width:
                    too_narrow.append(width)
            measured = self.page.evaluate(CONTRASTS)
            counts.append(len(measured))
            faint += [(round(ratio, 2), text) for ratio, text in measured if ratio < 4.5]
        return Seen(too_narrow, min(counts), faint)
