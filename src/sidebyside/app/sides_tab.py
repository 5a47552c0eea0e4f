"""The Side by side tab: which artifacts, which weights, and the view they give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from sidebyside.app.markup import message_html
from sidebyside.app.provider import Provider
from sidebyside.app.sides import DEFAULT_WEIGHTS, MAX_SIDES, MAX_WEIGHT, MIN_SIDES, SCALES, Sides, compare_sides
from sidebyside.app.sides_view import (
    capabilities_html,
    choose_html,
    facts_html,
    links_html,
    missing_html,
    order_html,
    remarks_html,
    scores_html,
)
from sidebyside.errors import SidebysideError
from sidebyside.records import Artifact, Library


class SidesTab:
    """Components of the tab and what they do. Must be made inside a Blocks context."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self.names = gr.Dropdown(
            [],
            label="Artifacts to compare, two to four",
            multiselect=True,
            max_choices=MAX_SIDES,
            elem_id="sides-names",
        )
        plain: dict[str, Any] = {"apply_default_css": False, "js_on_load": None}
        self.facts = gr.HTML(choose_html(), elem_id="sides-facts", **plain)
        with gr.Row(elem_id="sides-scores", visible=False) as self.scores:
            with gr.Column(min_width=280):
                self.plot = gr.HTML(elem_id="sides-plot", **plain)
            with gr.Column(min_width=280):
                self.order = gr.HTML(elem_id="sides-order", **plain)
                with gr.Group(elem_id="weights"):
                    self.weights = [
                        gr.Slider(0, MAX_WEIGHT, DEFAULT_WEIGHTS[label], step=1, label=label, buttons=[])
                        for label in SCALES
                    ]
        self.rest = gr.HTML(elem_id="sides-rest", **plain)
        self.links = gr.HTML(elem_id="sides-links", **plain)
        self._connect()

    def _connect(self) -> None:
        options: dict[str, Any] = {
            "inputs": [self.names, *self.weights],
            "show_progress": "hidden",
            "queue": False,
            "api_visibility": "private",
            "trigger_mode": "always_last",
        }
        # Not `change`: filling the choice from a link has drawn the view already.
        self.names.input(self._show, outputs=self._shown, **options)
        gr.on([weight.change for weight in self.weights], self._weigh, outputs=[self.order, self.links], **options)

    @property
    def _shown(self) -> list[Any]:
        return [self.facts, self.scores, self.plot, self.order, self.rest, self.links]

    @property
    def opened(self) -> list[Any]:
        """The components that `open_view` fills."""
        return [self.names, *self.weights, *self._shown]

    def open_view(self, query: Mapping[str, Sequence[str]]) -> list[Any]:
        """Updates for `opened`: the choices of the library as it is now, and the view that a link asks for."""
        library, problem = self._library()
        sides = requested_sides(library, query)
        chosen = [artifact.label for artifact in sides.artifacts] if sides else []
        weights = sides.weights if sides else DEFAULT_WEIGHTS
        return [
            gr.update(choices=_labels(library), value=chosen),
            *(weights[label] for label in SCALES),
            *self._view(sides, problem, _strangers(library, query.get("compare", ()))),
        ]

    def refresh_choices(self) -> Any:
        """The names of the library as it is now."""
        return gr.update(choices=_labels(self._library()[0]))

    def _library(self) -> tuple[Library, str]:
        """The library; an empty one and the reason where it cannot be opened."""
        try:
            return self._provider.library(), ""
        except SidebysideError as error:
            return Library(()), str(error)

    def _show(self, names: list[str] | None, *weights: float) -> list[Any]:
        library, problem = self._library()
        return self._view(self._sides(library, names, weights), problem)

    def _weigh(self, names: list[str] | None, *weights: float) -> list[Any]:
        sides = self._sides(self._library()[0], names, weights)
        return [order_html(sides), links_html(sides)] if sides else [gr.skip(), gr.skip()]

    @staticmethod
    def _sides(library: Library, names: list[str] | None, weights: Sequence[float]) -> Sides | None:
        chosen = find_artifacts(library, names or [])
        return compare_sides(chosen, dict(zip(SCALES, weights, strict=True))) if len(chosen) >= MIN_SIDES else None

    def _view(self, sides: Sides | None, problem: str = "", missing: Sequence[str] = ()) -> list[Any]:
        """Updates for `_shown`; `problem` says why there is no library, `missing` names what it does not hold."""
        if sides is None:
            hint = f'<p class="problem failed">{message_html(problem)}</p>' if problem else choose_html(missing)
            return [hint, gr.update(visible=False), "", "", "", ""]
        try:
            with self._provider.lease() as assistant:
                comparison = assistant.compare([artifact.id for artifact in sides.artifacts])
            rest = capabilities_html(comparison) + remarks_html(comparison)
        except SidebysideError as error:
            rest = f'<p class="problem failed">{message_html(str(error))}</p>'
        return [
            missing_html(missing) + facts_html(sides),
            gr.update(visible=True),
            scores_html(sides),
            order_html(sides),
            rest,
            links_html(sides),
        ]


def _labels(library: Library) -> list[str]:
    return sorted((artifact.label for artifact in library.artifacts), key=str.casefold)


def find_artifacts(library: Library, names: Sequence[str]) -> list[Artifact]:
    """The artifacts with these labels or ids, each once, in this order; names that are not there are left out."""
    known = {artifact.id: artifact for artifact in library.artifacts}
    known |= {artifact.label: artifact for artifact in library.artifacts}
    found = {known[name].id: known[name] for name in names if name in known}
    return list(found.values())[:MAX_SIDES]


def _strangers(library: Library, names: Sequence[str]) -> list[str]:
    """The names that fit no artifact."""
    return [name for name in names[:MAX_SIDES] if not find_artifacts(library, [name])]


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
