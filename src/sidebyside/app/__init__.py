"""The chat page. Nothing here loads gradio before `build_page` or `launch` is called."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from sidebyside.app.environment import set_up_gradio
from sidebyside.app.opening import Opening
from sidebyside.serving.access import access_from, check_reach
from sidebyside.serving.provider import Provider

if TYPE_CHECKING:
    import gradio as gr

    from sidebyside.settings import Settings

__all__ = ["Provider", "build_page", "launch"]


def build_page(assistant_provider: Provider, settings: Settings) -> gr.Blocks:
    """The whole page as gradio Blocks, not yet served."""
    from sidebyside.app.page import build_page

    return build_page(assistant_provider, settings)


def launch(
    settings: Settings, *, prevent_block: bool = False, provider: Provider | None = None, get_llm: bool = False
) -> gr.Blocks:
    """Serve the page on this machine until interrupted, or return the running page at once if `prevent_block`.

    With `get_llm`, what the language model still needs is compiled and fetched meanwhile; it joins when it is there.
    `page.local_url` is its address, `page.close()` ends it. Raises SettingsError when the address cannot be used. Until
    the page is up, a browser that asks for it gets one that waits for it and takes a question.
    """
    check_reach(settings, access_from(settings))
    with Opening(settings) as opening:
        print(f"opening {opening.url}", file=sys.stderr, flush=True)
        set_up_gradio()
        from sidebyside.app.serve import launch

        return launch(settings, opening, prevent_block=prevent_block, provider=provider, get_llm=get_llm)
