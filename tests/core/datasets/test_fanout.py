"""The simulation of fan-out counts what a plain loop over all posts and pages counts."""

from __future__ import annotations

import gzip
from io import StringIO
from pathlib import Path
from random import Random
from xml.etree import ElementTree as ET

import pytest
from django.core.management import CommandError, call_command

from core.datasets.fanout import (
    Costs,
    Network,
    cheapest,
    generated_network,
    network_of_trace,
    simulate,
)

COSTS = Costs(entry=20, source=4)
TRACE = """\
1 9 1341100972 RT
2 9 1341100973 MT
3 9 1341100974 RE
9 1 1341100975 MT
9 9 1341100976 RT
this is no event
"""


def random_network(seed: int) -> Network:
    chance = Random(seed)
    network = Network()
    for follower in range(30):
        for followee in chance.sample(range(30), chance.randrange(8)):
            if followee != follower:
                network.followers[followee].add(follower)
    for second in range(200):
        author = min(chance.randrange(25), chance.randrange(25))
        network.reasons.append((second, author))
        network.actions[author] += 1
    return network


@pytest.mark.parametrize("seed", range(5))
def test_what_is_written_and_merged_is_what_a_plain_loop_counts(seed: int) -> None:
    network = random_network(seed)
    outcomes = list(simulate(network, COSTS))
    for outcome in outcomes:

        def readers(author: int) -> list[int]:
            return [user for user in network.followers.get(author, ()) if network.actions[user]]

        entries = sum(
            1
            for _, author in network.reasons
            for _ in readers(author)
            if len(readers(author)) <= outcome.limit
        )
        # One page for each action of each reader, and each page looks at the merged authors.
        looked = [
            author
            for user, actions in network.actions.items()
            for _ in range(actions)
            for author, followers in network.followers.items()
            if user in followers and len(readers(author)) > outcome.limit
        ]
        assert (outcome.entries, outcome.source_reads) == (entries, len(looked))
        assert outcome.merged == len(set(looked))
        assert outcome.total(pages=10) == pytest.approx((entries * 20 + 10 * len(looked) * 4) / 1e6)
    assert outcomes[-1].source_reads == 0
    assert min(each.total(3) for each in outcomes) == cheapest(outcomes, 3).total(3)


def test_entries_are_written_one_after_the_other() -> None:
    network = Network()
    network.followers[1] = {2, 3}
    network.followers[2] = {1}
    network.actions.update((1, 2, 3))
    network.reasons = [(0.0, 1), (1.0, 2), (10.0, 2)]
    *_, all_written = simulate(network, Costs(entry=1_000_000, source=1))
    # The second one waits for the two entries of the first.
    assert all_written.lag_most == pytest.approx(2.0)
    *_, fast = simulate(network, Costs(entry=1_000_000, source=1), speed=100)
    assert fast.lag_most == pytest.approx(4 - 10 / 100)


def test_a_trace_gives_follows_reasons_and_actions(tmp_path: Path) -> None:
    file = tmp_path / "trace.gz"
    file.write_bytes(gzip.compress(TRACE.encode()))
    network = network_of_trace(file)
    assert network.followers == {9: {1, 2, 3}, 1: {9}}
    assert network.reasons == [
        (1341100972, 1),
        (1341100973, 2),
        (1341100975, 9),
        (1341100976, 9),
    ]
    assert network.actions == {1: 1, 2: 1, 3: 1, 9: 2}


def test_a_generated_network_is_the_same_for_the_same_seed() -> None:
    first, again, other = (
        generated_network(users=200, follows=50, reasons=300, seed=seed) for seed in (1, 1, 2)
    )
    assert (first.followers, first.reasons) == (again.followers, again.reasons)
    assert first.reasons != other.reasons
    assert all(
        follower != followee for followee, ids in first.followers.items() for follower in ids
    )


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("simulate_fanout", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_says_which_limit_is_cheapest_and_draws_it(tmp_path: Path) -> None:
    plot = tmp_path / "fanout.svg"
    generated = ("--users=300", "--follows=50", "--posts=500", f"--plot={plot}")
    out = run(*generated, "--pages", "0.001", "1000")
    assert " readers, " in out.splitlines()[0]
    assert "At 0.001 pages for each thing done, a limit of 1 is cheapest" in out
    assert "At 1000 pages for each thing done, writing for all followers is cheapest" in out
    drawn = ET.fromstring(plot.read_text())  # noqa: S314  # our own
    lines = [each for each in drawn.iter() if each.tag.endswith("polyline")]
    assert len(lines) == 2 * 3
    limits = [line for line in out.splitlines()[2:] if line.startswith(" ")]
    assert {len(line.get("points", "").split()) for line in lines} == {len(limits)}


@pytest.mark.parametrize(
    "arguments", [("--pages=0",), ("--entry=nan",), ("--speed=x",), ("--users=1",), ("--posts=0",)]
)
def test_arguments_have_bounds(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="it must be a"):
        run(*arguments)


def test_what_cannot_be_read_or_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is not a file"):
        run(str(tmp_path / "missing"))
    no_trace = tmp_path / "notes"
    no_trace.write_text("Not a trace.\n")
    with pytest.raises(CommandError, match="is not a trace"):
        run(str(no_trace))
    with pytest.raises(CommandError, match="can't be written"):
        run("--users=10", "--posts=10", f"--plot={tmp_path / 'missing' / 'fanout.svg'}")
