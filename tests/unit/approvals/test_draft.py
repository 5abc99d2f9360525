"""A field of a proposal is declared once: whatever is declared reaches doors, form, record, comparison and erasure."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest

from adapters.files.catalogue import english
from approvals.draft import AGAIN_FIELDS, DOCUMENTS, FIELDS, Draft, Shape, compared, in_words
from approvals.stored import codec
from approvals.writing import erasure
from approvals.writing.record import to_json
from approvals.writing.record_page import to_html
from http_api.bodies import LISTS, ProposalBody
from http_api.service.policy_preview import PreviewBody
from services.deciding.kept import changed_fields
from services.submitting.form import form
from tests.fakes import fake_ports
from tests.records import FIRST, SUBMISSION, sealed

ANOTHER: dict[Shape, Any] = {
    Shape.MONEY: Decimal(77),
    Shape.ANSWERS: {"site": "another"},
    Shape.PEOPLE: ("zoe",),
}


def with_all(draft: Draft) -> Draft:
    """Every field holds something that is nowhere else."""
    values = {name: ANOTHER.get(each.shape, f"a {name}") for name, each in FIELDS.items()}
    return replace(draft, **values)


def test_every_field_is_declared() -> None:
    assert list(FIELDS) == [each.name for each in fields(Draft)]
    assert all(each.label for each in FIELDS.values())


def test_what_can_be_asked_about_again() -> None:
    assert (
        *("title", "category", "department", "budget", "risk", "summary", "prepared_by"),
        DOCUMENTS,
    ) == AGAIN_FIELDS


@pytest.mark.parametrize("name", FIELDS)
def test_a_revision_is_compared_by_what_may_be_asked_about_again(name: str) -> None:
    each = FIELDS[name]
    after = replace(SUBMISSION, draft=replace(SUBMISSION.draft, **{name: ANOTHER.get(each.shape, "another")}))
    answers = {*SUBMISSION.draft.fields, "site"}
    expected = set() if not each.again else answers if each.shape is Shape.ANSWERS else {name}
    assert changed_fields(SUBMISSION, after) == expected


def test_the_order_of_people_changes_nothing() -> None:
    one = replace(SUBMISSION.draft, prepared_by=("kim", "carl"))
    assert compared(one) == compared(replace(one, prepared_by=("carl", "kim")))


def test_an_erasure_takes_what_people_wrote_and_nothing_else() -> None:
    before = with_all(SUBMISSION.draft)
    after = erasure.submission(replace(SUBMISSION, draft=before)).draft
    for name, each in FIELDS.items():
        gone: Any = {"site": "erased"} if each.shape is Shape.ANSWERS else "erased"
        assert getattr(after, name) == (gone if each.erased else getattr(before, name))
    assert {name for name, each in FIELDS.items() if each.erased} == {"title", "summary", "fields", "note"}


def test_the_record_shows_every_field() -> None:
    draft = with_all(SUBMISSION.draft)
    revision = replace(FIRST, submission=replace(SUBMISSION, draft=draft))
    page = to_html(to_json(replace(sealed(), revisions=(revision,))), english(strict=True)).decode()
    for name, each in FIELDS.items():
        said = "another" if each.shape is Shape.ANSWERS else in_words(name, draft)
        assert said in page
        assert each.shape is Shape.ANSWERS or f'<th scope="row">{each.label}</th>' in page
    with pytest.raises(ValueError, match="several answers"):
        in_words("fields", draft)


def test_the_form_asks_for_every_field() -> None:
    asked = {each.id: each for each in form(fake_ports()).fields}
    assert list(asked) == list(FIELDS)
    assert [each.title for each in asked["risk"].choices] == ["Low", "Medium", "High"]
    assert ("software-design", "Software design") in [(c.id, c.title) for c in asked["category"].choices]
    assert "finance" in [choice.id for choice in asked["department"].choices]
    assert [name for name, each in asked.items() if each.of_revision] == ["note"]


def test_the_doors_take_every_field_and_require_what_is_required() -> None:
    body, preview = ProposalBody.model_json_schema(), PreviewBody.model_json_schema()
    assert list(body["properties"]) == list(FIELDS)
    assert body["required"] == [name for name, each in FIELDS.items() if each.required]
    assert preview["required"] == ["category", "department", "budget", "risk"]
    assert {"prepared_by", "keep"} == LISTS


def test_a_draft_is_stored_as_it_always_was() -> None:
    assert list(codec.encode(SUBMISSION.draft)) == [
        *("title", "category", "department", "budget", "risk", "summary", "fields", "prepared_by", "note"),
    ]
