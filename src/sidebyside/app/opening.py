"""What a browser sees in the seconds before the page is up: the headline and a composer that already takes a question.

Gradio alone takes some three seconds to import, which nobody should spend looking at "cannot connect". Only modules of
Python are used here; nothing of pages or settings is shown, so there is nothing to guard.
"""

from __future__ import annotations

import threading
from contextlib import ExitStack
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from sidebyside.serving.addresses import listening, taken_error

if TYPE_CHECKING:
    from sidebyside.settings import Settings

_PAGE = Path(__file__).parent / "static" / "opening.html"
# Every answer carries it; the waiting page asks until one does not.
HEADER = "X-Sidebyside-Opening"
# Seconds a browser may take over its request.
_PATIENCE = 5.0
# Seconds between two looks at whether to end: as long as closing takes at most.
_LOOK_EVERY = 0.02


class Opening:
    """Serves the waiting page on the address of the settings, `url`, until `close`.

    Raises SettingsError where the address is taken.
    """

    def __init__(self, settings: Settings) -> None:
        with ExitStack() as stack:
            listener = stack.enter_context(listening(settings))
            try:
                listener.listen()
            except OSError as error:
                raise taken_error(settings, error) from None
            server = ThreadingHTTPServer(listener.getsockname()[:2], _Waiting, bind_and_activate=False)
            server.socket.close()
            server.socket = listener
            self._stack = stack.pop_all()
        host, port = listener.getsockname()[:2]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, args=(_LOOK_EVERY,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Give the address free; harmless when that has been done."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._stack.close()

    def __enter__(self) -> Opening:
        return self

    def __exit__(self, *_error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()


class _Waiting(BaseHTTPRequestHandler):
    """Answers whoever takes HTML with the page, everybody else with 503 and when to come again."""

    timeout = _PATIENCE
    server_version, sys_version = "sidebyside", ""

    def do_GET(self) -> None:
        if "text/html" in self.headers.get("Accept", ""):
            self._send(HTTPStatus.OK, "text/html; charset=utf-8", _PAGE.read_bytes())
        else:
            self._send_unavailable()

    def do_HEAD(self) -> None:
        # How the waiting page looks whether it still has to wait.
        self._send(HTTPStatus.OK, "text/html; charset=utf-8", b"")

    def do_POST(self) -> None:
        self._send_unavailable()

    def _send_unavailable(self) -> None:
        said = b'{"error": "sidebyside is being opened; try again in a second"}'
        self._send(HTTPStatus.SERVICE_UNAVAILABLE, "application/json", said)

    def _send(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        headers = {"Content-Type": kind, "Content-Length": str(len(body)), HEADER: "1", "Cache-Control": "no-store"}
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers["Retry-After"] = "1"
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: requests are not the reader's business, nor the log's."""
