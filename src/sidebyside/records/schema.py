"""The rows of a comparison page's table, in the order in which pages have them: one place for their labels."""

from __future__ import annotations

from collections.abc import Mapping

TYPE = "Type"
RANK = "UnfragileRank"
ADOPTION = "Adoption"
QUALITY = "Quality"
ECOSYSTEM = "Ecosystem"
MATCH_GRAPH = "Match Graph"
PRICING = "Pricing"
STARTING_PRICE = "Starting Price"
CAPABILITIES = "Capabilities"
TIMES_MATCHED = "Times Matched"

# Not a row of any page: what the local match graph counts, shown beside what pages say of themselves.
TIMES_MATCHED_HERE = "Times matched here"

LABELS = (
    *(TYPE, RANK, ADOPTION, QUALITY, ECOSYSTEM, MATCH_GRAPH),
    *(PRICING, STARTING_PRICE, CAPABILITIES, TIMES_MATCHED),
)

# The scores among them with the end of their scale: a rank out of 100, and components rounded to 0 or 1.
SCALES: Mapping[str, float] = {RANK: 100, ADOPTION: 1, QUALITY: 1, ECOSYSTEM: 1, MATCH_GRAPH: 1}
