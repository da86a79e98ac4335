"""When a call may go: one pace for each chat, each group and the whole bot."""

import asyncio
import heapq
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from itertools import count


@dataclass(frozen=True, slots=True)
class Budget:
    """At most ``calls`` in any window of ``seconds``, of which previews leave ``kept`` to all else."""

    calls: int
    seconds: float
    kept: int = 0
    burst: int = 2  # previews in a row that need not be apart

    @property
    def preview_every(self) -> float:
        """Seconds between previews when they come all the time, a bit more than their share of the window:
        one that comes early after one that came late still finds room."""
        return 1.05 * self.seconds / (self.calls - self.kept)


# The platform speaks of 1/s in a chat (short bursts pass), 20 a minute in a group, and 30/s in all. A little
# more time than that, since a call does not arrive the moment it leaves. What drafts may cost is unpublished.
PRIVATE = Budget(5, 5.1, kept=1)
GROUP = Budget(20, 62.0, kept=6)
BOT = Budget(30, 1.1, kept=10, burst=20)
DRAFT = Budget(10, 6.0)

FIRST = 0  # final edits and first words: somebody waits for them
LATER = 1  # cards, notices and the like

_PATIENCE = 10.0  # seconds of waiting that make up for one step of priority
_CLAIM = 10.0  # seconds for which a preview that was refused keeps its place

_Waiting = tuple[float, int, int, asyncio.Future[None]]  # when it is due, its order, how many calls


class Pace:
    """Grants calls. Groups are negative ids. Chats that are idle are forgotten."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        private: Budget = PRIVATE,
        group: Budget = GROUP,
        bot: Budget = BOT,
        draft: Budget = DRAFT,
    ) -> None:
        self._clock = clock
        self._private, self._group, self._draft = private, group, draft
        self._bot = _Lane(bot)
        self._lanes: OrderedDict[Hashable, _Lane] = OrderedDict()  # by last use
        self._waiting: dict[int, _Lane] = {}
        self._order = count()
        self._timer: asyncio.TimerHandle | None = None

    def spare(self, chat: int, stream: Hashable = None, *, draft: bool = False) -> bool:
        """Whether a preview may go now; if so, it has its slot.

        Of several ``stream``s in one chat (messages that grow) each gets its share. A native ``draft`` costs
        the chat nothing, but waits like everything else when the server told the chat to.
        """
        now = self._clock()
        lane = around = self._lane(chat, now)
        if draft:
            lane = self._lane(("draft", chat), now)
        if around.quiet(now) or not (lane.may_preview(now, stream) and self._bot.may_preview(now, chat)):
            return False
        lane.preview(now, stream)
        self._bot.preview(now, chat)
        return True

    async def turn(self, chat: int, priority: int = FIRST, *, calls: int = 1) -> None:
        """Wait for a slot, or for so many ``calls`` at once (an album counts its parts).

        Everybody gets one, in the order of priority and time.
        """
        now = self._clock()
        slot: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        lane = self._waiting[chat] = self._lane(chat, now)
        heapq.heappush(lane.waiting, (now + priority * _PATIENCE, next(self._order), calls, slot))
        self._grant()
        await slot

    def hold(self, chat: int | None, seconds: float) -> None:
        """The server told this chat, or with None the bot, to wait. Nothing that waits here is lost."""
        now = self._clock()
        lane = self._bot if chat is None else self._lane(chat, now)
        lane.hold(now, seconds)

    def _lane(self, name: Hashable, now: float) -> "_Lane":
        self._forget(now)
        lane = self._lanes.get(name)
        if lane is None:
            group = isinstance(name, int) and name < 0
            budget = self._group if group else self._private if isinstance(name, int) else self._draft
            lane = self._lanes[name] = _Lane(budget)
        self._lanes.move_to_end(name)
        return lane

    def _forget(self, now: float) -> None:
        """Drop what is idle. Two at a time are enough: more than one is never added."""
        for _ in range(min(2, len(self._lanes))):
            name, lane = next(iter(self._lanes.items()))
            if not lane.is_idle(now):
                self._lanes.move_to_end(name)
            else:
                del self._lanes[name]

    def _grant(self) -> None:
        """Let go whoever may, and come back when the next may."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = self._clock()
        for chat in [chat for chat, lane in self._waiting.items() if not lane.is_wanted()]:
            del self._waiting[chat]
        heads = [(*lane.waiting[0][:2], chat) for chat, lane in self._waiting.items()]
        heapq.heapify(heads)
        soonest = float("inf")
        while heads:
            chat = heapq.heappop(heads)[2]
            lane = self._waiting[chat]
            calls, slot = lane.waiting[0][2:]
            wait = max(lane.wait(now, calls), self._bot.wait(now, calls))
            if wait > 0:
                soonest = min(soonest, wait)
                continue
            self._bot.take(now, calls)
            lane.take(now, calls)
            slot.set_result(None)
            if lane.is_wanted():
                heapq.heappush(heads, (*lane.waiting[0][:2], chat))
        if soonest < float("inf"):
            self._timer = asyncio.get_running_loop().call_later(soonest, self._grant)


class _Lane:
    """One budget, what was taken of it, and who waits for more."""

    __slots__ = ("_budget", "_claims", "_held", "_next", "_quiet", "_taken", "waiting")

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._taken: deque[float] = deque(maxlen=budget.calls)  # when the last calls went
        self._next = 0.0  # when the next preview may go, were there no bursts
        self._held = 0.0  # nothing goes before
        self._quiet = 0.0  # no preview goes before
        self._claims: dict[Hashable, float] = {}  # streams whose preview was refused, and when
        self.waiting: list[_Waiting] = []

    def wait(self, now: float, calls: int = 1) -> float:
        """Seconds until so many calls may go."""
        held = self._held - now
        last = len(self._taken) + min(calls, self._budget.calls) - self._budget.calls - 1
        return held if last < 0 else max(held, self._taken[last] + self._budget.seconds - now)

    def take(self, now: float, calls: int = 1) -> None:
        self._taken.extend([now] * calls)

    def hold(self, now: float, seconds: float) -> None:
        """Previews stay away for twice as long: they were what was too much."""
        self._held = max(self._held, now + seconds)
        self._quiet = max(self._quiet, now + 2 * seconds)

    def quiet(self, now: float) -> bool:
        return now < self._quiet or self.is_wanted()

    def may_preview(self, now: float, stream: Hashable) -> bool:
        """Whether there is a slot, and nobody who was refused before has the better claim to it."""
        if self.quiet(now):
            return False
        budget = self._budget
        self._claims = {other: since for other, since in self._claims.items() if now - since < _CLAIM}
        recent = sum(now - at < budget.seconds for at in self._taken)
        due = int((now - self._next) // budget.preview_every) + budget.burst
        room = min(budget.calls - budget.kept - recent, due)
        claims = list(self._claims)
        if room > (claims.index(stream) if stream in self._claims else len(claims)):
            return True
        if stream is not None:
            self._claims.setdefault(stream, now)
        return False

    def preview(self, now: float, stream: Hashable) -> None:
        self.take(now)
        self._next = max(self._next, now) + self._budget.preview_every
        self._claims.pop(stream, None)

    def is_wanted(self) -> bool:
        """Whether anybody waits who has neither been let go nor gone away."""
        while self.waiting and self.waiting[0][3].done():
            heapq.heappop(self.waiting)
        return bool(self.waiting)

    def is_idle(self, now: float) -> bool:
        used = self._taken and now - self._taken[-1] < self._budget.seconds
        return not (used or now < self._quiet or self.is_wanted())
