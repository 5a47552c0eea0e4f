"""A sentence may end before a clause that only goes on, wherever the pieces of its text end."""

from __future__ import annotations

import pytest

from sidebyside.lanes.clauses import without_next_clause

LONG = "Kestrel 7B reads long documents in a 128K token window, which helps with scans, enabling a team to search them."


def test_every_clause_that_goes_on_gives_a_shorter_sentence():
    assert list(without_next_clause(LONG)) == [
        "Kestrel 7B reads long documents in a 128K token window.",
        "Kestrel 7B reads long documents in a 128K token window, which helps with scans.",
    ]


@pytest.mark.parametrize("size", [1, 2, 5, 30])
def test_each_is_told_once_while_the_text_grows(size):
    found = []
    for end in range(0, len(LONG) + size, size):
        found += without_next_clause(LONG[:end], max(0, end - size))
    assert found == list(without_next_clause(LONG))


@pytest.mark.parametrize(
    "text",
    [
        "It reads files, which helps.",  # too little said before it
        "Kestrel 7B checks each of the many uploaded pages that are under 10 MB.",
        "Kestrel 7B takes part in every talk of those models which call tools.",
        "Kestrel 7B keeps all the records of a team only if they are paid for.",
        "Kestrel 7B reads scans, photos (of the kind of camera, which phones have, too)",
        "Kestrel 7B reads texts, images, tables, charts and also spoken notes.",
        "Kestrel 7B takes every one of the many scans, which",
    ],
)
def test_what_limits_or_belongs_to_a_sentence_stays(text):
    assert list(without_next_clause(text)) == []
