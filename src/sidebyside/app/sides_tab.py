"""The Side by side tab: which artifacts, which weights, and the view they give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from sidebyside.app.provider import Provider
from sidebyside.app.sides import DEFAULT_WEIGHTS, MAX_SIDES, MAX_WEIGHT, MIN_SIDES, SCALES, Sides, compare_sides
from sidebyside.app.sides_view import choose_html, sides_html
from sidebyside.errors import SidebysideError
from sidebyside.records import Artifact, Library


class SidesTab:
    """Components of the tab and what they do. Must be made inside a Blocks context."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self.names = gr.Dropdown(
            [],
            label="Artifacts",
            info="Two to four",
            multiselect=True,
            max_choices=MAX_SIDES,
            elem_id="sides-names",
            filterable=True,
        )
        self.view = gr.HTML(choose_html(), elem_id="sides-view", apply_default_css=False, js_on_load=None)
        with gr.Group(elem_id="weights"):
            gr.HTML("<h3>What matters to you</h3>", apply_default_css=False, js_on_load=None)
            with gr.Row():
                self.weights = [
                    gr.Slider(0, MAX_WEIGHT, DEFAULT_WEIGHTS[label], step=1, label=label, buttons=[], min_width=150)
                    for label in SCALES
                ]
        inputs = [self.names, *self.weights]
        options: dict[str, Any] = {"show_progress": "hidden", "queue": False, "api_visibility": "private"}
        gr.on(
            [self.names.change, *(weight.release for weight in self.weights)],
            self._show,
            inputs=inputs,
            outputs=self.view,
            trigger_mode="always_last",
            **options,
        )

    @property
    def opened(self) -> list[Any]:
        """The components that `open_view` fills."""
        return [self.names, *self.weights, self.view]

    def open_view(self, query: Mapping[str, Sequence[str]]) -> list[Any]:
        """Updates for `opened`: the choices of the library as it is now, and the view that a link asks for."""
        try:
            with self._provider.lease() as assistant:
                library = assistant.library
        except SidebysideError:
            return [gr.update(choices=[], value=[]), *(gr.skip() for _ in self.weights), choose_html()]
        sides = requested_sides(library, query)
        chosen = sides.artifacts if sides else ()
        choices = sorted((artifact.label for artifact in library.artifacts), key=str.casefold)
        weights = sides.weights if sides else DEFAULT_WEIGHTS
        return [
            gr.update(choices=choices, value=[artifact.label for artifact in chosen]),
            *(weights[label] for label in SCALES),
            sides_html(sides) if sides else choose_html(),
        ]

    def refresh_choices(self) -> Any:
        """The names of the library as it is now."""
        try:
            with self._provider.lease() as assistant:
                labels = [artifact.label for artifact in assistant.library.artifacts]
        except SidebysideError:
            labels = []
        return gr.update(choices=sorted(labels, key=str.casefold))

    def _show(self, names: list[str] | None, *weights: float) -> str:
        try:
            with self._provider.lease() as assistant:
                chosen = find_artifacts(assistant.library, names or [])
        except SidebysideError:
            return choose_html()
        if len(chosen) < MIN_SIDES:
            return choose_html()
        return sides_html(compare_sides(chosen, dict(zip(SCALES, weights, strict=True))))


def find_artifacts(library: Library, names: Sequence[str]) -> list[Artifact]:
    """The artifacts with these labels or ids, each once, in this order; names that are not there are left out."""
    known = {artifact.id: artifact for artifact in library.artifacts}
    known |= {artifact.label: artifact for artifact in library.artifacts}
    found = {known[name].id: known[name] for name in names if name in known}
    return list(found.values())[:MAX_SIDES]


def requested_sides(library: Library, query: Mapping[str, Sequence[str]]) -> Sides | None:
    """The comparison that a link describes (compare=NAME twice or more, weights=5,5,5,5,5); None if it names none."""
    chosen = find_artifacts(library, query.get("compare", ()))
    if len(chosen) < MIN_SIDES:
        return None
    return compare_sides(chosen, _weights(query.get("weights", ())))


def _weights(texts: Sequence[str]) -> Mapping[str, float]:
    try:
        values = [float(part) for part in texts[0].split(",")] if texts else []
    except ValueError:
        return DEFAULT_WEIGHTS
    if len(values) != len(SCALES) or not all(0 <= value <= MAX_WEIGHT for value in values):
        return DEFAULT_WEIGHTS
    return dict(zip(SCALES, values, strict=True))
