"""Identifiers are derived, and fit where they are used."""

from __future__ import annotations

from approvals.stored import ids


def test_a_proposal_id_follows_from_author_and_key() -> None:
    one = ids.proposal_id(ids.submission_key("ana", "k1"))
    assert one == ids.proposal_id(ids.submission_key("ana", "k1"))
    assert one != ids.proposal_id(ids.submission_key("ben", "k1"))
    assert ids.PROPOSAL_PATTERN.match(one)


def test_author_and_key_cannot_be_shifted_into_each_other() -> None:
    assert ids.submission_key("an", "ak") != ids.submission_key("ana", "k")


def test_every_instance_id_is_one_that_the_durable_client_can_put_into_a_url() -> None:
    proposal = ids.proposal_id(ids.submission_key("ana", "k"))
    for child in ("", "-screening", "-conditions", "-publication"):
        assert ids.INSTANCE_PATTERN.match(ids.instance_id(proposal, 999) + child)


def test_tasks_are_named_after_their_seat_and_generation() -> None:
    seat = ids.seat_name("finance", 2)
    assert [ids.task_name(seat, n) for n in (1, 2)] == ["finance-2", "finance-2.2"]
    assert all(ids.TASK_PATTERN.match(ids.task_name(seat, n)) for n in (1, 2))
    assert ids.CONDITION_PATTERN.match(f"{ids.task_name(seat, 2)}-c1")


def test_a_question_is_named_after_revision_and_task() -> None:
    assert ids.question_id(3, "finance-2.2", "1") == "r3-finance-2.2-q1"
    assert ids.question_revision("r3-finance-2.2-q1") == 3
    for name in ("finance-2-q1", "r0-finance-2-q1", "r3-finance-2-q0", "r3-finance-2-q1\n", "r3-../x-1-q1"):
        assert ids.question_revision(name) is None


def test_names_that_would_escape_their_folder_are_no_names() -> None:
    for name in ("../x-1", "finance-1/..", "Finance-1", "finance", "finance-0", "finance-1.0", "finance-1\n"):
        assert not ids.TASK_PATTERN.match(name), name
