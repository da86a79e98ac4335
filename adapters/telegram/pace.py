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
    """At most ``calls`` in any window of ``seconds``; previews leave ``kept`` of them to all else."""

    calls: int
    seconds: float
    kept: int = 0

    @property
    def preview_every(self) -> float:
        """Seconds between previews when they come all the time."""
        return self.seconds / (self.calls - self.kept)


# The platform's own numbers are 1/s (short bursts pass), 20 in 60 s and 30 in 1 s. A little more time than
# that, since a call does not arrive the moment it leaves.
PRIVATE = Budget(3, 3.15)
GROUP = Budget(20, 62.0, kept=6)
BOT = Budget(30, 1.1, kept=10)

FIRST = 0  # final edits and first words: somebody waits for them
LATER = 1  # cards, notices and the like

_PATIENCE = 10.0  # seconds after which a call counts as much as a new one of the priority before it
_CLAIM = 15.0  # seconds for which a preview that was refused keeps its place
_BURST = 2  # previews in a row that need not be apart


class Pace:
    """Grants calls. Groups are negative ids. Chats that are idle are forgotten."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        private: Budget = PRIVATE,
        group: Budget = GROUP,
        bot: Budget = BOT,
    ) -> None:
        self._clock = clock
        self._private, self._group = private, group
        self._bot = _Lane(bot)
        self._lanes: OrderedDict[int, _Lane] = OrderedDict()  # by last use
        self._order = count()
        self._timer: asyncio.TimerHandle | None = None

    def spare(self, chat: int, stream: Hashable = None) -> bool:
        """Whether a preview may go now; if so, it has its slot.

        Of several ``stream``s in one chat (messages that grow) each gets its share.
        """
        now = self._clock()
        lane = self._lane(chat, now)
        if lane.waiting or not self._bot.may_preview(now, None) or not lane.may_preview(now, stream):
            return False
        self._bot.take(now)
        lane.take(now)
        lane.previewed(now, stream)
        return True

    async def turn(self, chat: int, priority: int = FIRST) -> None:
        """Wait for a slot. Everybody gets one, in the order of priority and time."""
        loop = asyncio.get_running_loop()
        now = self._clock()
        slot: asyncio.Future[None] = loop.create_future()
        entry = (now + priority * _PATIENCE, next(self._order), slot)
        heapq.heappush(self._lane(chat, now).waiting, entry)
        self._grant()
        await slot

    def hold(self, chat: int | None, seconds: float) -> None:
        """The server told this chat, or with None the bot, to wait. Nothing that waits here is lost."""
        now = self._clock()
        lane = self._bot if chat is None else self._lane(chat, now)
        lane.hold(now, seconds)

    def _lane(self, chat: int, now: float) -> "_Lane":
        lane = self._lanes.get(chat)
        if lane is None:
            self._forget(now)
            lane = self._lanes[chat] = _Lane(self._group if chat < 0 else self._private)
        self._lanes.move_to_end(chat)
        return lane

    def _forget(self, now: float) -> None:
        """Drop chats at the idle end. Two for each new one: what is kept shrinks to those in use."""
        for _ in range(min(2, len(self._lanes))):
            chat, lane = next(iter(self._lanes.items()))
            if lane.idle(now):
                del self._lanes[chat]
            else:
                self._lanes.move_to_end(chat)

    def _grant(self) -> None:
        """Let go whoever may, and come back when the next may."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = self._clock()
        heads = []
        for chat, lane in self._lanes.items():
            lane.drop_cancelled()
            if lane.waiting:
                heads.append((*lane.waiting[0][:2], chat))
        heapq.heapify(heads)
        soonest = float("inf")
        while heads:
            lane = self._lanes[heads[0][2]]
            wait = max(lane.wait(now), self._bot.wait(now))
            if wait > 0:
                soonest = min(soonest, wait)
                heapq.heappop(heads)
                continue
            self._bot.take(now)
            lane.take(now)
            heapq.heappop(lane.waiting)[2].set_result(None)
            lane.drop_cancelled()
            if lane.waiting:
                heapq.heapreplace(heads, (*lane.waiting[0][:2], heads[0][2]))
            else:
                heapq.heappop(heads)
        if soonest < float("inf"):
            self._timer = asyncio.get_running_loop().call_later(soonest, self._grant)


class _Lane:
    """One budget and who waits for it."""

    __slots__ = ("_budget", "_claims", "_held", "_next", "_quiet", "_taken", "waiting")

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._taken: deque[float] = deque(maxlen=budget.calls)  # when the last calls went
        self._next = 0.0  # when the next preview may go, were there no bursts
        self._held = 0.0  # nothing goes before
        self._quiet = 0.0  # no preview goes before
        self._claims: dict[Hashable, float] = {}  # previews that were refused, and when
        self.waiting: list[tuple[float, int, asyncio.Future[None]]] = []

    def wait(self, now: float) -> float:
        """Seconds until a call may go."""
        held = self._held - now
        if len(self._taken) < self._budget.calls:
            return held
        return max(held, self._taken[0] + self._budget.seconds - now)

    def take(self, now: float) -> None:
        self._taken.append(now)

    def hold(self, now: float, seconds: float) -> None:
        self._held = max(self._held, now + seconds)
        self._quiet = max(self._quiet, now + 2 * seconds)

    def may_preview(self, now: float, stream: Hashable) -> bool:
        """Whether there is a slot, and nobody who was refused before has the better claim to it."""
        if now < self._quiet:
            return False
        every = self._budget.preview_every
        for other in [each for each, since in self._claims.items() if since < now - _CLAIM]:
            del self._claims[other]
        recent = sum(1 for at in self._taken if at > now - self._budget.seconds)
        room = min(
            self._budget.calls - self._budget.kept - recent,
            int((now - self._next) / every) + _BURST,
        )
        before = list(self._claims).index(stream) if stream in self._claims else len(self._claims)
        if room > before:
            return True
        if stream is not None:
            self._claims.setdefault(stream, now)
        return False

    def previewed(self, now: float, stream: Hashable) -> None:
        every = self._budget.preview_every
        self._next = max(self._next, now - every) + every
        self._claims.pop(stream, None)

    def drop_cancelled(self) -> None:
        while self.waiting and self.waiting[0][2].done():
            heapq.heappop(self.waiting)

    def idle(self, now: float) -> bool:
        used = self._taken and self._taken[-1] > now - self._budget.seconds
        return not (used or self.waiting or now < self._quiet)
