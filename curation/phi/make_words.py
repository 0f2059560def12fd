"""Makes the word lists of `words/` from their published sources; run by hand, rarely.

    python -m curation.phi.make_words --names FOLDER --faker FOLDER --dictionary FILE

FOLDER of `--names` is the unpacked package `names` 0.3.0 (the US Census lists of 1990), that of
`--faker` the package `faker`, and `--dictionary` is `american-english` of Debian's `wamerican`.
The rest comes from packages that are installed here: idc_index_data, pydicom.
"""

from __future__ import annotations

import argparse
import ast
import csv
import math
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from string import ascii_lowercase

from curation.phi.fold import fold, words_of

_HERE = Path(__file__).with_name("words")
_GIVEN_COMMON, _FAMILY_COMMON = 1000, 6000
_FEMININE = (
    ("opoulos", "opoulou"),
    ("akis", "aki"),
    ("idis", "idou"),
    ("adis", "adou"),
    ("ellis", "elli"),
    ("οπουλοσ", "οπουλου"),
    ("ακησ", "ακη"),
    ("ιδησ", "ιδου"),
    ("αδησ", "αδου"),
    ("ski", "ska"),
    ("cki", "cka"),
    ("dzki", "dzka"),
    ("ov", "ova"),
    ("ev", "eva"),
    ("in", "ina"),
    ("ов", "ова"),
    ("ев", "ева"),
    ("ин", "ина"),
    ("ский", "ская"),
)
_COLLECTIONS = 3
_MANY = 5
_TOP = 500
_GREEK = str.maketrans(
    dict(
        zip(
            "αβγδεζηθικλμνξοπρσςτυφχψω",
            "a v g d e z i th i k l m n x o p r s s t y f ch ps o".split(),
            strict=True,
        )
    )
)
_CYRILLIC = str.maketrans(
    dict(
        zip(
            "абвгдежзиклмнопрстуфхцчшщыэюяіїєґ",
            "a b v g d e zh z i k l m n o p r s t u f kh ts ch sh shch y e yu ya i yi ye g".split(),
            strict=True,
        )
    )
    | {"й": "y", "ь": "", "ъ": ""}
)


def main() -> None:
    """Write every list."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("names", "faker", "dictionary"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    found = parser.parse_args()
    english = _english(found.dictionary)
    given, family, common_given, common_family = _names(found.names, found.faker, english)
    common = common_given | common_family
    ordinary = english | (_foreign(found.faker) - common)
    own = set(_own())
    described = set(_described())
    widely = set(_described(_MANY))
    clinical = {
        word
        for word in {*own, *described, *_coded()}
        if word not in common
        or word in own
        or (word in described and (word in ordinary or word in widely))
    }
    _write(
        "clinical.txt",
        clinical,
        "words of imaging: descriptions, models and body parts of at "
        f"least {_COLLECTIONS} collections of NCI Imaging Data Commons (idc_index_data), the "
        "DICOM dictionary, private attributes and code meanings (pydicom, MIT), vocabularies "
        "of this project",
    )
    _write(
        "ordinary.txt",
        ordinary - clinical,
        "lower-case words of american-english (Debian "
        "wamerican, SCOWL licence) and of the texts of faker (MIT)",
    )
    census = "the US Census of 1990 (package names 0.3.0, public domain)"
    _write("given.txt", given, f"rare given names of {census}")
    _write("family.txt", family, f"rare family names of {census}")
    _write(
        "common_given.txt",
        common_given,
        f"given names of faker (MIT), romanised too, and the "
        f"{_GIVEN_COMMON} most common of {census}",
    )
    _write(
        "common_family.txt",
        common_family,
        "family names of faker (MIT), romanised too, and "
        f"the {_FAMILY_COMMON} most common of {census}",
    )
    _write(
        "top.txt",
        _top(found.names) - described - ordinary,
        f"the {_TOP} most common family names of {census}",
    )
    _write_shapes(
        [word for word in common if word not in clinical and word not in ordinary],
        [*clinical, *_described(1)],
        sorted(ordinary),
    )


def _own() -> Iterator[str]:
    root = Path(__file__).parents[2]
    for path in sorted((root / "schemas/vocabulary").glob("*.csv")):
        if path.name not in {"licences.csv", "licence_aliases.csv"}:
            yield from _tokens([path.read_text(encoding="utf-8")])
    with (root / "curation/metadata/protocol_words.csv").open(encoding="utf-8") as file:
        yield from (row["word"] for row in csv.DictReader(x for x in file if x[0] != "#"))
    for path in sorted(_HERE.glob("by_hand_clinical.txt")):
        lines = path.read_text(encoding="utf-8").splitlines()
        yield from _tokens(line for line in lines if not line.startswith("#"))


def _coded() -> Iterator[str]:
    from pydicom._dicom_dict import DicomDictionary
    from pydicom._private_dict import private_dictionaries
    from pydicom.sr._concepts_dict import concepts

    yield from _tokens(row[2] for row in DicomDictionary.values())
    for creator, elements in private_dictionaries.items():
        yield from _tokens([creator, *(row[2] for row in elements.values())])
    schemes: dict[str, dict[str, dict[str, tuple[str, object]]]] = concepts  # type: ignore[assignment]
    for scheme in schemes.values():
        for codes in scheme.values():
            yield from _tokens(meaning for meaning, _ in codes.values())


def _described(collections: int = _COLLECTIONS) -> Iterator[str]:
    import duckdb
    from idc_index_data import IDC_INDEX_PARQUET_FILEPATH as INDEX

    rows = duckdb.sql(
        f"""SELECT collection_id, text FROM read_parquet('{INDEX}')
        UNPIVOT (text FOR field IN (SeriesDescription, StudyDescription, BodyPartExamined,
                                    Manufacturer, ManufacturerModelName))
        GROUP BY ALL"""
    ).fetchall()
    seen: dict[str, set[str]] = {}
    for collection, text in rows:
        for word in _tokens([text]):
            seen.setdefault(word, set()).add(collection)
    yield from (word for word, where in seen.items() if len(where) >= collections)


def _english(dictionary: Path) -> set[str]:
    lines = dictionary.read_text(encoding="utf-8").splitlines()
    return {fold(line) for line in lines if line.islower() and line.isalpha() and len(line) > 1}


def _foreign(faker: Path) -> set[str]:
    paths = sorted((faker / "providers/lorem").glob("*/__init__.py"))
    return {
        word for path in paths for texts in _literals(path, "word_list") for word in _tokens(texts)
    }


def _names(names: Path, faker: Path, ordinary: set[str]) -> tuple[set[str], ...]:
    """Rare given, rare family, common given and common family names."""
    rare: tuple[set[str], set[str]] = (set(), set())
    common: tuple[set[str], set[str]] = (set(), set())
    for file, kind, limit, everyday_limit in (
        ("dist.female.first", 0, _GIVEN_COMMON, 250),
        ("dist.male.first", 0, _GIVEN_COMMON, 250),
        ("dist.all.last", 1, _FAMILY_COMMON, 2500),
    ):
        lines = (names / "names" / file).read_text(encoding="ascii").splitlines()
        listed = [line.split()[0].lower() for line in lines if len(line.split()[0]) > 1]
        rare[kind].update(listed)
        common[kind].update(word for word in listed[:limit] if word not in ordinary)
        common[kind].update(listed[:everyday_limit])
    for path in sorted((faker / "providers/person").glob("*/__init__.py")):
        for kind, field in enumerate(("first", "last")):
            for texts in _literals(path, field):
                for word in _tokens(texts):
                    spelled = {x for x in _spellings(word) if len(x) > 1 or not x.isascii()}
                    (rare if word in ordinary else common)[kind].update(spelled)
    return (rare[0] - common[0], rare[1] - common[1], *common)


def _top(names: Path) -> set[str]:
    lines = (names / "names" / "dist.all.last").read_text(encoding="ascii").splitlines()
    return {line.split()[0].lower() for line in lines[:_TOP]}


def _literals(path: Path, field: str) -> Iterator[list[str]]:
    """The strings that a provider assigns to what is called like `field`, such as `first_names`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            continue
        if node.targets[0].id.startswith(field):
            yield [
                part.value
                for part in ast.walk(node.value)
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            ]


def _write_shapes(names: list[str], imaging: list[str], ordinary: list[str]) -> None:
    """How much likelier three letters in a row are in a name than in another word (x 10)."""
    chance = random.Random(0)
    codes = [
        "".join(chance.choice(ascii_lowercase) for _ in range(chance.randint(4, 9)))
        for _ in range(8000)
    ]
    bearers = _Letters([(names, 1.0)])
    others = _Letters([(imaging, 1.0), (ordinary, 0.5), (codes, 0.5)])
    rows = {
        three: round(10 * (bearers.log(three) - others.log(three)))
        for three in sorted({*bearers.three, *others.three})
    }
    kept = [f"{three}{value}" for three, value in rows.items() if value]
    head = (
        "# How much likelier three letters are in a name than elsewhere (natural logarithm x 10; "
        "^ begins a word, $ ends it), counted over the other lists here. Made by make_words.py, "
        f"{datetime.now(UTC):%Y-%m-%d}.\n"
    )
    (_HERE / "shapes.txt").write_text(head + "\n".join(kept) + "\n", encoding="ascii")


class _Letters:
    """Counts of three letters in a row, and of the two before the third."""

    def __init__(self, lists: list[tuple[list[str], float]]) -> None:
        self.three: Counter[str] = Counter()
        self.two: Counter[str] = Counter()
        for words, weight in lists:
            for word in words:
                if word.isascii() and len(word) > 3:
                    padded = f"^^{word}$"
                    for index in range(len(padded) - 2):
                        self.three[padded[index : index + 3]] += weight  # type: ignore[assignment]
                        self.two[padded[index : index + 2]] += weight  # type: ignore[assignment]

    def log(self, three: str) -> float:
        """The logarithm of how likely the third letter is after the two."""
        return math.log((self.three[three] + 0.5) / (self.two[three[:2]] + 13.5))


def _spellings(word: str) -> Iterator[str]:
    """The name, as a woman bears it, and in Latin letters."""
    yield word
    for ending, hers in _FEMININE:
        if word.endswith(ending):
            yield from _latin(word[: len(word) - len(ending)] + hers)
            break
    yield from _latin(word)


def _latin(word: str) -> Iterator[str]:
    yield word
    for table in (_GREEK, _CYRILLIC):
        if (latin := word.translate(table)).isascii() and latin != word:
            yield latin
            if table is _GREEK:
                yield latin.replace("oy", "ou").replace("gk", "g")
                yield latin.replace("oy", "ou").replace("ch", "h").replace("f", "ph")


def _tokens(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for word in words_of(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)):
            if len(word) > 1 or not word.isascii():
                yield fold(word)


def _write(name: str, words: Iterable[str], origin: str) -> None:
    lines = sorted({word for word in words if word and len(word) < 40})
    head = f"# {len(lines)} {origin}. Made by make_words.py, {datetime.now(UTC):%Y-%m-%d}.\n"
    (_HERE / name).write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
