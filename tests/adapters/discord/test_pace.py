"""Previews share what a channel's edits may cost."""

import asyncio

from adapters.discord.names import Name
from adapters.discord.pace import Budget, Pace, Turnstile


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def previews(pace: Pace, clock: Clock, seconds: float, *messages: str) -> dict[str, int]:
    went = dict.fromkeys(messages, 0)
    end = clock.now + seconds
    while clock.now < end:
        for message in messages:
            went[message] += pace.spare("c", message)
        clock.now += 0.1
    return went


def test_previews_leave_room_for_a_final():
    clock = Clock()
    pace = Pace(Budget(5, 5.0, kept=1), clock)

    assert previews(pace, clock, 5.0, "a")["a"] == 4


def test_messages_that_grow_side_by_side_take_turns():
    clock = Clock()
    pace = Pace(Budget(5, 5.0, kept=1), clock)
    went = previews(pace, clock, 60.0, "a", "b", "c")

    assert max(went.values()) - min(went.values()) <= 1


def test_a_message_that_stopped_growing_gives_its_turn_away():
    clock = Clock()
    pace = Pace(Budget(5, 5.0, kept=1), clock)
    previews(pace, clock, 3.0, "a", "b")
    pace.took("c", "b")
    went = previews(pace, clock, 10.0, "a")

    assert went["a"] >= 6


def test_other_channels_are_other_budgets():
    clock = Clock()
    pace = Pace(Budget(5, 5.0, kept=1), clock)

    assert pace.spare("c", "a")
    assert pace.spare("d", "b")


async def test_calls_of_the_whole_bot_wait_in_the_order_of_asking():
    turnstile, went = Turnstile(Budget(3, 0.05, kept=1)), []

    async def call(number: int) -> None:
        await turnstile.enter()
        went.append((number, asyncio.get_running_loop().time()))

    await asyncio.gather(*(call(number) for number in range(8)))

    assert [number for number, _ in went] == list(range(8))
    assert all(went[place + 3][1] - went[place][1] >= 0.049 for place in range(5))


async def test_what_may_be_left_out_leaves_room_for_the_rest():
    clock = Clock()
    turnstile = Turnstile(Budget(4, 1.0, kept=1), clock)
    found = []
    for _ in range(4):
        found.append(turnstile.spare("a"))
        await turnstile.enter()
    clock.now += 1.0

    assert found == [True, True, False, False]
    assert turnstile.spare("a")


async def test_who_was_refused_has_room_next_time():
    clock = Clock()
    turnstile = Turnstile(Budget(4, 1.0, kept=1), clock)
    went = dict.fromkeys("abcdef", 0)
    for step in range(60):
        clock.now += 1.0 / 6
        who = "abcdef"[step % 6]  # one after another, in step with the platform's second
        if turnstile.spare(who):
            await turnstile.enter()
            went[who] += 1

    assert max(went.values()) - min(went.values()) <= 5
    assert min(went.values()) >= 3


def test_a_message_is_called_by_all_that_belongs_to_it():
    for name in (Name("1"), Name("1", "9"), Name("1", above=("2", "3")), Name("1", "9", ("2",))):
        assert Name.read(str(name)) == name
