"""The local match graph: which wishes led to which capabilities and artifacts, counted on this machine alone."""

from __future__ import annotations

from sidebyside.graph.counting import OFF, MatchGraph

__all__ = ["OFF", "MatchGraph"]
