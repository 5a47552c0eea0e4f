"""Nothing gets worse unseen: all question sets without the LLM, against the committed scores."""

from __future__ import annotations

import pytest

import gate


@pytest.mark.integration
def test_no_question_set_loses_more_than_one_question(encoder):
    before = gate.committed()
    assert set(before) == set(gate.SETS)
    results = gate.ask_all()
    passed = gate.right(results)
    lost = [name for name in before if len(passed[name]) < len(before[name]) - gate.MAY_LOSE]
    assert not lost, "\n" + gate.table(results, before)
