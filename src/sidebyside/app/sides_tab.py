"""The Side by side tab: which artifacts, which criteria, which weights, and the view they give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import gradio as gr

from sidebyside.app.assets import asset
from sidebyside.app.criteria_view import MOST_WORDS, criteria_html, form_html, problem_html
from sidebyside.app.markup import message_html
from sidebyside.app.sides import DEFAULT_WEIGHTS, MAX_SIDES, MAX_WEIGHT, MIN_SIDES, Sides, compare_sides
from sidebyside.app.sides_view import (
    capabilities_html,
    choose_html,
    facts_html,
    links_html,
    missing_html,
    order_html,
    remarks_html,
    score_rows_html,
    scores_html,
)
from sidebyside.app.titles import page_titles
from sidebyside.errors import SidebysideError
from sidebyside.records import MOST_CRITERIA, Artifact, Library
from sidebyside.records.schema import SCALES
from sidebyside.serving.provider import Provider


class SidesTab:
    """Components of the tab and what they do. Must be made inside a Blocks context."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        # The grid of criteria that is being filled for each open page: a newer one takes its place.
        self._filling: dict[str, object] = {}
        self.criteria = gr.State([])
        self.names = gr.Dropdown(
            [],
            label="Artifacts to compare",
            multiselect=True,
            max_choices=MAX_SIDES,
            elem_id="sides-names",
        )
        plain: dict[str, Any] = {"apply_default_css": False, "js_on_load": None}
        script = asset("criterion.js")
        self.add = gr.HTML(form_html(), elem_id="sides-add", apply_default_css=False, js_on_load=script)
        script = asset("quote.js") + asset("own.js")
        self.own = gr.HTML(elem_id="sides-own", apply_default_css=False, js_on_load=script)
        self.facts = gr.HTML(elem_id="sides-facts", apply_default_css=False, js_on_load=asset("sides.js"))
        self.rest = gr.HTML(elem_id="sides-rest", **plain)
        # Scores and weights come last and folded: what the artifacts do comes first.
        title = "Scores, and an order by your own weights"
        with gr.Accordion(title, open=False, visible=False, elem_id="sides-fold") as self.fold:
            self.score_rows = gr.HTML(elem_id="sides-rows", **plain)
            with gr.Row(elem_id="sides-scores"):
                with gr.Column(min_width=280):
                    self.plot = gr.HTML(elem_id="sides-plot", **plain)
                with gr.Column(min_width=280):
                    self.order = gr.HTML(elem_id="sides-order", **plain)
                    with gr.Group(elem_id="weights"):
                        self.weights = [
                            gr.Slider(0, MAX_WEIGHT, DEFAULT_WEIGHTS[label], step=1, label=label, buttons=[])
                            for label in SCALES
                        ]
        self.links = gr.HTML(elem_id="sides-links", **plain)
        self._connect()

    def _connect(self) -> None:
        options: dict[str, Any] = {
            "inputs": [self.names, self.criteria, *self.weights],
            "show_progress": "hidden",
            "queue": False,
            "api_visibility": "private",
            "trigger_mode": "always_last",
        }
        # Not `change`: filling the choice from a link has drawn the view already.
        shown = self.names.input(self._show, outputs=self._shown, **options)
        chosen = {key: value for key, value in options.items() if key != "inputs"}
        picked = self.facts.choose(
            self._choose, inputs=[self.criteria, *self.weights], outputs=[self.names, *self._shown], **chosen
        )
        for event in (shown, picked):
            event.then(**self.filling)
        # What is asked last is what is shown: see `fill`.
        slow = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
        self.own.criteria(
            self._compare_on,
            inputs=[self.names, *self.weights],
            outputs=[self.criteria, self.links, self.own],
            trigger_mode="multiple",
            **slow,
        )
        gr.on([weight.change for weight in self.weights], self._weigh, outputs=[self.order, self.links], **options)

    @property
    def _shown(self) -> list[Any]:
        return [self.facts, self.fold, self.score_rows, self.plot, self.order, self.rest, self.links]

    @property
    def filling(self) -> dict[str, Any]:
        """The event that fills the cells of the criteria, for whatever chooses artifacts."""
        return {
            "fn": self.fill,
            "inputs": [self.names, self.criteria],
            "outputs": self.own,
            "show_progress": "hidden",
            "api_visibility": "private",
            "concurrency_limit": None,
        }

    @property
    def opened(self) -> list[Any]:
        """The components that `open_view` fills."""
        return [self.names, self.criteria, *self.weights, *self._shown]

    def open_view(self, query: Mapping[str, Sequence[str]]) -> list[Any]:
        """Updates for `opened`: the choices of the library as it is now, and the view that a link asks for."""
        library, problem = self._library()
        sides = requested_sides(library, query)
        named = find_artifacts(library, query.get("compare", ()))
        weights = sides.weights if sides else DEFAULT_WEIGHTS
        return [
            gr.update(choices=_labels(library), value=[artifact.label for artifact in named]),
            requested_criteria(query),
            *(weights[label] for label in SCALES),
            *self._view(
                library, named, sides, requested_criteria(query), problem, _strangers(library, query.get("compare", ()))
            ),
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

    def fill(self, names: list[str] | None, criteria: list[str], request: gr.Request) -> Iterator[Any]:
        """The cells of the reader's criteria: quotes at once, then the LLM's texts, until something newer is asked."""
        chosen = find_artifacts(self._library()[0], names or [])
        if len(chosen) < MIN_SIDES or not criteria:
            self._filling.pop(request.session_hash or "", None)
            yield ""
            return
        session, mine = request.session_hash or "", object()
        self._filling[session] = mine
        try:
            with self._provider.lease() as assistant:
                titles = sides_titles(assistant.library, compare_sides(chosen))
                for event in assistant.compare_on([artifact.id for artifact in chosen], criteria):
                    if self._filling.get(session) is not mine:
                        return
                    yield criteria_html(event.answer, titles, writing=event.type != "answer")
        except SidebysideError as error:
            yield problem_html(str(error), criteria)
        finally:
            if self._filling.get(session) is mine:
                del self._filling[session]

    def _compare_on(
        self,
        names: list[str] | None,
        rank: float,
        adoption: float,
        quality: float,
        ecosystem: float,
        graph: float,
        event: gr.EventData,
        request: gr.Request,
    ) -> Iterator[list[Any]]:
        """A criterion was added or removed. The weights are those of SCALES, in its order."""
        criteria = _criteria(event.criteria if isinstance(event.criteria, list) else [])
        sides = self._sides(self._library()[0], names, (rank, adoption, quality, ecosystem, graph))
        links = links_html(sides, criteria) if sides else gr.skip()
        for filled in self.fill(names, criteria, request):
            yield [criteria, links, filled]
            links = gr.skip()

    def _show(self, names: list[str] | None, criteria: list[str], *weights: float) -> list[Any]:
        library, problem = self._library()
        chosen = find_artifacts(library, names or [])
        return self._view(library, chosen, self._sides(library, names, weights), criteria, problem)

    def _choose(
        self,
        criteria: list[str],
        rank: float,
        adoption: float,
        quality: float,
        ecosystem: float,
        graph: float,
        event: gr.EventData,
    ) -> list[Any]:
        """A card or a pair was pressed: what it stands for is chosen. The weights are those of SCALES, in its order."""
        names = [str(name) for name in event.names] if isinstance(event.names, list) else []
        chosen = [artifact.label for artifact in find_artifacts(self._library()[0], names)]
        return [gr.update(value=chosen), *self._show(chosen, criteria, rank, adoption, quality, ecosystem, graph)]

    def _weigh(self, names: list[str] | None, criteria: list[str], *weights: float) -> list[Any]:
        sides = self._sides(self._library()[0], names, weights)
        return [order_html(sides), links_html(sides, criteria)] if sides else [gr.skip(), gr.skip()]

    @staticmethod
    def _sides(library: Library, names: list[str] | None, weights: Sequence[float]) -> Sides | None:
        chosen = find_artifacts(library, names or [])
        return compare_sides(chosen, dict(zip(SCALES, weights, strict=True))) if len(chosen) >= MIN_SIDES else None

    def _view(
        self,
        library: Library,
        chosen: Sequence[Artifact],
        sides: Sides | None,
        criteria: Sequence[str],
        problem: str = "",
        missing: Sequence[str] = (),
    ) -> list[Any]:
        """Updates for `_shown`; `problem` says why there is no library, `missing` names what it does not hold."""
        if sides is None:
            labels = [artifact.label for artifact in chosen]
            told = f'<p class="problem failed">{message_html(problem)}</p>'
            return [told if problem else choose_html(library, labels, missing), gr.update(visible=False), *[""] * 5]
        titles = sides_titles(library, sides)
        comparison = None
        try:
            with self._provider.lease() as assistant:
                comparison = assistant.compare([artifact.id for artifact in sides.artifacts])
            rest = capabilities_html(comparison, titles) + remarks_html(comparison, titles)
        except SidebysideError as error:
            rest = f'<p class="problem failed">{message_html(str(error))}</p>'
        return [
            missing_html(missing) + facts_html(sides, comparison, titles),
            # Whoever opens a link with weights of their own wants to see them.
            gr.update(visible=True, open=dict(sides.weights) != dict(DEFAULT_WEIGHTS)),
            score_rows_html(sides, titles),
            scores_html(sides),
            order_html(sides),
            rest,
            links_html(sides, criteria),
        ]


def _labels(library: Library) -> list[str]:
    return sorted((artifact.label for artifact in library.artifacts), key=str.casefold)


def find_artifacts(library: Library, names: Sequence[str]) -> list[Artifact]:
    """The artifacts with these labels or ids, each once, in this order; names that are not there are left out."""
    known = {artifact.id: artifact for artifact in library.artifacts}
    known |= {artifact.label: artifact for artifact in library.artifacts}
    found = {known[name].id: known[name] for name in names if name in known}
    return list(found.values())[:MAX_SIDES]


def sides_titles(library: Library, sides: Sides) -> Mapping[str, str]:
    """What the pages of a comparison are called."""
    return page_titles(library, (file for artifact in sides.artifacts for file in artifact.sources))


def _strangers(library: Library, names: Sequence[str]) -> list[str]:
    """The names that fit no artifact."""
    return [name for name in names[:MAX_SIDES] if not find_artifacts(library, [name])]


def requested_sides(library: Library, query: Mapping[str, Sequence[str]]) -> Sides | None:
    """The comparison that a link describes (compare=NAME twice or more, weights=5,5,5,5,5); None if it names none."""
    chosen = find_artifacts(library, query.get("compare", ()))
    if len(chosen) < MIN_SIDES:
        return None
    return compare_sides(chosen, _weights(query.get("weights", ())))


def requested_criteria(query: Mapping[str, Sequence[str]]) -> list[str]:
    """The criteria in words that a link asks for (on=WORDS, once for each)."""
    return _criteria(query.get("on", ()))


def _criteria(texts: Sequence[Any]) -> list[str]:
    """Criteria as they come from a browser: each once, none too long, not too many."""
    words = (" ".join(str(text).split())[:MOST_WORDS] for text in texts)
    return list(dict.fromkeys(filter(None, words)))[:MOST_CRITERIA]


def _weights(texts: Sequence[str]) -> Mapping[str, float]:
    try:
        values = [float(part) for part in texts[0].split(",")] if texts else []
    except ValueError:
        return DEFAULT_WEIGHTS
    if len(values) != len(SCALES) or not all(0 <= value <= MAX_WEIGHT for value in values):
        return DEFAULT_WEIGHTS
    return dict(zip(SCALES, values, strict=True))
