"""The queue in front of the services: fair, bounded, and nobody is forgotten."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.features.jobs.line import TOLD, Line, Share
from bot.jobs import Job, Order
from bot.messages import Channel, Person


def job(name: str, person: str = "ann", channel: str = "1") -> Job:
    return Job(name, Channel("fake", channel), Person(f"fake:{person}", person), "scripted", Order(name))


class Watched:
    """A line, and the order in which it lets jobs in."""

    def __init__(self, share: Share) -> None:
        self.moved: list[str] = []
        self.line = Line(share, lambda job: self.moved.append(job.id))
        self.inside: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def comes(self, *jobs: Job) -> None:
        for each in jobs:
            self.tasks.append(asyncio.ensure_future(self._enter(each)))
            await asyncio.sleep(0)
        await self.settle()

    async def goes(self, *jobs: str) -> None:
        for each in jobs:
            self.line.leave(each)
        await self.settle()

    async def settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    async def _enter(self, each: Job) -> None:
        if await self.line.enter(each):
            self.inside.append(each.id)


async def test_without_limits_nobody_waits():
    watched = Watched(Share())
    await watched.comes(*[job(f"j{n}") for n in range(50)])

    assert len(watched.inside) == 50


async def test_people_take_turns_whoever_ordered_how_much():
    watched = Watched(Share(total=1))
    await watched.comes(
        *[job(f"a{n}") for n in range(4)], job("b0", "bob"), job("c0", "cid"), job("b1", "bob")
    )
    for n in range(7):
        await watched.goes(watched.inside[n])

    assert watched.inside == ["a0", "a1", "b0", "c0", "a2", "b1", "a3"]


async def test_nobody_takes_all_the_room_and_no_place_either():
    watched = Watched(Share(total=5, person=2, channel=3))
    await watched.comes(
        *[job(f"a{n}") for n in range(4)], job("b0", "bob"), job("c0", "cid"), job("d0", "dan", "2")
    )

    assert watched.inside == ["a0", "a1", "b0", "d0"]
    await watched.goes("a0")
    assert watched.inside == ["a0", "a1", "b0", "d0", "c0"]


async def test_one_that_leaves_while_it_waits_is_told_and_the_rest_move_up():
    watched = Watched(Share(total=1))
    await watched.comes(job("a"), job("b", "bob"), job("c", "cid"))
    assert [watched.line.before(each) for each in "abc"] == [None, 0, 1]
    await watched.goes("b")
    assert watched.line.before("c") == 0
    await watched.goes("a")

    assert watched.inside == ["a", "c"]
    assert watched.tasks[1].done()


async def test_what_was_under_way_before_a_restart_takes_up_room():
    watched = Watched(Share(total=1))
    watched.line.hold(job("old"))
    watched.line.hold(job("old"))
    await watched.comes(job("new"))
    assert watched.inside == []
    await watched.goes("old", "old")

    assert watched.inside == ["new"]


async def test_a_cancelled_wait_leaves_nothing_behind():
    watched = Watched(Share(total=1))
    await watched.comes(job("a"), job("b"))
    watched.tasks[1].cancel()
    await watched.settle()

    assert watched.line.waiting("fake:ann") == 0
    assert watched.line.before("b") is None


async def test_those_who_wait_are_told_when_their_place_changes():
    watched = Watched(Share(total=1))
    await watched.comes(job("a"), job("b"), job("c"))
    assert watched.moved == ["b", "c"]
    watched.moved.clear()
    await watched.goes("a")

    assert watched.moved == ["c"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("12"), st.booleans()), max_size=30),
    st.integers(0, 4),
    st.integers(0, 3),
    st.integers(0, 3),
)
def test_limits_are_kept_and_everybody_comes_in_at_last(steps, total, person, channel):
    async def play():
        share = Share(total, person, channel)
        watched = Watched(share)
        left: set[str] = set()
        jobs = {}
        for number, (who, where, goes) in enumerate(steps):
            each = jobs[f"j{number}"] = job(f"j{number}", who, where)
            await watched.comes(each)
            inside = [jobs[name] for name in watched.inside if name not in left]
            assert not total or len(inside) <= total
            for one in inside:
                assert not person or sum(each.owner == one.owner for each in inside) <= person
                assert not channel or sum(each.channel == one.channel for each in inside) <= channel
            if goes and inside:
                left.add(inside[0].id)
                await watched.goes(inside[0].id)
        while rest := [name for name in watched.inside if name not in left]:
            left.add(rest[0])
            await watched.goes(rest[0])
        assert sorted(watched.inside) == sorted(jobs)

    asyncio.run(play())


async def test_a_long_line_tells_only_its_head_at_once_and_knows_every_place():
    watched = Watched(Share(total=1))
    await watched.comes(job("first"), *[job(f"j{n}") for n in range(TOLD + 20)])
    watched.moved.clear()
    await watched.goes("first")

    assert len(watched.moved) == TOLD
    assert watched.line.before(f"j{TOLD + 19}") == TOLD + 18
