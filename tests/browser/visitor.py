"""A person at the page, as they would use it: by names, labels and what is written there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.e2e.greenlight import PDF, Greenlight

COOKIE = "greenlight-user"
# An upload arrives, and the line breaks before its answer comes. (A route that is intercepted has no files to pass on.)
LOSE_NEXT_ANSWER = """() => {
  const { open } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.open = function (...given) {
    XMLHttpRequest.prototype.open = open;
    this.addEventListener("load", (event) => {
      event.stopImmediatePropagation();
      this.dispatchEvent(new Event("error"));
    });
    open.apply(this, given);
  };
}"""


@dataclass
class Visitor:
    page: Page
    greenlight: Greenlight

    def be(self, person: str) -> Visitor:
        """Sign in the local way: by the cookie that the picker sets."""
        self.page.context.add_cookies(
            [{"name": COOKIE, "value": person, "url": self.greenlight.host.url, "sameSite": "Strict"}]
        )
        return self

    def sign_out(self) -> None:
        self.page.context.clear_cookies()

    def open(self, place: str, heading: str) -> Visitor:
        """Go to a view by its address, and wait until it is there."""
        self.page.goto(f"/#{place}")
        expect(self.heading(heading)).to_be_visible()
        return self

    def heading(self, text: str, level: int = 1) -> Locator:
        return self.page.get_by_role("heading", name=text, level=level)

    def button(self, text: str) -> Locator:
        return self.page.get_by_role("button", name=text, exact=True)

    def field(self, label: str) -> Locator:
        return self.page.get_by_label(label, exact=False).first

    def sees(self, text: str) -> None:
        expect(self.page.locator("main, #banner").get_by_text(text, exact=False).first).to_be_visible()

    def unfold(self, title: str) -> Locator:
        """Open what is folded away; returns the form inside."""
        summary = self.page.locator("summary", has_text=title)
        summary.click()
        return summary.locator("xpath=..").locator("form")

    def choose(self, verdict: str, comment: str = "") -> None:
        self.page.get_by_role("radio", name=verdict, exact=True).check()
        if comment:
            self.field("Comment").fill(comment)

    def decide(self) -> None:
        """Press the button that decides, whatever it says will follow."""
        self.page.locator("form.decide .bar").get_by_role("button").click()

    def sees_receipt(self, said: str) -> None:
        """The decision went from recorded to applied."""
        receipt = self.page.locator(".receipt")
        expect(receipt.get_by_role("heading", name=said)).to_be_visible()
        expect(receipt.get_by_text("Applied")).to_be_visible()

    def fill_form(self, folder: Path, **changes: str) -> None:
        """The form for a software design, with its document."""
        given = {
            "Title": "New sorting hall",
            "Budget": "12000",
            "Summary": "Replace the software.",
            **changes,
        }
        self.page.get_by_label("Category").select_option("software-design")
        self.page.get_by_label("Risk").select_option("low")
        for label, text in given.items():
            self.field(label).fill(text)
        self.field("What shall be better afterwards?").fill("Half the errors")
        self.field("What else was considered?").fill("Keep it")
        design = folder / "design.pdf"
        design.write_bytes(PDF)
        self.field("Design document").set_input_files(design)
