"""Facets: what people compare artifacts by, in the words that pages use for it.

A question says "license" where the page says "published under the MIT licence", or "no wifi" where the page says
"works offline". Each facet adds one wording to the query.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sidebyside.words import fold


@dataclass(frozen=True, slots=True)
class Facet:
    """`asked` recognises the facet in a question; `wording` is how pages put it."""

    asked: re.Pattern[str]
    wording: str


_TABLE = (
    (
        r"pric\w*|costs?|charg\w*|pay|fees?|expensive|cheap\w*|how much (?:is|are|for)",
        "costs so many dollars or euros per month and user or seat",
    ),
    (
        r"licen[cs]\w*|open[- ]?source\w*|proprietary",
        "published under the MIT, Apache, MPL or AGPL licence, open source",
    ),
    (
        r"commercial\w*|(?:make|earn)\w* money|(?:i|we) sell|to sell|monetiz\w*",
        "commercial use is allowed, free for commercial use",
    ),
    (
        r"offline|(?:no|without|w/o)(?: an?)? (?:wi-?fi|internet|network|connection|signal|cloud)\w*|air[- ]?gapped",
        "works offline or on the device, no internet connection needed once downloaded, without the cloud",
    ),
    (
        r"uptime|downtime|availability|outages?|slas?",
        "availability in percent a month, guaranteed by a service level agreement",
    ),
    (
        r"discounts?|students?|schools?|charit\w*|non-?profits?|reduced (?:rates?|prices?)",
        "a discount, pays less, a reduced price for students, education and charities",
    ),
    (
        r"refunds?|money back",
        "money is refunded within so many days",
    ),
    (
        r"self[- ]?host\w*|on[- ]prem\w*|(?:our|my|your) own (?:servers?|machines?|hardware|cluster|infrastructure)",
        "self-hosted, runs on your own servers or cluster",
    ),
    (
        r"trials?|try (?:it )?(?:out|first)|before (?:buying|paying)",
        "free trial for some days",
    ),
    (
        r"context|prompts?|tokens?|how (?:long|much) (?:a |an )?(?:text|input|prompt)",
        "context window of so many tokens",
    ),
    (
        r"fast\w*|speed|latency|quick\w*|slow\w*|response times?",
        "latency in milliseconds, answers per second, response time",
    ),
    (
        r"memory|vram|ram|hardware|gpus?",
        "runs in so many GB of memory",
    ),
    (
        r"languages?",
        "supports so many languages",
    ),
    (
        r"privacy|private|personal|confidential|gdpr",
        "personal data is masked and stays private",
    ),
    (
        r"secur\w*|encrypt\w*|safe",
        "encrypted, access rights, security",
    ),
    (
        r"regions?|where (?:is|are|does|do) .*(?:run|host|stor|kept|keep)\w*|data (?:location|residency)|countr\w+",
        "hosted in regions and data centres, data is stored in",
    ),
    (
        r"(?:how long|longer) .*(?:keep|kept|stor|retain)\w*|(?:keep|kept|retain|retention|history)\w*",
        "kept for days or months",
    ),
    (
        r"schedul\w*|regularly|every (?:day|hour|night|week)",
        "runs at a set time, each day, on a schedule",
    ),
    (
        r"limits?|rate[- ]?limit\w*|quota\w*|how many (?:requests|calls)",
        "limited to so many requests a minute",
    ),
    (
        r"integrat\w*|connect\w*|plug\w* into|works? with",
        "integrates with and connects to",
    ),
    (
        r"platforms?|operating systems?|windows|mac(?:os)?|linux|browsers?",
        "runs on Windows, macOS, Linux, in Chrome",
    ),
    (
        r"phones?|mobile|on[- ]device|edge",
        "runs on mobile and edge devices",
    ),
    (
        r"accura\w+|precise\w*|errors?|mistakes?",
        "accuracy, error rate in percent",
    ),
    (
        r"train\w*|fine[- ]?tun\w*|custom\w*",
        "fine-tuning and training on your own data",
    ),
)

_FACETS = tuple(Facet(re.compile(rf"\b(?:{asked})\b"), wording) for asked, wording in _TABLE)


def find_facets(text: str) -> list[Facet]:
    """The facets that a question asks about, at most two: more would blur it."""
    folded = fold(text)
    return [facet for facet in _FACETS if facet.asked.search(folded)][:2]


def page_wordings() -> list[str]:
    """All wordings that a facet can add: the same for every question, so their vectors can be had ahead of time."""
    return [facet.wording for facet in _FACETS]
