"""SQL rows that stand for objects: they become results without becoming objects first.

A loader or a resolver may return a list of objects as the rows of a statement and a layout, which says
where in a row the attributes are. To resolvers and to the standard executor that is a list of objects, made
when they are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain, repeat
from operator import attrgetter, itemgetter
from typing import Any, Generic, NamedTuple, TypeVar, overload

ROWS = attrgetter("rows")
SHARED_VALUE = attrgetter("shared")

T = TypeVar("T", bound=tuple[Any, ...])
V = TypeVar("V")


class Shared:
    """The place of an attribute that is not in the row: all objects of a list share its value."""


SHARED = Shared()


class Fixed(NamedTuple):
    """The place of an attribute that has the same value in all rows."""

    value: Any


NOTHING = Fixed(None)
"""The place of an attribute that is None."""


class Layout(Generic[T]):
    """How the attributes of a NamedTuple lie in a row."""

    __slots__ = (
        "first",
        "inside",
        "is_direct",
        "kind",
        "make",
        "make_within",
        "optional",
        "places",
    )

    def __init__(
        self,
        kind: type[T],
        first: int = 0,
        *,
        inside: int | None = None,
        optional: bool = False,
        **elsewhere: Place,
    ) -> None:
        """Attributes lie in their order from column `first` on, but for those in `elsewhere`.

        `inside`: the column that holds them all, as a tuple. `optional`: whether the object is not there
        where its column is null: the one in `inside`, else the first.
        """
        self.kind = kind
        self.first = first
        self.inside = inside
        self.optional = optional
        self.places: dict[str, Place] = {}
        following = iter(range(first, first + len(kind._fields)))  # type: ignore[attr-defined]  # a NamedTuple
        for name in kind._fields:  # type: ignore[attr-defined]  # as above
            self.places[name] = elsewhere[name] if name in elsewhere else next(following)
        self.make_within: Callable[[Any, Any], T] = _maker(self)
        """The object of what holds its attributes: of a row, or of the record in the column `inside`."""
        self.is_direct = inside is None and not optional
        """Whether each row has the attributes of an object in its own columns."""
        self.make: Callable[[Any, Any], T] = self.make_within if self.is_direct else _inside(self)
        """The object of a row; the second argument is what the list shares."""

    def within(self, base: str) -> str:
        """Where the attributes lie, as Python text, in the row that `base` names."""
        return base if self.inside is None else f"{base}[{self.inside}]"

    def absent(self, base: str) -> str:
        """The column that is null if the object is not there."""
        return f"{base}[{self.first if self.inside is None else self.inside}]"


Place = int | Layout[Any] | Shared | Fixed
"""Where an attribute is: in a column, spread over some, in none of them."""


def _maker(layout: Layout[T]) -> Callable[[Any, Any], T]:
    fixed = [place for place in layout.places.values() if isinstance(place, Fixed)]
    nested = [place for place in layout.places.values() if isinstance(place, Layout)]
    indexes = [_index(place, [*fixed, *nested]) for place in layout.places.values()]
    values = [place.value for place in reversed(fixed)]
    makers = [place.make for place in reversed(nested)]
    # As `_make` does, without a Python frame and without counting.
    new = partial(tuple.__new__, layout.kind)
    # A single item would not come as a tuple.
    get = itemgetter(*indexes) if len(indexes) > 1 else lambda values: (values[indexes[0]],)
    make: Callable[[Any, Any], Any]
    if min(indexes) >= 0:
        make = lambda row, _: new(get(row))  # noqa: E731  # as the ones below
    elif not nested:
        make = lambda row, shared: new(get((*row, *values, shared)))  # noqa: E731
    elif len(nested) == 1:
        (of,) = makers
        make = lambda row, shared: new(get((*row, of(row, shared), *values, shared)))  # noqa: E731
    else:
        make = lambda row, shared: new(  # noqa: E731
            get((*row, *[of(row, shared) for of in makers], *values, shared))
        )
    return make


def _inside(layout: Layout[Any]) -> Callable[[Any, Any], Any]:
    """Makes an object that lies in a record, or that may be absent."""
    inside, first, make = layout.inside, layout.first, layout.make_within

    def make_inside(row: Any, shared: Any) -> Any:
        if inside is not None:
            row = row[inside]
            absent = row is None
        else:
            absent = row[first] is None
        return None if absent and layout.optional else make(row, shared)

    return make_inside


def _index(place: Place, appended: list[Any]) -> int:
    """The index of an attribute in a row to which others are appended, the first one last, then the shared value."""
    if isinstance(place, int):
        return place
    if isinstance(place, Shared):
        return -1
    return -2 - next(number for number, found in enumerate(appended) if found is place)


class Rows(Sequence[T]):
    """A list of objects, as rows."""

    __slots__ = ("layout", "rows", "shared")

    def __init__(self, layout: Layout[T], rows: Sequence[Any], shared: Any = None) -> None:
        self.layout = layout
        self.rows = rows
        self.shared = shared

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> Rows[T]: ...

    def __getitem__(self, index: int | slice) -> T | Rows[T]:
        if isinstance(index, slice):
            return Rows(self.layout, self.rows[index], self.shared)
        return self.layout.make(self.rows[index], self.shared)

    def value(self, index: int, attribute: str) -> Any:
        """An attribute of one object."""
        place = self.layout.places[attribute]
        return (
            self.rows[index][place] if isinstance(place, int) else getattr(self[index], attribute)
        )

    def __iter__(self) -> Iterator[T]:
        make, shared = self.layout.make, self.shared
        return (make(row, shared) for row in self.rows)

    @staticmethod
    def joined(lists: Sequence[Rows[Any]]) -> list[Any]:
        """The rows of all lists."""
        return list(chain.from_iterable(map(ROWS, lists)))

    @staticmethod
    def shared_by_each(lists: Sequence[Rows[Any]]) -> list[Any]:
        """For each row of all lists, what its list shares."""
        lengths = map(len, map(ROWS, lists))
        return list(chain.from_iterable(map(repeat, map(SHARED_VALUE, lists), lengths)))

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as of lists


class RowLists(Sequence[V]):
    """Objects with a list of rows each, such as pages of many lists. They are made when one of them is read."""

    __slots__ = ("_make", "_objects", "attribute", "kind", "layout", "lists")

    def __init__(
        self,
        kind: type[V],
        attribute: str,
        layout: Layout[Any],
        lists: Sequence[Sequence[Any]],
        make: Callable[[], Sequence[V]],
    ) -> None:
        """`attribute`: the one that is the list. `lists`: the rows of each. `make`: makes the objects, with `Rows`."""
        self.kind = kind
        self.attribute = attribute
        self.layout = layout
        self.lists = lists
        self._make = make
        self._objects: Sequence[V] | None = None

    def __len__(self) -> int:
        return len(self.lists)

    @overload
    def __getitem__(self, index: int) -> V: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[V]: ...

    def __getitem__(self, index: int | slice) -> V | Sequence[V]:
        if isinstance(index, slice) and range(len(self))[index] == range(len(self)):
            return self
        return self._made()[index]

    def __iter__(self) -> Iterator[V]:
        return iter(self._made())

    def _made(self) -> Sequence[V]:
        if self._objects is None:
            self._objects = self._make()
        return self._objects

    def shared_by_each(self) -> list[Any]:
        """For each row of all lists, what its list shares."""
        return Rows.shared_by_each([getattr(each, self.attribute) for each in self])
