"""A Chroma server that several processes share: the rows of versions, and the pointer to the live one.

    <library>.live          no rows; its metadata names the live version and is replaced in one request
    <library>.rows.<id>     one row per passage of one version, never changed once it is complete
    <library>.files.<id>    the plain files of that version in pieces (chroma_files.py), where they travel this way

In the index folder such a version has chroma/collection.json in place of Chroma's own files.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import numpy as np

from sidebyside.errors import LibraryIndexError, SettingsError
from sidebyside.index.chroma import CONFIGURATION, ChromaCopy, Progress, load_chromadb, put_all_rows, scored
from sidebyside.records import Passage

if TYPE_CHECKING:
    from chromadb.api.client import Client

    from sidebyside.settings import Settings

NOTE = "collection.json"
# Rows a request: 384 float32 numbers as JSON text are about 8 kB.
_BATCH = 1000
# Seconds after which a collection that nobody completed was left behind by a build that died.
_ABANDONED = 86_400
# The same for one that is complete: another builder may be about to point to it.
GRACE = 60
_CONNECT_TIMEOUT = 5.0


class Rows(Protocol):
    """The rows of one version, open for queries from any thread."""

    def query(self, vector: np.ndarray, k: int) -> list[tuple[str, float]]:
        """The k nearest passages to a unit vector, best first: (passage id, cosine). Raises LibraryIndexError."""

    def close(self) -> None:
        """Let go of them."""


@dataclass(frozen=True, slots=True)
class Live:
    """What the pointer says: the live version, the hash of its manifest, and the ids of it and the one before."""

    generation: str
    manifest: str
    id: str
    previous: str = ""


@dataclass(frozen=True)
class ChromaServer:
    """Where the server is and under which name this library lives there; connects at the first request.

    Every method raises LibraryIndexError when the server cannot be reached or refuses.
    """

    url: str = field(repr=False)
    library: str
    token: str = field(default="", repr=False)
    files: bool = True
    timeout: float = 60.0

    @property
    def where(self) -> str:
        """The server as messages name it: never with a password that the URL may hold."""
        return f"the Chroma server at {urlsplit(self.url).hostname}"

    def build_rows(
        self,
        folder: Path,
        passages: Sequence[Passage],
        vectors: np.ndarray,
        first: np.ndarray,
        progress: Progress | None = None,
    ) -> None:
        """Write one row per passage into a new collection, and its id into `folder`."""
        made = uuid.uuid4().hex
        with self.translated():
            rows = self.new_collection("rows", made, configuration=CONFIGURATION)
            put_all_rows(rows, passages, vectors, first, progress, at_once=_BATCH)
        folder.mkdir()
        (folder / NOTE).write_text(json.dumps({"id": made}), "utf-8")

    def open_rows(self, folder: Path, count: int) -> Rows:
        """The rows that `folder` names. Raises LibraryIndexError if they are not there or not `count`."""
        with self.translated():
            rows = self.client.get_collection(self.name("rows", collection_id(folder)), embedding_function=None)
            found = rows.count()
        if found != count:
            raise LibraryIndexError(f"{self.where} has {found} rows instead of {count}")
        return _ServerRows(self, rows)

    def live(self) -> Live | None:
        """What the pointer says, None where nothing was ever published."""
        from chromadb.errors import NotFoundError

        with self.translated():
            try:
                pointer = self.client.get_collection(f"{self.library}.live", embedding_function=None)
            except NotFoundError:
                return None
            said = pointer.metadata or {}
        return (
            Live(**{name: str(said[name]) for name in ("generation", "manifest", "id", "previous")}) if said else None
        )

    def point(self, live: Live) -> None:
        """Make a version the live one, in one request."""
        with self.translated():
            pointer = self.client.get_or_create_collection(f"{self.library}.live", embedding_function=None)
            pointer.modify(metadata=asdict(live))

    def clean(self, keep: set[str]) -> None:
        """Delete this library's collections but those with these ids and those that a build may be filling."""
        with suppress(LibraryIndexError), self.translated():  # what cannot be deleted now, the next build deletes
            for collection in self.client.list_collections():
                kind, _, made = collection.name.removeprefix(f"{self.library}.").partition(".")
                begun = float((collection.metadata or {}).get("begun", 0))
                if not collection.name.startswith(f"{self.library}.") or kind not in ("rows", "files") or made in keep:
                    continue
                limit = GRACE if "complete" in (collection.metadata or {}) else _ABANDONED
                if time.time() - begun > limit:
                    self.client.delete_collection(collection.name)

    def new_collection(self, kind: str, made: str, **options: Any) -> Any:
        """An empty collection of this library that is marked as being filled."""
        return self.client.create_collection(
            self.name(kind, made), embedding_function=None, metadata={"begun": time.time()}, **options
        )

    def complete(self, made: str) -> None:
        """Mark the collections of a version as whole."""
        with self.translated():
            for kind in ("rows", "files") if self.files else ("rows",):
                collection = self.client.get_collection(self.name(kind, made), embedding_function=None)
                collection.modify(metadata={"begun": time.time(), "complete": True})

    def name(self, kind: str, made: str) -> str:
        """The name of a collection."""
        return f"{self.library}.{kind}.{made}"

    @cached_property
    def client(self) -> Client:
        """The connection; one for all threads."""
        return _connect(self)

    def close(self) -> None:
        """Close the connection, if there is one."""
        if "client" in self.__dict__:
            with suppress(LibraryIndexError), self.translated():
                sessions = _sessions(self.client)  # which are out of reach once the client is closed
                self.client.close()
                for session in sessions:
                    session.close()

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn whatever the client raises into LibraryIndexError."""
        try:
            yield
        except (LibraryIndexError, KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException as error:
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            raise LibraryIndexError(
                f"{self.where} failed ({reason}); check that it runs, SIDEBYSIDE_CHROMA_URL and SIDEBYSIDE_CHROMA_TOKEN"
            ) from None


class _ServerRows:
    """A collection on the server."""

    def __init__(self, server: ChromaServer, rows: Any) -> None:
        self._server = server
        self._rows = rows

    def query(self, vector: np.ndarray, k: int) -> list[tuple[str, float]]:
        asked = vector[None, :].astype(np.float32)
        with self._server.translated():
            return scored(self._rows.query(query_embeddings=asked, n_results=k, include=["distances"]))

    def close(self) -> None:
        """Nothing: the connection is the server's."""


def chroma_server(settings: Settings) -> ChromaServer | None:
    """The server of the settings, None for rows in the index folder. Raises SettingsError for an unusable address."""
    if not settings.chroma_url:
        return None
    try:
        parts = urlsplit(settings.chroma_url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise SettingsError(
            "SIDEBYSIDE_CHROMA_URL must look like http://127.0.0.1:8000 or https://host/tenant/database"
        )
    return ChromaServer(
        settings.chroma_url,
        settings.chroma_library,
        settings.chroma_token.get_secret_value(),
        settings.chroma_files,
    )


def is_remote(folder: Path) -> bool:
    """Whether the rows of a version's Chroma folder are on a server."""
    return (folder / NOTE).is_file()


def collection_id(folder: Path) -> str:
    """The id that `build_rows` left in a version's Chroma folder."""
    try:
        made = json.loads((folder / NOTE).read_text("utf-8"))["id"]
        return uuid.UUID(made).hex  # nothing else may become part of a collection's name
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise LibraryIndexError(f"{folder / NOTE} cannot be read ({error})") from None


def open_rows(folder: Path, count: int, server: ChromaServer | None) -> Rows:
    """The rows of a version, wherever they are. Raises LibraryIndexError and OSError."""
    if not is_remote(folder):
        return ChromaCopy(folder, count)
    if server is None:
        raise LibraryIndexError("the rows are on a Chroma server; set SIDEBYSIDE_CHROMA_URL")
    return server.open_rows(folder, count)


def _connect(server: ChromaServer) -> Client:
    load_chromadb()
    import chromadb
    import httpx
    from chromadb.config import DEFAULT_DATABASE, DEFAULT_TENANT, Settings

    parts = urlsplit(server.url)
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 8000)
    path = [part for part in parts.path.split("/") if part]
    tenant, database = path if len(path) == 2 else (DEFAULT_TENANT, DEFAULT_DATABASE)
    # Chroma's own server leaves the check to a proxy, which reads the first; hosted Chroma reads the second.
    headers = {"Authorization": f"Bearer {server.token}", "x-chroma-token": server.token} if server.token else None
    # No .env file: one that lies in the working folder for something else must not reconfigure Chroma.
    settings = Settings(_env_file=None, anonymized_telemetry=False)  # type: ignore[call-arg]
    limits = httpx.Timeout(server.timeout, connect=_CONNECT_TIMEOUT)
    # Making the client asks the server, without a time limit: so it is asked with one before.
    with httpx.Client(timeout=limits, headers=headers) as asking:
        url = httpx.URL(scheme=parts.scheme, host=parts.hostname, port=port, path="/api/v2/heartbeat")
        status = asking.get(url).status_code
    if status in (401, 403):
        raise LibraryIndexError(f"{server.where} refused: status {status}; set SIDEBYSIDE_CHROMA_TOKEN")
    client: Any = chromadb.HttpClient(
        str(parts.hostname),
        port,
        ssl=secure,
        headers=headers,
        settings=settings,
        tenant=tenant,
        database=database,
    )
    for session in _sessions(client):
        session.timeout = limits
    return client  # type: ignore[no-any-return]


def _sessions(client: Any) -> list[Any]:
    """The httpx clients inside Chroma's. They have no time limit and are never closed, and Chroma offers neither."""
    return [client._server._session, client._admin_client._server._session]
