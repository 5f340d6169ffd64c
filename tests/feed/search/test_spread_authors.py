"""How the posts of one author are spread over a ranking."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from feed.search.trends import APART, spread


@given(st.lists(st.integers(0, 6), max_size=60))
def test_posts_of_an_author_are_apart_as_far_as_there_are_others(authors: list[int]) -> None:
    order = spread(list(enumerate(authors)))
    assert sorted(order) == list(range(len(authors)))
    for author in set(authors):
        own = [post for post in order if authors[post] == author]
        assert own == sorted(own)
    for place, post in enumerate(order):
        recent = {authors[each] for each in order[max(0, place - APART + 1) : place]}
        if authors[post] in recent:
            assert {authors[each] for each in order[place:]} <= recent


def test_posts_of_different_authors_keep_their_order() -> None:
    assert spread([(7, 1), (5, 2), (9, 3)]) == [7, 5, 9]
