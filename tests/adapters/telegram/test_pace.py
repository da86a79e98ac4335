"""When calls may go, in a time that passes only when everybody waits."""

import asyncio
import selectors
import tracemalloc
from collections import defaultdict
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.telegram.pace import BOT, DRAFT, FIRST, GROUP, LATER, PRIVATE, Pace

ANN, BEN = 1, 2
CREW, CLUB = -1, -2


class Selector(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000.0

    def select(self, timeout: float | None = None) -> Any:
        assert timeout is not None, "everybody waits for ever"
        self.now += timeout
        return super().select(0)


class Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.selector = Selector()
        super().__init__(self.selector)

    def time(self) -> float:
        return self.selector.now


def run(main: Callable[[Pace, "Server"], Coroutine[Any, Any, None]]) -> None:
    async def begin() -> None:
        clock = asyncio.get_running_loop().time
        await main(Pace(clock), Server(clock))

    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(begin())


class Server:
    """Notes every call, and counts those that were too many."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.start = clock()
        self.calls: defaultdict[int, list[float]] = defaultdict(list)
        self.drafts: defaultdict[int, list[float]] = defaultdict(list)

    @property
    def now(self) -> float:
        return self.clock() - self.start

    def take(self, chat: int, calls: int = 1) -> None:
        self.calls[chat] += [self.now] * calls

    @property
    def refused(self) -> int:
        """How many calls the published limits would have refused."""
        everything = sorted(at for calls in [*self.calls.values(), *self.drafts.values()] for at in calls)
        return (
            over(everything, 30, 1)
            + sum(over(calls, 20, 60) for chat, calls in self.calls.items() if chat < 0)
            + sum(over(calls, 5, 5) for chat, calls in self.calls.items() if chat > 0)
        )


def over(calls: list[float], limit: int, seconds: float) -> int:
    return sum(later - earlier < seconds for earlier, later in zip(calls, calls[limit:], strict=False))


async def stream(pace: Pace, server: Server, chat: int, name: str, until: float, every: float) -> int:
    """Shows previews for some time; how many there were."""
    shown = 0
    while server.now < until:
        if pace.spare(chat, name):
            server.take(chat)
            shown += 1
        await asyncio.sleep(every)
    return shown


async def final(pace: Pace, server: Server, chat: int, priority: int = FIRST) -> float:
    """One call that must arrive; how long it waited."""
    begun = server.now
    await pace.turn(chat, priority)
    server.take(chat)
    return server.now - begun


# --- limits are kept ------------------------------------------------------------------------

steps = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.0, 0.01, 0.4, 1.0, 3.0, 20.0]),
        st.sampled_from([ANN, BEN, CREW, CLUB]),
        st.sampled_from(
            ["preview", "preview", "draft", "first", "later", "album", "hold", "hold all", "give up"]
        ),
    ),
    max_size=120,
)


@settings(deadline=None, max_examples=150)
@given(steps, st.integers(1, 4))
def test_no_order_of_calls_breaks_a_limit_and_all_that_must_arrive_does(steps, often):
    async def main(pace: Pace, server: Server) -> None:
        held: dict[int | None, tuple[float, float]] = {}  # since when, until when

        def barred(chat: int) -> bool:
            """At this very moment a call may have been on its way already."""
            spans = [held[place] for place in (chat, None) if place in held]
            return any(since + 1e-6 < server.now < until - 1e-6 for since, until in spans)

        async def arrive(chat: int, priority: int, calls: int = 1) -> None:
            await pace.turn(chat, priority, calls=calls)
            assert not barred(chat)
            server.take(chat, calls)

        async with asyncio.TaskGroup() as group:
            for wait, chat, kind in steps * often:
                await asyncio.sleep(wait)
                match kind:
                    case "preview":
                        if pace.spare(chat, wait):
                            assert not barred(chat)
                            server.take(chat)
                    case "draft":
                        if pace.spare(chat, wait, draft=True):
                            assert not barred(chat)
                            server.drafts[chat].append(server.now)
                    case "first" | "later":
                        group.create_task(arrive(chat, FIRST if kind == "first" else LATER))
                    case "album":
                        group.create_task(arrive(chat, LATER, calls=4))
                    case "give up":
                        group.create_task(arrive(chat, FIRST)).cancel()
                    case _:
                        place = None if kind == "hold all" else chat
                        pace.hold(place, 7.0)
                        held[place] = (server.now, server.now + 7.0)

        assert server.refused == 0

    run(main)


def test_fifty_groups_stream_at_once_and_nothing_is_refused():
    async def main(pace: Pace, server: Server) -> None:
        async def answer(chat: int) -> tuple[float, int]:
            waited = await final(pace, server, chat)
            await asyncio.sleep(-chat * 0.7 % 5)  # the first words come when they come
            shown = await stream(pace, server, chat, "answer", 300, GROUP.preview_every)
            return waited + await final(pace, server, chat), shown

        answers = await asyncio.gather(*(answer(-number) for number in range(1, 51)))

        assert server.refused == 0
        assert all(waited < 2.5 for waited, _ in answers)
        shown = [shown for _, shown in answers]
        assert min(shown) >= 40  # of 64, had each had the bot for itself

    run(main)


def test_a_server_with_buckets_refuses_nothing_either():
    """Burst and refill, as many servers count: less than that is never left."""

    async def main(pace: Pace, server: Server) -> None:
        async with asyncio.TaskGroup() as group:
            for name in "abc":
                group.create_task(stream(pace, server, CREW, name, 300, 1.0))
                group.create_task(stream(pace, server, ANN, name, 300, 0.3))
            for _ in range(40):
                await asyncio.sleep(7)
                group.create_task(final(pace, server, CREW))
                group.create_task(final(pace, server, ANN))

        for chat, burst, rate in [(CREW, 20, 20 / 60), (ANN, 5, 1.0)]:
            left, before = float(burst), 0.0
            for at in server.calls[chat]:
                left = min(burst, left + (at - before) * rate) - 1
                before = at
                assert left >= 0

    run(main)


# --- what must arrive comes first -----------------------------------------------------------


@pytest.mark.parametrize(("chat", "kept"), [(CREW, GROUP.kept), (ANN, PRIVATE.kept)])
def test_previews_leave_room_for_what_must_arrive(chat, kept):
    async def main(pace: Pace, server: Server) -> None:
        async with asyncio.TaskGroup() as group:
            for name in "abcd":
                group.create_task(stream(pace, server, chat, name, 120, 0.5))
            await asyncio.sleep(100)
            waits = [await final(pace, server, chat) for _ in range(kept)]

        assert waits == [0.0] * kept
        assert server.refused == 0

    run(main)


def test_streams_in_one_group_share_its_previews():
    async def main(pace: Pace, server: Server) -> None:
        shown = await asyncio.gather(
            *(stream(pace, server, CREW, name, 600, GROUP.preview_every) for name in "abc")
        )

        assert min(shown) >= 0.8 * max(shown)
        assert sum(shown) >= 0.85 * 600 / GROUP.preview_every

    run(main)


def test_no_preview_overtakes_what_waits():
    async def main(pace: Pace, server: Server) -> None:
        pace.hold(CREW, 5)
        waiting = asyncio.create_task(final(pace, server, CREW))
        await asyncio.sleep(1)

        assert not pace.spare(CREW)
        assert await waiting == 5

    run(main)


def test_finals_go_before_cards_but_cards_are_not_forgotten():
    async def main(pace: Pace, server: Server) -> None:
        order: list[str] = []

        async def call(name: str, priority: int) -> None:
            await pace.turn(ANN, priority)
            order.append(name)

        async with asyncio.TaskGroup() as group:
            for _ in range(PRIVATE.calls):
                group.create_task(call("x", FIRST))
            group.create_task(call("card", LATER))
            await asyncio.sleep(1)
            group.create_task(call("final", FIRST))
            for number in range(30):
                await asyncio.sleep(1)
                group.create_task(call(f"more {number}", FIRST))

        assert order.index("final") < order.index("card") < order.index("more 15")

    run(main)


def test_waiting_calls_of_one_priority_go_in_their_order():
    async def main(pace: Pace, server: Server) -> None:
        order: list[int] = []

        async def call(number: int) -> None:
            await pace.turn(CREW)
            order.append(number)

        await asyncio.gather(*map(call, range(50)))

        assert order == list(range(50))

    run(main)


# --- when the server says no ----------------------------------------------------------------


def test_a_chat_that_was_told_to_wait_stops_no_other():
    async def main(pace: Pace, server: Server) -> None:
        pace.hold(CREW, 40)

        held, others = asyncio.create_task(final(pace, server, CREW)), [CLUB, ANN, BEN]
        assert [await final(pace, server, chat) for chat in others] == [0, 0, 0]
        assert all(pace.spare(chat) for chat in others)
        assert await held == 40

    run(main)


def test_a_bot_that_was_told_to_wait_waits_everywhere():
    async def main(pace: Pace, server: Server) -> None:
        pace.hold(None, 3)

        assert not pace.spare(ANN)
        assert await asyncio.gather(*(final(pace, server, chat) for chat in (ANN, CREW))) == [3, 3]

    run(main)


def test_previews_stay_away_for_longer():
    async def main(pace: Pace, server: Server) -> None:
        pace.hold(ANN, 10)
        await asyncio.sleep(11)
        assert not pace.spare(ANN)
        assert not pace.spare(ANN, draft=True)
        assert await final(pace, server, ANN) == 0
        await asyncio.sleep(10)
        assert pace.spare(ANN)

    run(main)


def test_whoever_gives_up_takes_no_slot():
    async def main(pace: Pace, server: Server) -> None:
        pace.hold(ANN, 10)
        async with asyncio.TaskGroup() as group:
            gone = [group.create_task(final(pace, server, ANN)) for _ in range(5)]
            stays = group.create_task(final(pace, server, ANN))
            await asyncio.sleep(1)
            for each in gone:
                each.cancel()

        assert server.calls[ANN] == [10]
        assert stays.result() == 10

    run(main)


# --- numbers --------------------------------------------------------------------------------


def test_previews_come_as_often_as_they_promise():
    async def main(pace: Pace, server: Server) -> None:
        for chat, budget in [(ANN, PRIVATE), (CREW, GROUP)]:
            begun = server.now
            shown = await stream(pace, server, chat, "a", begun + 200, budget.preview_every)
            assert shown >= 0.95 * 200 / budget.preview_every

    run(main)


def test_drafts_have_a_pace_of_their_own():
    async def main(pace: Pace, server: Server) -> None:
        shown = 0
        for _ in range(300):
            shown += pace.spare(ANN, "a", draft=True)
            await asyncio.sleep(0.1)

        assert 0.9 * 30 <= shown * DRAFT.preview_every <= 1.1 * 30
        assert await final(pace, server, ANN) == 0

    run(main)


def test_many_chats_share_the_bot():
    async def main(pace: Pace, server: Server) -> None:
        waits = await asyncio.gather(*(final(pace, server, chat) for chat in range(1, 301)))

        assert server.refused == 0
        assert max(waits) < 300 / BOT.calls * BOT.seconds

    run(main)


def test_nothing_is_kept_of_chats_that_are_idle():
    async def main(pace: Pace, server: Server) -> None:
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        for chat in range(3_000):
            pace.spare(chat + 10)
            pace.spare(-chat - 10)
            await asyncio.sleep(0.1)
        await asyncio.sleep(100)
        for _ in range(1_000):
            pace.spare(ANN)
        kept = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()

        assert kept / 6_000 < 100  # bytes for each of them

    run(main)
