"""The Shortlist tab: what is kept of answers and artifacts, why one was taken, and the record to take away.

The browser keeps all of it (static/keeper.js); the server makes records of it and asks them again, by /api/record and
/api/replay. So this module is markup alone.
"""

from __future__ import annotations

import gradio as gr

from sidebyside.app.assets import asset

# Characters of the reader's words, as the API takes them.
_TITLE, _WHY, _OWN = 200, 5000, 300

KEEPER = '<p class="kept-note" role="status" hidden></p>'

SHORTLIST = f"""
<div class="shortlist">
<p class="hint" data-part="empty">Nothing is kept yet. <b>Keep</b> below an answer puts it here with its quotes;
artifacts are added by name. What is here stays in this browser.</p>
<label class="field">What is to be decided <input data-word="title" maxlength="{_TITLE}" autocomplete="off"></label>
<section aria-labelledby="kept-artifacts"><h2 id="kept-artifacts">Artifacts</h2>
<ul class="kept-artifacts" data-part="artifacts"></ul>
<form class="row" data-form="artifact"><label class="field">Add an artifact
<input name="name" maxlength="{_TITLE}" list="shortlist-names" autocomplete="off" required></label>
<button type="submit" class="small">Add</button></form>
<datalist id="shortlist-names"></datalist>
<div class="proposed" data-part="proposed"></div></section>
<section aria-labelledby="decision"><h2 id="decision">Decision</h2>
<label class="field">Taken <select data-word="taken"></select></label>
<label class="field">Why, in your words
<textarea data-word="why" rows="3" maxlength="{_WHY}"></textarea></label></section>
<section aria-labelledby="own-cells"><h2 id="own-cells">Your own measurements</h2>
<p class="hint">What you know and no page says. It stays marked as yours and is never shown as a quote.</p>
<ul class="own-cells" data-part="own"></ul>
<form class="row" data-form="own">
<label class="field">Artifact
<input name="artifact" maxlength="{_OWN}" list="shortlist-names" autocomplete="off" required></label>
<label class="field">Criterion <input name="criterion" maxlength="{_OWN}" autocomplete="off" required></label>
<label class="field">What you found <input name="text" maxlength="{_OWN}" autocomplete="off" required></label>
<button type="submit" class="small">Add</button></form></section>
<section aria-labelledby="kept-answers"><h2 id="kept-answers">Answers</h2>
<ol class="kept-answers" data-part="answers"></ol></section>
<section aria-labelledby="take-away"><h2 id="take-away">Record</h2>
<p class="hint">With quotes, places, hashes of the pages and versions. The JSON form can be asked again later,
with sidebyside replay FILE.</p>
<div class="row" role="group" aria-label="Download the record">
<button type="button" class="small" data-action="md">Markdown</button>
<button type="button" class="small" data-action="html">Web page</button>
<button type="button" class="small" data-action="json">JSON</button>
<button type="button" class="small" data-action="replay">Ask again on today’s pages</button>
<button type="button" class="small" data-action="clear">Empty the shortlist</button></div>
<p class="shortlist-status" role="status" data-part="status"></p>
<div class="replay" data-part="replay"></div></section>
</div>
"""


def keeper() -> gr.HTML:
    """What keeps the shortlist in the browser, whichever tab is open. Must be made inside a Blocks context."""
    return gr.HTML(KEEPER, elem_id="keeper", js_on_load=asset("keeper.js"), apply_default_css=False)


class ShortlistTab:
    """One HTML component. Must be made inside a Blocks context."""

    def __init__(self) -> None:
        self.view = gr.HTML(SHORTLIST, elem_id="shortlist", js_on_load=asset("shortlist.js"), apply_default_css=False)
