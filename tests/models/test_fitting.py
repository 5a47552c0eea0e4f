"""Which model a machine gets: the default one where it fits, the smaller one, or none; never against a choice."""

from __future__ import annotations

import pytest

from sidebyside.models.fitting import SMALLER_MODEL, fitting_model
from sidebyside.settings import DEFAULT_MODEL, Settings

GB = 1_000_000_000


@pytest.mark.parametrize(
    ("cores", "memory", "model", "notice"),
    [
        (4, 16 * GB, DEFAULT_MODEL, ""),
        (2, 8 * GB, DEFAULT_MODEL, ""),
        (2, int(3.9 * GB), SMALLER_MODEL, "3.9 GB of memory is too little for"),
        (1, 16 * GB, SMALLER_MODEL, "one processor core is too little for"),
        (2, 2 * GB, "none", "answers come from tables and quotes"),
    ],
)
def test_small_machines_get_the_smaller_model_or_none(cores, memory, model, notice):
    fitting = fitting_model(Settings(), cores, memory)
    assert fitting.model == model
    assert notice in fitting.notice
    assert bool(notice) == bool(fitting.notice)


@pytest.mark.parametrize(
    "settings", [Settings(model=DEFAULT_MODEL), Settings(model="none"), Settings(llm_url="http://127.0.0.1:1/v1")]
)
def test_what_somebody_chose_is_taken(settings):
    assert fitting_model(settings, 1, GB).model == settings.model
