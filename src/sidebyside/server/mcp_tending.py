"""MCP tools that list pages and change them: add, remove (asked for twice), undo."""

from __future__ import annotations

import asyncio
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from sidebyside.errors import SidebysideError
from sidebyside.server.core import Core
from sidebyside.server.mcp_arguments import Arguments
from sidebyside.server.mcp_tools import Result, Tell, Tool
from sidebyside.serving.jobs import Job
from sidebyside.serving.tending import (
    Compared,
    PagesHere,
    Removing,
    Replaced,
    check_confirmation,
    compare_versions,
    confirmation,
    list_pages,
    preview_removing,
    preview_text,
)

# Seconds between two looks at a job.
_LOOK_EVERY = 0.1
MAX_PASTED = 500_000


class PagesArguments(Arguments):
    older_than: str = Field(default="", max_length=10, description="mark pages before this day as stale: 2026-01-31")
    offset: int = Field(default=0, ge=0, le=10_000_000, description="where the stretch begins")
    limit: int = Field(default=100, ge=1, le=1000, description="most pages to give")


class AddArguments(Arguments):
    text: Annotated[str, StringConstraints(min_length=1, max_length=MAX_PASTED)] = Field(
        description="the page as text, Markdown or HTML, with its comparison table"
    )
    name: str = Field(default="", max_length=200, description="what to call the page")
    url: str = Field(default="", max_length=2000, description="the address the page is from")
    confirm: str = Field(default="", max_length=100, description="the word that the first call gave, to replace a page")


class RemoveArguments(Arguments):
    name: Annotated[str, StringConstraints(min_length=1, max_length=1000)] = Field(
        description="a page's `source`, as the tool pages lists it"
    )
    confirm: str = Field(default="", max_length=100, description="the word that the first call gave")


class UndoArguments(Arguments):
    pass


class ChangesArguments(Arguments):
    old: str = Field(
        default="", max_length=100, description="a version's name, or a day: 2026-01-31; else the last one"
    )
    new: str = Field(default="", max_length=100, description="the same; else the library as it is now")


class PagesGiven(PagesHere):
    """The pages; `notes` say what was left out."""

    notes: list[str] = Field(default=[])


class ChangesGiven(Compared):
    """What changed; `notes` say what was left out."""

    notes: list[str] = Field(default=[])


class Changed(BaseModel):
    """What was done; or, while `confirm` is not "", what would be: call again with that word to do it."""

    done: bool
    replaces: list[Replaced] = Field(default=[])
    removes: Removing | None = None
    confirm: str = ""
    pages: int = 0
    artifacts: int = 0
    notes: list[str] = Field(default=[])


async def _pages(core: Core, given: PagesArguments, _tell: Tell) -> Result:
    here = await asyncio.to_thread(list_pages, core.settings, given.older_than, given.offset, given.limit)
    return Result.of(PagesGiven(**here.model_dump()))


async def _add(core: Core, given: AddArguments, tell: Tell) -> Result:
    replaces = await asyncio.to_thread(preview_text, given.text, given.name, given.url, core.settings)
    if replaces:
        wanted = confirmation(given.text, *(item.old for item in replaces))
        if not given.confirm:
            return Result.of(Changed(done=False, replaces=replaces, confirm=wanted))
        check_confirmation(given.confirm, wanted)
    job = await asyncio.to_thread(core.jobs.paste, given.text, given.name, given.url)
    return await _done(core, job, tell, Changed(done=True, replaces=replaces))


async def _remove(core: Core, given: RemoveArguments, tell: Tell) -> Result:
    removes = await asyncio.to_thread(preview_removing, [given.name], core.settings)
    if not given.confirm:
        return Result.of(Changed(done=False, removes=removes, confirm=removes.confirm))
    check_confirmation(given.confirm, removes.confirm)
    return await _done(core, core.jobs.remove([given.name]), tell, Changed(done=True, removes=removes))


async def _undo(core: Core, _given: UndoArguments, tell: Tell) -> Result:
    return await _done(core, core.jobs.undo(), tell, Changed(done=True))


async def _changes(core: Core, given: ChangesArguments, _tell: Tell) -> Result:
    compared = await asyncio.to_thread(compare_versions, core.settings, given.old, given.new)
    return Result.of(ChangesGiven(**compared.model_dump()))


async def _done(core: Core, job: Job, tell: Tell, changed: Changed) -> Result:
    """The result once the job has ended. Raises SidebysideError where it failed."""
    state, stage = job, ""
    while state.state in ("waiting", "running"):
        await asyncio.sleep(_LOOK_EVERY)
        if (found := await asyncio.to_thread(core.jobs.get, job.id)) is not None:
            state = found
        if state.stage != stage:
            stage = state.stage
            await tell(stage)
    if state.report is None:
        raise SidebysideError(state.error.detail if state.error else "the change was not made")
    report = state.report
    return Result.of(changed.model_copy(update={"pages": report.pages, "artifacts": report.artifacts}))


TENDING = (
    Tool(
        "pages",
        "List the saved pages",
        "The pages behind the answers: when each was read, its date and address, and which are stale.",
        PagesArguments,
        PagesGiven,
        _pages,
    ),
    Tool(
        "changes",
        "Tell what changed",
        "What changed between two versions of the library: artifacts, values and capabilities that came, went or are "
        "worded differently. Without arguments, by the last rebuild.",
        ChangesArguments,
        ChangesGiven,
        _changes,
    ),
    Tool(
        "add_page",
        "Add a page",
        "Take a comparison page into the library from its text. Where it replaces an earlier one, the first call only "
        "tells what that changes: show it to the user, and call again with its `confirm` if they agree.",
        AddArguments,
        Changed,
        _add,
        writes=True,
    ),
    Tool(
        "remove_page",
        "Remove a page",
        "Take a page out of the library. The first call only tells what would go: show it to the user, and call again "
        "with its `confirm` if they agree.",
        RemoveArguments,
        Changed,
        _remove,
        writes=True,
    ),
    Tool(
        "undo_change",
        "Take back the last change",
        "Bring back what the last added or removed page changed, as long as nothing was built since.",
        UndoArguments,
        Changed,
        _undo,
        writes=True,
    ),
)
