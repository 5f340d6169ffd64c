"""Named SQL statements, one in each file, checked when they are loaded. docs/sql.md describes their format."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import ClassVar, NamedTuple

Variants = Mapping[str, str]
"""The texts of one statement by variant: "", and if it has them ":oldest_first", ":unseen", ":oldest_first:unseen"."""

SHARED_FRAGMENTS = Path(__file__).parent / "sql"
UNSEEN = "unseen"
"""The fragment that is left out of a statement, except in its variants of that name."""
PLACE = re.compile(r"\{(\w+)((?: \w+=[^\s{}]+)*)\}")
PARAMETER_PLACE = re.compile(r"\{(\w+)\}")
DECLARATION = re.compile(r"^-- (parameters|needs): (.*)", re.MULTILINE)
PARAMETER = re.compile(r"(\w+)(?:=([^\s,]+))?")
NEEDED = re.compile(r"(\w+)(?: \([^()]*\))?")
POSITIONAL = re.compile(r"\$\d+")
COMMENT = re.compile("--.*")
DEFINITION = r"""(?ix)
    \b(?:FROM|JOIN|UPDATE|INTO|USING) \s+ (?:LATERAL\s+)? (?:\w+ \s+ (?:AS\s+)?)? {name}\b  # posts p, posts
    | \) \s+ (?:WITH\s+ORDINALITY\s+)? (?:AS\s+)? {name}\b                                  # (SELECT ...) p
    | \b{name} (?:\s*\([^()]*\))? \s+ AS \s+ (?:NOT\s+)? (?:MATERIALIZED\s+)? \(            # WITH p AS (
"""


class StatementMalformed(Exception):
    """A statement or fragment breaks a rule of docs/sql.md. The text names the file and the line."""


class Statements:
    """The statements of one room: its files `sql/NAME.sql`, as attributes.

    A subclass in the room's `statements.py` declares each name: as `str`, or as `Variants` if the statement has
    variants. `uses`: the rooms whose fragments its statements may use.
    """

    rooms: ClassVar[list[type[Statements]]] = []
    folders: ClassVar[tuple[Path, ...]]
    """The room's own folder, then those of the rooms whose fragments it uses."""

    def __init_subclass__(cls, uses: Sequence[type[Statements]] = ()) -> None:
        own = Path(inspect.getfile(cls)).parent / "sql"
        used = [folder for room in uses for folder in room.folders]
        cls.folders = tuple(dict.fromkeys([own, *used, SHARED_FRAGMENTS]))
        Statements.rooms.append(cls)

    def __init__(self, *overriding: Path) -> None:
        """`overriding`: folders whose fragments replace those of the same name.

        Errors: StatementMalformed.
        """
        self.variants = load_statements(*self.folders, overriding=overriding)
        found = {
            name: "str" if len(texts) == 1 else "Variants" for name, texts in self.variants.items()
        }
        declared = inspect.get_annotations(type(self))
        for name in sorted(found.keys() | declared.keys()):
            if found.get(name) != declared.get(name):
                problem = (
                    f"`{name}: {found[name]}` must be declared"
                    if name in found
                    else f"`{name}` is declared, but sql/{name}.sql does not exist"
                )
                room = type(self)
                raise StatementMalformed(f"{inspect.getfile(room)}: in {room.__name__} {problem}.")
        for name, texts in self.variants.items():
            setattr(self, name, texts[""] if len(texts) == 1 else texts)


class Source(NamedTuple):
    """The parts of a file."""

    path: Path
    header: str
    """The comment at the top."""
    text: str
    """The SQL after the header."""
    parameters: Mapping[str, str]
    """Defaults of the parameters; "" for required ones."""
    needs: str

    def error(self, text: str, position: int, problem: str) -> StatementMalformed:
        line = self.header.count("\n") + 1 + text.count("\n", 0, position)
        return StatementMalformed(f"{self.path}:{line}: {problem}")


def load_statements(*folders: Path, overriding: Sequence[Path] = ()) -> Mapping[str, Variants]:
    """The variants of the statements in the first folder, by name, with the fragments of all folders.

    Errors: StatementMalformed.
    """
    files = [
        path
        for folder in (*reversed(folders), *overriding)
        for path in sorted(folder.glob("_*.sql"))
    ]
    fragments = {path.stem[1:]: source_at(path) for path in files}
    for fragment in fragments.values():
        if positional := POSITIONAL.search(fragment.text):
            problem = f"A fragment must take {positional[0]} as a parameter, such as `viewer=$1`."
            raise fragment.error(fragment.text, positional.start(), problem)
    statements = [source_at(path) for path in sorted(folders[0].glob("[!_]*.sql"))]
    found = {source.path.stem: _variants(source, fragments) for source in statements}
    if not overriding:  # Overriding fragments may leave parameters unused.
        for source in statements:
            _check_parameters(source, found[source.path.stem])
    return found


def source_at(path: Path) -> Source:
    """The parts of a file, with the declarations of its header."""
    lines = path.read_text().strip().splitlines(keepends=True)
    header = list(takewhile(lambda line: line.startswith("--"), lines))
    declared = dict(DECLARATION.findall("".join(header)))
    parameters = dict(PARAMETER.findall(declared.get("parameters", "")))
    text = "".join(lines[len(header) :])
    return Source(path, "".join(header), text, parameters, declared.get("needs", ""))


def _variants(source: Source, fragments: Mapping[str, Source]) -> Variants:
    found: dict[str, str] = {}
    without = {**fragments, UNSEEN: fragments[UNSEEN]._replace(text="")}
    for suffix, chosen in (("", without), (":" + UNSEEN, fragments)):
        for name, direction in ((suffix, "DESC"), (":oldest_first" + suffix, "ASC")):
            needs: dict[str, StatementMalformed] = {}
            text = _expand(source, {"direction": direction}, chosen, needs)
            if text in found.values():
                continue
            found[name] = text
            code = COMMENT.sub("", text)
            for alias, error in needs.items():
                if not re.search(DEFINITION.format(name=alias), code):
                    raise error
    return {name: f"-- {source.path.stem}{name}\n{text}" for name, text in found.items()}


def _check_parameters(source: Source, variants: Variants) -> None:
    used = {
        parameter
        for text in variants.values()
        for parameter in POSITIONAL.findall(COMMENT.sub("", text))
    }
    for parameter in sorted(used ^ set(POSITIONAL.findall(source.header))):
        problem = "not explained in the header" if parameter in used else "explained, but not used"
        raise source.error("", 0, f"{parameter} is {problem}.")


def _expand(
    source: Source,
    arguments: Mapping[str, str],
    fragments: Mapping[str, Source],
    needs: dict[str, StatementMalformed],
) -> str:
    """The text with its fragments and parameters filled in.

    Adds to `needs` each alias that the fragments need, with the error to raise if the statement does not define it.
    """
    text = _fill(source.text, arguments)

    def replace(place: re.Match[str]) -> str:
        def error(problem: str) -> StatementMalformed:
            return source.error(text, place.start(), problem)

        fragment = fragments.get(place[1])
        if fragment is None:
            raise error(f"{{{place[1]}}} is neither a parameter nor a fragment.")
        given = dict(pair.split("=", 1) for pair in place[2].split())
        for name in given.keys() - fragment.parameters.keys():
            raise error(f"{{{place[1]}}} has no parameter `{name}`.")
        values = {"direction": arguments["direction"], **fragment.parameters, **given}
        for name in [name for name, value in values.items() if not value]:
            raise error(f"{{{place[1]}}} requires its parameter `{name}`.")
        for alias in NEEDED.findall(_fill(fragment.needs, values)):
            problem = f"{{{place[1]}}} needs `{alias}`, which the statement does not define."
            needs.setdefault(alias, error(problem))
        return _expand(fragment, values, fragments, needs)

    return PLACE.sub(replace, text)


def _fill(text: str, values: Mapping[str, str]) -> str:
    return PARAMETER_PLACE.sub(lambda place: values.get(place[1], place[0]), text)
