"""The decision record: complete, the same bytes for the same record, and a page that nobody can bend."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.files.catalogue import english
from approvals.model import CheckResult, Evidence, Finding, Screening
from approvals.stored.codec import CodecError, encode
from approvals.stored.ids import sha256
from approvals.writing.record import (
    DecisionRecord,
    RevisionRecord,
    from_json,
    mentioned,
    seal,
    to_json,
)
from approvals.writing.record_page import to_html
from approvals.writing.record_style import style_hash
from tests.fakes import MONDAY
from tests.records import (
    CONDITION,
    DECIDED,
    DECISION,
    DRAFT,
    DUE,
    ESCALATED,
    FIRST,
    HEAD,
    MET,
    PERMIT,
    PROPOSAL,
    SECOND,
    SETTLED,
    SUBMISSION,
    sealed,
)

# -- JSON -------------------------------------------------------------------------------------------------


def test_the_record_holds_everything() -> None:
    plain = json.loads(to_json(sealed()))
    assert plain["format"] == "greenlight-record/1"
    assert (plain["proposal"], plain["title"], plain["author"]) == (PROPOSAL, "New sorting hall", "ana")
    assert (plain["outcome"], plain["reason"]) == ("approved", "every stage approved")
    assert plain["sealed_at"] == "2026-11-26T09:00:00.000000Z"
    assert (plain["trail_head"], plain["trail_lines"]) == (HEAD, 17)
    assert plain["revisions"] == [encode(FIRST), encode(SECOND)]


def test_what_was_sealed_can_be_read_again() -> None:
    assert from_json(to_json(sealed())) == sealed()


def test_the_same_record_is_the_same_bytes() -> None:
    again = replace(from_json(to_json(sealed())), title="New sorting hall")
    assert to_json(again) == to_json(sealed())
    assert to_json(replace(again, reason="other")) != to_json(sealed())


def test_an_undecided_proposal_has_no_record() -> None:
    with pytest.raises(ValueError, match=f"{PROPOSAL} has no outcome"):
        sealed(outcome=None)


def test_what_is_no_record_is_refused() -> None:
    with pytest.raises(CodecError, match=r"DecisionRecord\.revisions is missing"):
        from_json(to_json(sealed()).replace(b'"revisions"', b'"others"'))


# -- page -------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Reads a page: its tables by caption, its headings, its tags; fails where tags do not match."""

    VOID = frozenset({"meta"})

    def __init__(self, html: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, list[str]] = {}
        self.tables: dict[str, list[list[str]]] = {}
        self._table: list[list[str]] = []
        self.feed(html.decode("utf-8"))
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)
            self.text.setdefault(tag, []).append("")
        if tag == "table":
            self._table = []
        elif tag == "tr":
            self._table.append([])
        elif tag in ("th", "td"):
            self._table[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag == "caption":
            self.tables.setdefault(self.text["caption"][-1], self._table)

    def handle_data(self, data: str) -> None:
        if self.open:
            self.text[self.open[-1]][-1] += data
            if self.open[-1] in ("th", "td"):
                self._table[-1][-1] += data


def pairs(table: list[list[str]]) -> dict[str, str]:
    """A table of two columns."""
    return {heading: cell for heading, cell in table}  # noqa: C416 - fails where a row is longer


SAY = english(strict=True)


def page_of(sealed: bytes) -> Page:
    return Page(to_html(sealed, SAY))


@pytest.fixture(scope="module")
def page() -> Page:
    return page_of(to_json(sealed()))


def test_the_page_shows_outcome_reason_and_where_the_evidence_is(page: Page) -> None:
    assert page.text["h1"] == ["New sorting hall"]
    assert page.text["title"] == ["New sorting hall: approved"]
    assert page.text["p"] == ["Approved", "every stage approved"]
    facts = pairs(page.tables["Decision record"])
    assert facts["SHA-256 of record.json"] == sha256(to_json(sealed()))
    assert facts["Audit trail"] == f"17 lines, the last with SHA-256 {HEAD}"


def test_who_is_mentioned_has_a_name(page: Page) -> None:
    assert page.tables["People"][1:] == [["ana", "Ana Ferreira"], ["dora", "Dora Novak"]]
    assert mentioned(FIRST) == {"ana", "ben", "carl", "dora", "greta", "kim"}
    assert mentioned(SECOND) == {"ana", "fay"}


def test_the_digest_is_that_of_the_sealed_bytes_however_a_later_version_would_write_them() -> None:
    older = json.dumps(json.loads(to_json(sealed())), indent=1).encode()
    facts = pairs(page_of(older).tables["Decision record"])
    assert facts["SHA-256 of record.json"] == sha256(older)


def test_half_a_character_is_shown_as_what_it_is() -> None:
    assert page_of(to_json(sealed(outcome_reason="a\ud800b"))).text["p"][1] == "a\\ud800b"


def test_without_a_reason_there_is_none() -> None:
    assert page_of(to_json(sealed(outcome_reason=""))).text["p"] == ["Approved"]


def test_the_page_shows_what_was_submitted(page: Page) -> None:
    assert page.text["h2"] == ["Revision 1", "Revision 2"]
    assert pairs(page.tables["As submitted"]) == {
        "Submitted": "2026-11-23T09:00:00.000000Z by ana",
        "Title": "New sorting hall",
        "Category": "software-design",
        "Department": "engineering",
        "Budget": "12,000.50 EUR",
        "Risk": "low",
        "Summary": "Replace the sorting software.",
        "goal": "Half the errors",
        "Prepared by": "carl, kim",
        "What changed": "-",
        "Routed by rule": "software (category is software-design)",
        "SHA-256 of the policy": "1" * 64,
        "SHA-256 of the directory": "2" * 64,
    }
    assert page.tables["Documents"][1:] == [["design.pdf", "design", "1,234,567", "d" * 64]]
    assert "Cheaper." in page.text["td"]
    assert "the author" in page.text["td"]


def test_the_page_shows_what_the_checks_found(page: Page) -> None:
    assert page.tables["Automatic checks"] == [
        ["Check", "Result", "Found"],
        ["budget_envelope", "failed", "too dear"],
        ["seen_before", "not checked", "could not be checked: TimeoutError"],
    ]


def test_the_page_shows_who_decided_what_and_through_which_door(page: Page) -> None:
    decided = (
        "dora approved on conditions at 2026-11-23T09:00:00.000000Z (not authenticated, through raise-event)\n"
        "Once the permit is there."
    )
    assert page.tables["Approval tasks"] == [
        ["Task", "Holder, and why", "State", "Decision"],
        ["line-1", "ben: manager of ana", "superseded\nescalated, now line-1.2", "-"],
        ["line-1.2", "dora on behalf of greta: manager of ben", "applied", decided],
    ]
    assert "fay approved at 2026-11-23T09:00:00.000000Z" in page.text["td"]
    assert "applied\nkept from r1/finance-1" in page.text["td"]
    assert "not counted\nthe stage was settled" in page.text["td"]


def test_the_page_shows_conditions_and_their_evidence(page: Page) -> None:
    given = (
        f"2026-11-23T09:00:00.000000Z by ana: Here it is.\npermit.pdf, SHA-256 {'c' * 64}\n"
        "2026-11-26T09:00:00.000000Z by ana: And again."
    )
    assert page.tables["Conditions"][1:] == [
        [
            "line-1.2-c1, set by dora: Show the fire permit.",
            "2026-11-26T09:00:00.000000Z",
            "confirmed\nby kim",
            given,
        ],
        [
            "line-1.2-c2, set by dora: Show the fire permit.",
            "2026-11-26T09:00:00.000000Z",
            "lapsed\nthe last evidence was not enough: That is a bill.",
            "-",
        ],
    ]


def test_the_page_shows_questions_and_their_answers(page: Page) -> None:
    assert page.tables["Questions"][1:] == [
        [
            "r1-line-1-q1, asked by ben at 2026-11-23T09:00:00.000000Z: Which hall?",
            "ana at 2026-11-26T09:00:00.000000Z: Hall two.",
        ],
        ["r1-line-1-q2, asked by ben at 2026-11-23T09:00:00.000000Z: Since when?", "-"],
    ]


def test_a_record_of_before_there_were_questions_can_be_read() -> None:
    plain = encode(sealed())
    del plain["revisions"][0]["questions"]
    assert from_json(json.dumps(plain).encode()).revisions[0].questions == ()


def test_a_table_without_rows_is_left_out() -> None:
    bare = seal(SETTLED, [replace(SECOND, tasks=())], {}, HEAD, 17, DUE)
    assert set(page_of(to_json(bare)).tables) == {"Decision record", "As submitted"}


def test_the_page_can_be_read_by_a_screen_reader(page: Page) -> None:
    tags = [tag for tag, _ in page.tags]
    assert dict(page.tags)["html"] == {"lang": "en"}
    assert tags.count("table") == tags.count("caption") == 10
    assert {attributes["scope"] for tag, attributes in page.tags if tag == "th"} == {"row", "col"}
    assert all(text.strip() for text in page.text["th"])
    assert all(row for rows in page.tables.values() for row in rows)
    assert [tag for tag in tags if re.fullmatch("h[1-6]", tag)] == ["h1", "h2", "h2"]
    assert tags.count("main") == 1


def test_the_page_needs_nothing_but_its_one_style(page: Page) -> None:
    assert {tag for tag, _ in page.tags} <= {
        *("html", "head", "meta", "title", "style", "body", "main", "section"),
        *("h1", "h2", "p", "table", "caption", "thead", "tbody", "tr", "th", "td"),
    }
    names = {name for tag, attributes in page.tags for name in attributes}
    assert names == {"lang", "charset", "name", "content", "class", "scope"}
    assert "url(" not in page.text["style"][0]
    assert "@import" not in page.text["style"][0]


def test_the_policy_of_the_page_lets_in_exactly_its_style(page: Page) -> None:
    (style,) = page.text["style"]
    digest = hashlib.sha256(style.encode()).digest()
    assert style_hash() == "sha256-" + base64.b64encode(digest).decode()


HOSTILE = "</td></table></style></title><script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;"


def poisoned(text: str) -> DecisionRecord:
    """``text`` wherever people write."""
    decision = replace(DECISION, comment=text, by=text)
    draft = replace(
        DRAFT,
        title=text,
        category=text,
        department=text,
        risk=text,
        summary=text,
        note=text,
        fields={text: text},
        prepared_by=(text,),
    )
    document = replace(PERMIT, name=text, kind=text)
    file = replace(
        MET,
        condition=replace(CONDITION, text=text, set_by=text),
        evidence=(Evidence(text, MONDAY, text, (document,)),),
        confirmed_by=text,
        refused=text,
    )
    revision = RevisionRecord(
        replace(SUBMISSION, draft=draft, author=text, documents=(document,)),
        text,
        text,
        Screening(PROPOSAL, 1, (Finding(text, CheckResult.FAILED, text),), MONDAY),
        (
            replace(
                DECIDED, decision=decision, why=text, closed_reason=text, on_behalf_of=text, assignee=text
            ),
            ESCALATED,
        ),
        (file,),
        text,
    )
    return seal(
        replace(SETTLED, title=text, author=text, outcome_reason=text),
        [revision],
        {text: text},
        HEAD,
        17,
        DUE,
    )


def test_what_people_write_stays_text(page: Page) -> None:
    html = to_html(to_json(poisoned(HOSTILE)), SAY)
    hostile = Page(html)
    assert {tag for tag, _ in hostile.tags} == {tag for tag, _ in page.tags}
    assert hostile.text["h1"] == [HOSTILE]
    assert hostile.text["style"] == page.text["style"]
    assert b"<script" not in html
    assert b"<img" not in html
    assert html.count(b"&lt;script&gt;") > 20


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a\u202edetacitnehtua", "a\\u202edetacitnehtua"),
        ("a\u2066b\u2069", "a\\u2066b\\u2069"),
        ("a\x00b\x1bc\x7f\x85", "a\\u0000b\\u001bc\\u007f\\u0085"),
        ("one\r\ntwo\n\tthree", "one\ntwo\n\tthree"),
        ("carriage\rreturn", "carriage\\u000dreturn"),
        ("Größe 🚧 שלום", "Größe 🚧 שלום"),
    ],
)
def test_what_cannot_be_seen_is_made_visible(written: str, shown: str) -> None:
    record = replace(sealed(), reason=written)
    assert page_of(to_json(record)).text["p"][1] == shown
    assert json.loads(to_json(record))["reason"] == written


# Pieces of markup in any order, between anything else that can be typed.
MARKUP = st.lists(
    st.one_of(
        st.text(max_size=8),
        st.sampled_from(
            ["<", ">", "</td>", "</style>", "<!--", "-->", "<![CDATA[", "]]>", "&lt;", "&#60;", '"', "'"]
        ),
        st.sampled_from(
            ["<script>", "javascript:", "<svg/onload=", "\u202e", "\x00", "\r", "\ufeff", "</", "<?"]
        ),
    ),
    max_size=12,
).map(lambda parts: "written: " + "".join(parts))  # never empty: what is empty is left out


@settings(deadline=None)  # a busy machine is not a finding
@given(MARKUP)
def test_nothing_that_can_be_written_becomes_a_part_of_the_page(written: str) -> None:
    record = poisoned(written)
    page, plain = page_of(to_json(record)), page_of(to_json(poisoned("plain")))
    assert page.tags == plain.tags
    assert page.text["style"] == plain.text["style"]
    assert [len(rows) for rows in page.tables.values()] == [len(rows) for rows in plain.tables.values()]
    assert from_json(to_json(record)) == record
