"""What gradio reads from the environment when it is imported, so it has to be set before."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile

from sidebyside.serving.proxies import settle_proxies


def set_up_gradio() -> None:
    """Keep gradio to itself.

    It reports to its makers and tallies every event for a dashboard: this page wants neither. Dropped files wait in a
    folder that only this user can read and that goes when the server ends.
    """
    uploads = tempfile.mkdtemp(prefix="sidebyside-")
    atexit.register(shutil.rmtree, uploads, ignore_errors=True)
    # Gradio asks itself whether it is there.
    settle_proxies()
    os.environ["GRADIO_TEMP_DIR"] = uploads
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"
    os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = str(sys.maxsize)
