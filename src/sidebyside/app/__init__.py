"""The chat page. Nothing here loads gradio before `build_page` or `launch` is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sidebyside.app.environment import set_up_gradio
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
    `page.local_url` is its address, `page.close()` ends it. Raises SettingsError when the address cannot be used.
    """
    set_up_gradio()
    from sidebyside.app.serve import launch

    return launch(settings, prevent_block=prevent_block, provider=provider, get_llm=get_llm)
