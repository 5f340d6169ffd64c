"""Named SQL statements, one in each file, checked when they are loaded. docs/sql.md describes their format."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from itertools import takewhile
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

Variants = Mapping[str, str]
"""The texts of one statement by variant: "", and if it has them ":oldest_first", ":unseen", ":oldest_first:unseen",
each of these after ":anonymous", and those without ":unseen" before ":joint"."""
Instances = Mapping[str, str]
"""The texts of one template by instance."""
Needs = Mapping[str, Callable[[], "StatementMalformed"]]
"""The aliases that fragments need, each with what makes the error for a statement that does not define it."""

SHARED_FRAGMENTS = Path(__file__).parent / "sql"
UNSEEN = "unseen"
"""The fragment that is left out of a statement, except in its variants of that name."""
UNSEEN_PART = re.compile("<unseen>(.*?)</unseen>", re.DOTALL)
"""That fragment in the text from which the variants with and without it are made."""
DIRECTIONS = {"": "DESC", ":oldest_first": "ASC"}
ANONYMOUS = "anonymous"
"""The variants for a viewer who is not signed in, and the folder of fragments that replace others in these."""
JOINT = "joint"
"""The variants that answer several calls at once (core/database/joint_reads.py)."""
PLACE = re.compile(r"\{(\w+)((?: \w+=[^\s{}]+)*)\}")
PARAMETER_PLACE = re.compile(r"\{(\w+)\}")
CONDITION = re.compile(r"\{if (\w+)\}(.*?)\{end\}", re.DOTALL)
DECLARATION = re.compile(r"^-- (parameters|needs|variants|joint): (.*)", re.MULTILINE)
PARAMETER = re.compile(r"(\w+)(?:=([^\s,]+))?")
NEEDED = re.compile(r"(\w+)(?: \([^()]*\))?")
POSITIONAL = re.compile(r"\$\d+")
COMMENT = re.compile("--.*")
DEFINED = re.compile(
    r"""
    \b(?:FROM|JOIN|UPDATE|INTO|USING) \s+ (?=(?:LATERAL\s+)? (\w+) (?:\s+ (?:AS\s+)? (\w+))?)  # posts p, posts
    | \) (?=\s+ (?:WITH\s+ORDINALITY\s+)? (?:AS\s+)? (\w+))                                  # (SELECT ...) p
    | (?:WITH(?:\s+RECURSIVE)?|,) \s+                                                         # WITH p AS (
        (?=(\w+) (?:\s*\([^()]*\))? \s+ AS \s+ (?:NOT\s+)? (?:MATERIALIZED\s+)? \()
    """,
    re.VERBOSE,
)
"""Finds the tables and aliases that a statement defines, and a few words that are none."""


def variant_for(viewer_id: int | None) -> str:
    """The beginning of the variant of statements that a viewer gets: without one, none of them is asked about."""
    return ":" + ANONYMOUS if viewer_id is None else ""


class StatementMalformed(Exception):
    """A statement or fragment breaks a rule of docs/sql.md. The text names the file and the line."""


class Statements:
    """The statements of one room: its files `sql/NAME.sql`, as attributes.

    A subclass in the room's `statements.py` declares each name: as `str`, as `Variants` if the statement has
    variants, as `Instances` if it is a template. `uses`: the rooms whose fragments its statements may use.
    `instances`: the parameters of each instance of the room's templates, by the instance's name. `fragments`: texts
    of fragments that are made from declarations in Python, by name, as a file has them.
    """

    rooms: ClassVar[list[type[Statements]]] = []
    folders: ClassVar[tuple[Path, ...]]
    """The room's own folder, then those of the rooms whose fragments it uses."""
    fragments: ClassVar[Mapping[str, Source]]
    instances: ClassVar[Mapping[str, Mapping[str, str]]]

    def __init_subclass__(
        cls,
        uses: Sequence[type[Statements]] = (),
        instances: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
        fragments: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        file = Path(inspect.getfile(cls))
        used = [folder for room in uses for folder in room.folders]
        cls.folders = tuple(dict.fromkeys([file.parent / "sql", *used, SHARED_FRAGMENTS]))
        cls.instances = instances
        cls.fragments = {name: text for room in uses for name, text in room.fragments.items()}
        cls.fragments |= {name: source_of(file, text) for name, text in fragments.items()}
        Statements.rooms.append(cls)

    def __init__(self, *overriding: Path) -> None:
        """`overriding`: folders whose fragments replace those of the same name. Such statements are loaded when one of
        them is used: most processes use none.

        Errors: StatementMalformed.
        """
        self._overriding = overriding
        if not overriding:
            self._load()

    if not TYPE_CHECKING:  # mypy shall know no other names than the declared ones.

        def __getattr__(self, name: str) -> object:
            if "variants" in vars(self):
                raise AttributeError(f"{type(self).__name__} has no statement `{name}`.")
            self._load()
            return getattr(self, name)

    def _load(self) -> None:
        self.variants = load_statements(
            *self.folders,
            overriding=self._overriding,
            instances=self.instances,
            fragments=self.fragments,
        )
        attributes: dict[str, Any] = {}
        found: dict[str, str] = {}
        for name, texts in self.variants.items():
            template, _, instance = name.partition(":")
            if instance:
                found[template] = "Instances"
                attributes[template] = {**attributes.get(template, {}), instance: texts[""]}
            else:
                found[name] = "str" if len(texts) == 1 else "Variants"
                attributes[name] = texts[""] if len(texts) == 1 else texts
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
        vars(self).update(attributes)


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
    is_for_anonymous_viewers: bool
    """Whether a statement has the variants `:anonymous`."""
    joint: Sequence[str]
    """The types of the parameters of a statement that has the variants `:joint`."""

    def error(self, text: str, position: int, problem: str) -> StatementMalformed:
        line = self.header.count("\n") + 1 + text.count("\n", 0, position)
        return StatementMalformed(f"{self.path}:{line}: {problem}")


def load_statements(
    *folders: Path,
    overriding: Sequence[Path] = (),
    instances: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    fragments: Mapping[str, Source] = MappingProxyType({}),
) -> Mapping[str, Variants]:
    """The variants of the statements in the first folder, by name, with the fragments of all folders.

    A template's are by its name and each instance's: `reaction_create:post_like`.

    Errors: StatementMalformed.
    """
    known = dict(fragments)
    anonymous: dict[str, Source] = {}
    for folder in (*reversed(folders), *overriding):
        known |= fragments_in(folder)
    for folder in reversed(folders):
        anonymous |= fragments_in(folder / ANONYMOUS)
    known[UNSEEN] = known[UNSEEN]._replace(text=f"<unseen>{known[UNSEEN].text}</unseen>")
    for fragment in (*known.values(), *anonymous.values()):
        if positional := POSITIONAL.search(fragment.text):
            problem = f"A fragment must take {positional[0]} as a parameter, such as `viewer=$1`."
            raise fragment.error(fragment.text, positional.start(), problem)
    viewers = {"": Fragments(known), variant_for(None): Fragments({**known, **anonymous})}
    found: dict[str, Variants] = {}
    for source in map(source_at, sorted(folders[0].glob("[!_]*.sql"))):
        for instance, given in instances.items() if source.parameters else [("", {})]:
            for name in source.parameters.keys() - given.keys() if instance else ():
                raise source.error("", 0, f"The instance {instance} has no parameter `{name}`.")
            name = f"{source.path.stem}:{instance}" if instance else source.path.stem
            found[name] = _variants(name, source, given, viewers)
            if not overriding:  # Overriding fragments may leave parameters unused.
                _check_parameters(source, found[name])
    return found


@cache
def fragments_in(folder: Path) -> Mapping[str, Source]:
    """The fragments of a folder by name. They are read once, as several rooms use them."""
    return {path.stem[1:]: source_at(path) for path in sorted(folder.glob("_*.sql"))}


def source_at(path: Path) -> Source:
    """The parts of a file, with the declarations of its header."""
    return source_of(path, path.read_text())


def source_of(path: Path, whole: str) -> Source:
    """The parts of the text of a file."""
    lines = whole.strip().splitlines(keepends=True)
    header = list(takewhile(lambda line: line.startswith("--"), lines))
    declared = dict(DECLARATION.findall("".join(header)))
    parameters = dict(PARAMETER.findall(declared.get("parameters", "")))
    text = "".join(lines[len(header) :])
    for_anonymous = declared.get("variants") == ANONYMOUS
    joint = declared["joint"].split(", ") if "joint" in declared else []
    return Source(
        path, "".join(header), text, parameters, declared.get("needs", ""), for_anonymous, joint
    )


def _variants(
    full_name: str,
    source: Source,
    given: Mapping[str, str],
    viewers: Mapping[str, Fragments],
) -> Variants:
    """`viewers`: the fragments of all viewers, then those of anonymous ones."""
    found: dict[str, str] = {}
    for viewer, fragments in viewers.items():
        if viewer and not source.is_for_anonymous_viewers:
            continue
        texts: dict[str, str] = {}
        for order, direction in DIRECTIONS.items():
            text, needs = fragments.fill_in(source, {**given, "direction": direction})
            if text not in texts.values():
                _check_needs(text, needs)
                texts[order] = text
        for suffix, kept in {"": "", f":{UNSEEN}": r"\1"}.items():
            for order, text in texts.items():
                variant = UNSEEN_PART.sub(kept, text)
                if variant not in found.values():
                    found[viewer + order + suffix] = variant
    if source.is_for_anonymous_viewers and variant_for(None) not in found:
        raise source.error("", 0, "The statement is the same for an anonymous viewer.")
    if source.joint:
        found |= _joint_variants(source, found)
    return {name: f"-- {full_name}{name}\n{text}" for name, text in found.items()}


def _joint_variants(source: Source, variants: Variants) -> Variants:
    """The variants that answer several calls: their parameters are arrays, those of numbers as text (`key_array`).

    The last column of a row is the number of its call, from 1. The rows of a call have the statement's order.
    """
    names, arrays = [], []
    for number, each in enumerate(source.joint, 1):
        names.append(f"parameter_{number}")
        arrays.append(f"${number}::{'' if each == 'text' else 'text::'}{each}[]")
    found: dict[str, str] = {}
    for name, text in variants.items():
        if not name.endswith(UNSEEN):  # What was seen is given as arrays.
            if len(_positional(text)) != len(names):
                raise source.error("", 0, "`joint` must have a type for each parameter.")
            alone = POSITIONAL.sub(lambda place: f"call.parameter_{place[0][1:]}", text)
            found[f"{name}:{JOINT}"] = (
                f"SELECT answer.*, call.number\nFROM unnest({', '.join(arrays)})"
                f" WITH ORDINALITY AS call({', '.join(names)}, number)\n"
                f"CROSS JOIN LATERAL (\n{alone}\n) answer"
            )
    return found


def _check_parameters(source: Source, variants: Variants) -> None:
    used = {parameter for text in variants.values() for parameter in _positional(text)}
    for parameter in sorted(used ^ set(POSITIONAL.findall(source.header))):
        problem = "not explained in the header" if parameter in used else "explained, but not used"
        raise source.error("", 0, f"{parameter} is {problem}.")


def _positional(text: str) -> set[str]:
    return set(POSITIONAL.findall(COMMENT.sub("", text)))


def _check_needs(text: str, needs: Needs) -> None:
    """Errors: StatementMalformed if the text, without the fragment `unseen`, lacks what its fragments need."""
    if needs:
        always = COMMENT.sub("", UNSEEN_PART.sub("", text))
        defined = {name for names in DEFINED.findall(always) for name in names}
        for alias in needs.keys() - defined:
            malformed = needs[alias]()
            raise malformed


class Fragments:
    """Fragments by name. What each fills in is remembered by its parameters: most are used by many statements."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = sources
        self._filled_in: dict[tuple[str, frozenset[tuple[str, str]]], tuple[str, Needs]] = {}

    def fill_in(self, source: Source, arguments: Mapping[str, str]) -> tuple[str, Needs]:
        """The text of a file with its fragments and parameters filled in, and what these fragments need."""
        text = _fill(CONDITION.sub(partial(_chosen, arguments), source.text), arguments)
        needs: dict[str, Callable[[], StatementMalformed]] = {}

        def replace(place: re.Match[str]) -> str:
            error = partial(source.error, text, place.start())
            fragment = self._sources.get(place[1])
            if fragment is None:
                raise error(f"{{{place[1]}}} is neither a parameter nor a fragment.")
            given = dict(pair.split("=", 1) for pair in place[2].split())
            for name in given.keys() - fragment.parameters.keys():
                raise error(f"{{{place[1]}}} has no parameter `{name}`.")
            values = {"direction": arguments["direction"], **fragment.parameters, **given}
            for name in [name for name, value in values.items() if not value]:
                raise error(f"{{{place[1]}}} requires its parameter `{name}`.")
            for alias in NEEDED.findall(_fill(fragment.needs, values)) if fragment.needs else ():
                problem = f"{{{place[1]}}} needs `{alias}`, which the statement does not define."
                needs.setdefault(alias, partial(error, problem))
            key = place[1], frozenset(values.items())
            if key not in self._filled_in:
                self._filled_in[key] = self.fill_in(fragment, values)
            filled_in, needed = self._filled_in[key]
            for alias, raised in needed.items():
                needs.setdefault(alias, raised)
            return filled_in

        return PLACE.sub(replace, text), needs


def _chosen(values: Mapping[str, str], condition: re.Match[str]) -> str:
    """The text of a condition if its parameter is not empty. Keeps the number of lines, for errors."""
    return condition[2] if values.get(condition[1]) else "\n" * condition[2].count("\n")


def _fill(text: str, values: Mapping[str, str]) -> str:
    return PARAMETER_PLACE.sub(lambda place: values.get(place[1], place[0]), text)
