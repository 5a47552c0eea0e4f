"""What of a match is counted, whether anything is, and what the counts of one library are."""

from __future__ import annotations

import logging
from pathlib import Path

from sidebyside.errors import SidebysideError
from sidebyside.graph.store import MatchFile, Outcome
from sidebyside.records import Artifact, Citation, Library, Match, MatchCounts
from sidebyside.settings import Settings, data_folder

log = logging.getLogger(__name__)

OFF = "off"
_FILE = "matches.sqlite3"


class MatchGraph:
    """The counts of one library: wishes that were matched here, and what they led to.

    Counting is off where the setting says so, where no data folder is known, and where somebody has switched it off;
    that switch is a file beside the counts, so that it holds for all processes and outlives the counts.
    """

    def __init__(self, settings: Settings, index: Path | None = None) -> None:
        """Of the library in `index`; without it, of the one that the settings name."""
        self._library = str((index or settings.index).resolve())
        self._file = MatchFile(path) if (path := _path(settings)) else None

    @property
    def path(self) -> Path | None:
        """The file of the counts, None where there is to be none."""
        return self._file.path if self._file else None

    @property
    def can_count(self) -> bool:
        """Whether the settings allow counting; if not, no switch turns it on."""
        return self._file is not None

    @property
    def counting(self) -> bool:
        """Whether matches are counted at present."""
        return self._file is not None and not _switch(self._file).exists()

    def count(self, match: Match, library: Library) -> None:
        """Count a match; where that fails the log says so, and nothing else is the worse for it."""
        if self._file is None or not self.counting or not match.artifacts:
            return
        before = self._file.set_aside.exists()
        try:
            self._file.count(self._library, _outcomes(match, library))
        except SidebysideError as error:
            log.warning("match not counted", extra={"reason": str(error)})
        if self._file.set_aside.exists() and not before:
            log.warning("match graph set aside", extra={"file": str(self._file.set_aside)})

    def counts(self) -> MatchCounts:
        """What was counted; where that cannot be read there is nothing, and a notice why."""
        if self._file is None:
            return MatchCounts(counting=False)
        notices = []
        try:
            wishes = self._file.read(self._library)
        except SidebysideError as error:
            wishes = ()
            notices.append(str(error))
        if self._file.set_aside.exists():
            notices.append(
                f"the match graph could not be read and was set aside as {self._file.set_aside}; counting began anew. "
                "Forgetting removes that file: sidebyside library matches --forget"
            )
        return MatchCounts(self.counting, wishes, tuple(notices))

    def switch(self, on: bool) -> None:
        """Count from now on, or no longer; what was counted stays. Raises SidebysideError."""
        if self._file is None:
            raise SidebysideError("counting is off by the settings; set SIDEBYSIDE_MATCHES to a file, or unset it")
        switch = _switch(self._file)
        try:
            if on:
                switch.unlink(missing_ok=True)
            else:
                switch.parent.mkdir(parents=True, exist_ok=True)
                switch.touch()
        except OSError as error:
            raise SidebysideError(f"{switch}: {error.strerror or error}; mend that and try again") from error

    def forget(self) -> None:
        """Take out everything that was counted for this library. Raises SidebysideError."""
        if self._file is not None:
            self._file.forget(self._library)


def _path(settings: Settings) -> Path | None:
    if settings.matches == OFF:
        return None
    if settings.matches:
        return Path(settings.matches)
    folder = data_folder()
    return folder / _FILE if folder else None


def _switch(file: MatchFile) -> Path:
    return file.path.with_name(f"{file.path.name}.off")


def _outcomes(match: Match, library: Library) -> tuple[Outcome, ...]:
    """Each wish with the shown artifacts that meet it, and whether nothing in the library does."""
    whole = match.total == len(library.artifacts)
    cited = {citation.number: citation for citation in match.citations}
    found = []
    roles = [wish.role for wish in match.asked] or ["must"] * len(match.wishes)
    for wish, role, row, excluded in zip(match.wishes, roles, match.grid.cells, match.excludes, strict=True):
        if role == "not":
            continue  # what somebody does not want is nothing that the library could lack
        led_to = []
        for artifact, cell in zip(match.artifacts, row, strict=True):
            if cell.state == "stated":
                citation = next((cited[number] for number in cell.citations), None)
                led_to.append((artifact.id, _capability(citation, library.get(artifact.id))))
        # A "nice" rules out nothing: whether artifacts that are not shown meet it is not known.
        known = whole and (role == "must" or len(match.artifacts) == match.total)
        met = bool(led_to) or (role == "must" and excluded < match.total) or any(c.state == "conflict" for c in row)
        found.append(Outcome(wish, tuple(led_to), lacking=False if met else True if known else None))
    return tuple(found)


def _capability(citation: Citation | None, artifact: Artifact) -> str:
    """The id of the capability in which a quote stands; "" for a row of a table."""
    if citation is None or citation.evidence_class == "fact":
        return ""
    for capability in artifact.capabilities:
        for _part, excerpt in capability.parts():
            place = excerpt.source
            if place.file == citation.source and place.start <= citation.start and citation.end <= place.end:
                return capability.id
    return ""
