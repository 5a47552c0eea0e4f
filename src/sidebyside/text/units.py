"""Numbers and units as pages write them: separators, scales, measures, currencies and what prices are per."""

from __future__ import annotations

import re

from sidebyside.text.words import stem

SCALES = {
    "k": 1e3,
    "m": 1e6,
    "b": 1e9,
    "bn": 1e9,
    "t": 1e12,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "trillion": 1e12,
}
SCALE_WORDS = frozenset(SCALES) | {"hundred", "dozen"}
DAY = 86_400.0

# unit as written -> (dimension, factor to the dimension's base unit)
UNITS: dict[str, tuple[str, float]] = {
    **dict.fromkeys(("ns", "nanosecond", "nanoseconds"), ("time", 1e-9)),
    **dict.fromkeys(("us", "µs", "μs", "microsecond", "microseconds"), ("time", 1e-6)),
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), ("time", 1e-3)),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), ("time", 1.0)),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), ("time", 60.0)),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), ("time", 3600.0)),
    **dict.fromkeys(("day", "days"), ("time", DAY)),
    **dict.fromkeys(("week", "weeks"), ("time", 7 * DAY)),
    **dict.fromkeys(("month", "months"), ("time", 30.4375 * DAY)),
    **dict.fromkeys(("year", "years", "yrs"), ("time", 365.25 * DAY)),
    **dict.fromkeys(("byte", "bytes"), ("bytes", 1.0)),
    **dict.fromkeys(("kb", "kilobyte", "kilobytes"), ("bytes", 1e3)),
    **dict.fromkeys(("mb", "megabyte", "megabytes"), ("bytes", 1e6)),
    **dict.fromkeys(("gb", "gigabyte", "gigabytes"), ("bytes", 1e9)),
    **dict.fromkeys(("tb", "terabyte", "terabytes"), ("bytes", 1e12)),
    **dict.fromkeys(("pb", "petabyte", "petabytes"), ("bytes", 1e15)),
    **{f"{letter}ib": ("bytes", 1024.0**power) for power, letter in enumerate("kmgtp", 1)},
    **dict.fromkeys(("bps", "bit/s", "bits/s"), ("bit/second", 1.0)),
    **{f"{letter}bps": ("bit/second", 1e3**power) for power, letter in enumerate("kmgt", 1)},
    **{f"{letter}bit": ("bit", 1e3**power) for power, letter in enumerate("kmgt", 1)},
    **dict.fromkeys(("%", "percent"), ("percent", 1.0)),
    **dict.fromkeys(("px", "pixel", "pixels"), ("pixel", 1.0)),
    **dict.fromkeys(("hz",), ("hertz", 1.0)),
    **dict.fromkeys(("khz",), ("hertz", 1e3)),
    **dict.fromkeys(("mhz",), ("hertz", 1e6)),
    **dict.fromkeys(("ghz",), ("hertz", 1e9)),
    **dict.fromkeys(("fps",), ("frame/second", 1.0)),
    **dict.fromkeys(("mg", "milligram", "milligrams"), ("mass", 1e-3)),
    **dict.fromkeys(("g", "gram", "grams"), ("mass", 1.0)),
    **dict.fromkeys(("kg", "kilo", "kilos", "kilogram", "kilograms"), ("mass", 1e3)),
    **dict.fromkeys(("tonne", "tonnes"), ("mass", 1e6)),
    **dict.fromkeys(("oz", "ounce", "ounces"), ("mass", 28.349523125)),
    **dict.fromkeys(("lb", "lbs", "pound", "pounds"), ("mass", 453.59237)),
    **dict.fromkeys(("nm", "nanometer", "nanometers", "nanometre", "nanometres"), ("length", 1e-9)),
    **dict.fromkeys(("mm", "millimeter", "millimeters", "millimetre", "millimetres"), ("length", 1e-3)),
    **dict.fromkeys(("cm", "centimeter", "centimeters", "centimetre", "centimetres"), ("length", 1e-2)),
    **dict.fromkeys(("m", "meter", "meters", "metre", "metres"), ("length", 1.0)),
    **dict.fromkeys(("km", "kilometer", "kilometers", "kilometre", "kilometres"), ("length", 1e3)),
    **dict.fromkeys(("inch", "inches"), ("length", 0.0254)),
    **dict.fromkeys(("ft", "foot", "feet"), ("length", 0.3048)),
    **dict.fromkeys(("mile", "miles"), ("length", 1609.344)),
    **dict.fromkeys(("wh",), ("energy", 1.0)),
    **dict.fromkeys(("kwh",), ("energy", 1e3)),
    **dict.fromkeys(("kw",), ("power", 1e3)),
    **dict.fromkeys(("watt", "watts"), ("power", 1.0)),
    **dict.fromkeys(("mah",), ("charge", 1.0)),
}
DIMENSIONS = frozenset(dimension for dimension, _ in UNITS.values())
# What a day or an hour may be followed by in one figure: "1 h 30 min", "2 lb 3 oz", "5 ft 11 inches".
COMPOUND = frozenset({"time", "mass", "length"})
# Nouns that are one.
ALIASES = {"context": "token", "ctx": "token", "tok": "token", "toks": "token", "param": "paramet", "params": "paramet"}

CURRENCIES = {
    "$": "usd",
    "us$": "usd",
    "usd": "usd",
    "dollar": "usd",
    "dollars": "usd",
    "€": "eur",
    "eur": "eur",
    "euro": "eur",
    "euros": "eur",
    "£": "gbp",
    "gbp": "gbp",
    "¥": "jpy",
    "jpy": "jpy",
    "yen": "jpy",
    "₹": "inr",
    "inr": "inr",
    "chf": "chf",
    "cad": "cad",
    "c$": "cad",
    "ca$": "cad",
    "aud": "aud",
    "a$": "aud",
    "au$": "aud",
    "cny": "cny",
    "cn¥": "cny",
    "rmb": "cny",
    "₩": "krw",
    "krw": "krw",
    "brl": "brl",
    "r$": "brl",
    "pln": "pln",
    "sek": "sek",
    "nok": "nok",
    "dkk": "dkk",
}
MONEY = frozenset(CURRENCIES.values())
SIGNS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥", "inr": "₹", "krw": "₩"}
# A currency before its number.
CURRENCY = r"US\$|CA?\$|AU?\$|R\$|CN¥|[$€£¥₹₩]|(?:USD|EUR|GBP|CHF|CAD|AUD|INR|JPY|CNY|BRL)(?=\s?\d)"

PERIODS = {
    "mo": "month",
    "month": "month",
    "months": "month",
    "monthly": "month",
    "quarter": "quarter",
    "quarterly": "quarter",
    "yr": "year",
    "year": "year",
    "yearly": "year",
    "annual": "year",
    "annually": "year",
    "annum": "year",
    "day": "day",
    "daily": "day",
    "week": "week",
    "weekly": "week",
    "wk": "week",
    "hour": "hour",
    "hourly": "hour",
    "hr": "hour",
    "h": "hour",
    "minute": "minute",
    "min": "minute",
    "second": "second",
    "sec": "second",
    "s": "second",
}
# What prices are counted in besides time.
COUNTED = frozenset(
    """seat seats user users member members editor editors agent agents request requests call calls image images page
    pages token tokens gb license developer developers host hosts project projects""".split()
)
# A token of the prompt and one of the answer have prices of their own.
TOKEN_SIDES = {
    "prompt": "prompt",
    "input": "prompt",
    "output": "output",
    "completion": "output",
    "generated": "output",
    "cached": "cached",
}

# A written number: in groups of three (1,299.00 or 1.299,00 or 1 299 or 1'299), with a decimal comma before its unit,
# or plain, with an exponent where it has one.
NUMBER = (
    r"\d{1,3}(?P<gap>[,.'’\u202f\u00a0 ])\d{3}(?:(?P=gap)\d{3})*(?:(?!(?P=gap))[.,]\d+)?(?![\d])"
    r"|\d+,\d{1,2}(?=\s?(?:[€%]|(?:[kKMGTP]i?B|[kcm]?[gm]|h|s|ms)\b))"
    r"|\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3}\b)?"
)
_ONE_GROUP = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


def number_value(written: str, *, continental: bool = False) -> float:
    """The value of a number that matches `NUMBER`.

    Where two kinds of separators stand, the last one begins the decimals. A single one before three digits groups
    thousands if it is a comma, or a full stop where the figures beside it are written in the `continental` way.
    """
    bare = re.sub(r"[\s'’]", "", written)
    marks = re.findall(r"[.,]", bare)
    if len(set(marks)) == 2:
        decimal = marks[-1]
    elif len(marks) != 1:
        decimal = ""
    elif is_one_group(bare):
        decimal = "," if continental else "."
    else:
        decimal = marks[0]
    if decimal:
        whole, _, rest = bare.rpartition(decimal) if decimal in bare else (bare, "", "")
        bare = f"{re.sub(r'[.,]', '', whole)}.{rest}" if rest else re.sub(r"[.,]", "", whole)
    else:
        bare = re.sub(r"[.,]", "", bare)
    return float(bare)


def is_one_group(written: str) -> bool:
    """Whether a number can be read in two ways: "1.299" is one and a bit, or one thousand and more."""
    return _ONE_GROUP.fullmatch(written) is not None


def tidy(value: float) -> float:
    """A value without the last digits that arithmetic leaves behind, so that 1.1 kg is 1,100 g."""
    return float(f"{value:.12g}")


def unit_of_noun(word: str) -> str:
    """The unit that a noun beside a number is."""
    return ALIASES.get(word) or stem(word)
