"""Figures about requests and answers, as Prometheus reads them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

if TYPE_CHECKING:
    from sidebyside.records import Answer

# Seconds; answers from tables take milliseconds, prose some seconds a side.
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
# prometheus_client's own name for the folder in which the workers of one server add up their figures.
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


class Metrics:
    """Counts what one server does; several workers add up through files where SHARED_FOLDER is set."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "sidebyside_requests",
            "Requests by route and status",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self.seconds = Histogram(
            "sidebyside_request_seconds",
            "Seconds until the last byte, by route",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.running = Gauge(
            "sidebyside_requests_running", "Requests at work", multiprocess_mode="livesum", registry=self._registry
        )
        self.answers = Counter(
            "sidebyside_answers", "Complete answers by status and kind", ("status", "kind"), registry=self._registry
        )
        self.sentences = Counter(
            "sidebyside_sentences", "Sentences of the LLM, by what became of them", ("result",), registry=self._registry
        )
        self.facts_seconds = Histogram(
            "sidebyside_facts_seconds",
            "Seconds until tables and quotes are ready",
            buckets=_SECONDS,
            registry=self._registry,
        )

    def count_answer(self, answer: Answer) -> None:
        """Add one complete answer."""
        self.answers.labels(answer.status, answer.kind).inc()
        self.sentences.labels("shown").inc(answer.stats.get("model_sentences") or 0)
        self.sentences.labels("rejected").inc(answer.stats.get("rejected_sentences") or 0)
        if (facts_ms := answer.stats.get("facts_ms")) is not None:
            self.facts_seconds.observe(facts_ms / 1000)

    def text(self) -> bytes:
        """All figures in Prometheus' text format, of all workers where there are several."""
        if SHARED_FOLDER not in os.environ:
            return generate_latest(self._registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)
