"""Names artifacts: an id, a label that tells namesakes apart, and aliases that can mean nothing else."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

from sidebyside.library.folding import fold_name, loose_name, short_hash, slug
from sidebyside.library.identity import Cluster

# Words that questions are made of: no artifact answers to one of them alone.
_PLAIN_WORDS = frozenset(
    "model models repository repositories mcp server servers extension extensions product products agent agents api "
    "benchmark cli dataset framework platform prompt skill template web app workflow tool tools artifact artifacts "
    "type adoption quality ecosystem pricing price capabilities capability free paid freemium rank score ai llm "
    "all and any are but can for had has her him his how its let may new nor not now off old one our out own per put "
    "see set she the too two use via was way who why yet you able also back best both case each else ever even from "
    "good have here into just last less like list long made main make many more most much must near need next none "
    "once only open over part same side some such than that them then they this thus time very want well were what "
    "when whom will with work your".split()
)


def assign_ids(clusters: Sequence[Cluster]) -> list[str]:
    """A readable id for each cluster; namesakes get their type, and what is still equal a hash of its contents."""
    ids = [slug(cluster.name) for cluster in clusters]
    suffixes: tuple[Callable[[Cluster], str], ...] = (_type_suffix, _fingerprint)
    for suffix in suffixes:
        taken = Counter(ids)
        ids = [
            f"{one}-{suffix(cluster)}" if taken[one] > 1 else one for one, cluster in zip(ids, clusters, strict=True)
        ]
    return _numbered(ids, "-")


def _type_suffix(cluster: Cluster) -> str:
    return slug(cluster.type or "untyped")


def _fingerprint(cluster: Cluster) -> str:
    """Depends on what the artifact is about; on its file only if no page says anything about it."""
    about = min(cluster.wordings, default="") or cluster.versions[0].page.source
    return short_hash(f"{fold_name(cluster.name)}\n{about}")


def assign_labels(clusters: Sequence[Cluster]) -> list[str]:
    """The name; in brackets the type where another artifact has the name, and more where that is not enough."""
    labels = [cluster.name for cluster in clusters]
    details: list[list[str]] = [[] for _ in clusters]
    kinds: tuple[Callable[[Cluster], str], ...] = (_type_detail, _address_detail, _pricing_detail, _file_detail)
    for detail in kinds:
        for group in _equal(labels):
            found = [detail(clusters[place]) for place in group]
            if len(set(found)) > 1:
                for place, text in zip(group, found, strict=True):
                    details[place].append(text)
        labels = [_label(cluster, known) for cluster, known in zip(clusters, details, strict=True)]
    return _numbered(labels, " ")


def _label(cluster: Cluster, details: Sequence[str]) -> str:
    return f"{cluster.name} ({', '.join(details)})" if details else cluster.name


def _type_detail(cluster: Cluster) -> str:
    return cluster.type or "type not stated"


def _address_detail(cluster: Cluster) -> str:
    return min(cluster.urls, default="no address")


def _pricing_detail(cluster: Cluster) -> str:
    facts = [fact for version in cluster.versions for fact in version.artifact.facts]
    return next((fact.value for fact in facts if fact.label.casefold() == "pricing"), "no pricing")


def _file_detail(cluster: Cluster) -> str:
    return f"from {cluster.versions[0].page.source}"


def _equal(labels: Sequence[str]) -> list[list[int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for place, label in enumerate(labels):
        groups[loose_name(label)].append(place)
    return [group for group in groups.values() if len(group) > 1]


def _numbered(names: Sequence[str], separator: str) -> list[str]:
    """The last resort: number what is still equal, in the order given."""
    taken = set(names)
    seen: Counter[str] = Counter()
    numbered = []
    for name in names:
        seen[name] += 1
        unique = name if seen[name] == 1 else f"{name}{separator}{seen[name]}"
        while seen[name] > 1 and unique in taken:
            seen[name] += 1
            unique = f"{name}{separator}{seen[name]}"
        taken.add(unique)
        numbered.append(unique)
    return numbered


def assign_aliases(clusters: Sequence[Cluster]) -> list[tuple[str, ...]]:
    """Other names under which each artifact is found; none that could mean two artifacts."""
    candidates = [_aliases(cluster) for cluster in clusters]
    _drop_common_words(candidates, clusters)
    claims = Counter(key for found in candidates for key in found)
    # No alias of one artifact may be the name of another.
    names = Counter(key for cluster in clusters for key in {loose_name(name) for name in _spellings(cluster)})
    return [
        tuple(sorted(alias for key, alias in found.items() if claims[key] == 1 and names[key] <= (key in own)))
        for cluster, found in zip(clusters, candidates, strict=True)
        for own in [{loose_name(name) for name in _spellings(cluster)}]
    ]


def _aliases(cluster: Cluster) -> dict[str, str]:
    """The first spelling of each alias, by loose name; the artifact's name itself is none."""
    found: dict[str, str] = {}
    for alias in _candidates(cluster):
        if fold_name(alias) != fold_name(cluster.name):
            found.setdefault(loose_name(alias), alias)
    return found


def _drop_common_words(candidates: Sequence[dict[str, str]], clusters: Sequence[Cluster]) -> None:
    """Take out short names that other artifacts' pages use as ordinary words: "owner/memory" is not "memory"."""
    short: dict[str, set[int]] = defaultdict(set)
    for place, (found, cluster) in enumerate(zip(candidates, clusters, strict=True)):
        given = {alias for version in cluster.versions for alias in version.artifact.aliases}
        for alias in found.values():
            if re.fullmatch(r"[a-z]+", alias) and alias not in given and alias != slug(cluster.name):
                short[alias].add(place)
    if not short:
        return
    for place, cluster in enumerate(clusters):
        for wording in cluster.wordings.values():
            for word in short.keys() & set(re.findall(r"(?<!\w)[a-z]+(?!\w)", wording.text)):
                for owner in short[word] - {place}:
                    candidates[owner].pop(loose_name(word), None)


def _spellings(cluster: Cluster) -> list[str]:
    return sorted({version.artifact.name for version in cluster.versions})


def _candidates(cluster: Cluster) -> Iterator[str]:
    for version in cluster.versions:
        yield from version.artifact.aliases
    for name in _spellings(cluster):
        yield name
        for short in _shortened(name):
            if fold_name(short) not in _PLAIN_WORDS and len(loose_name(short)) > 1 and not short.isdigit():
                yield short
        # Not the slug that ends with a hash in place of lost letters: nobody types that.
        if not slug(name).endswith(short_hash(fold_name(name))):
            yield slug(name)


def _shortened(name: str) -> Iterator[str]:
    """The name without owner, without brackets, and its initials."""
    bare = re.sub(r"^@?[^/\s]+/(?=\S)", "", name)
    if bare != name:
        yield bare
    for form in (name, bare):
        without = " ".join(re.sub(r"\s*[(\[][^()\[\]]*[)\]]\s*", " ", form).split())
        if without != form and without:
            yield without
    initials = acronym(" ".join(re.sub(r"\([^)]*\)", " ", bare).split()))
    if initials:
        yield initials


def acronym(name: str) -> str | None:
    """The initials of three to six words that all begin with a capital letter: "Model Context Protocol" -> "MCP"."""
    words = [word for word in re.split(r"[\s_-]+", name) if word and word.casefold() not in ("of", "for", "and", "the")]
    if not 3 <= len(words) <= 6 or not all(re.fullmatch(r"[A-Z][A-Za-z]+", word) for word in words):
        return None
    return "".join(word[0] for word in words)
