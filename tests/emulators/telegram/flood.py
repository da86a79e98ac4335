"""Flood control: what the bot may send per chat, per group and altogether."""

import math
from collections import Counter
from dataclasses import dataclass, field

from tests.emulators.telegram.call import Call, listed
from tests.emulators.telegram.clock import Clock
from tests.emulators.telegram.errors import too_many
from tests.emulators.telegram.world import Chat, World

COUNTED = listed(
    "sendMessage sendPhoto sendDocument sendVideo sendAudio sendVoice sendAnimation "
    "sendMediaGroup editMessageText editMessageCaption editMessageMedia editMessageReplyMarkup "
    "forwardMessage copyMessage"
)
DRAFTS = frozenset({"sendMessageDraft"})


@dataclass(frozen=True, slots=True)
class Flood:
    """Budgets: how many at once, and how many come back per second. Edits count like messages."""

    private_burst: int = 5
    private_rate: float = 1.0
    group_burst: int = 20
    group_rate: float = 20 / 60
    bot_burst: int = 30
    bot_rate: float = 30.0
    draft_burst: int = 20
    draft_rate: float = 5.0
    penalty: int = 0  # seconds that a refusal adds to the wait


@dataclass(slots=True)
class _Bucket:
    burst: float
    rate: float
    left: float
    at: float

    def wait(self, now: float) -> float:
        """Seconds until there is room for one more."""
        self.left = min(self.burst, self.left + (now - self.at) * self.rate)
        self.at = now
        return 0.0 if self.left >= 1 else (1 - self.left) / self.rate


@dataclass(slots=True)
class FloodControl:
    """Counts, and refuses. ``rules`` None: everything passes."""

    clock: Clock
    rules: Flood | None
    refused: int = 0
    refused_by: Counter[str] = field(default_factory=Counter)  # method: how often
    _buckets: dict[object, _Bucket] = field(default_factory=dict)
    _barred: dict[object, float] = field(default_factory=dict)  # until when, after a refusal

    def check(self, world: World, call: Call) -> None:
        """Raise 429 when this request is one too many."""
        rules = self.rules
        if rules is not None and call.method == "setWebhook":
            self._once_a_second()
        if rules is None or call.method not in COUNTED | DRAFTS:
            return
        media = call.params.get("media")
        cost = len(media) if call.method == "sendMediaGroup" and isinstance(media, list) else 1
        buckets = [("bot", rules.bot_burst, rules.bot_rate)]
        if call.method in DRAFTS:
            buckets.append((f"draft {call.params.get('chat_id')}", rules.draft_burst, rules.draft_rate))
        else:
            buckets.append(self._chat(world, call, rules))
        now = self.clock.now()
        found = [self._bucket(name, burst, rate, now) for name, burst, rate in buckets]
        wait = max(one.wait(now) for one in found)
        wait = max([wait, *(self._barred.get(name, 0.0) - now for name, _, _ in buckets)])
        if wait > 0:
            wait += rules.penalty
            if rules.penalty:
                self._barred[buckets[-1][0]] = now + wait
            self.refused += 1
            self.refused_by[call.method] += 1
            raise too_many(max(1, math.ceil(self.clock.real(wait))))
        for one in found:
            one.left -= cost

    def _once_a_second(self) -> None:
        bucket = self._bucket("setWebhook", 1, 1.0, self.clock.now())
        if bucket.wait(self.clock.now()) > 0:
            self.refused += 1
            raise too_many(1)
        bucket.left -= 1

    def _chat(self, world: World, call: Call, rules: Flood) -> tuple[str, float, float]:
        if call.has("inline_message_id"):
            return f"inline {call.params['inline_message_id']}", rules.private_burst, rules.private_rate
        chat = _find(world, call.params.get("chat_id"))
        if chat is None or chat.private:
            return f"chat {call.params.get('chat_id')}", rules.private_burst, rules.private_rate
        return f"chat {chat.id}", rules.group_burst, rules.group_rate

    def _bucket(self, name: str, burst: float, rate: float, now: float) -> _Bucket:
        if name not in self._buckets:
            self._buckets[name] = _Bucket(burst, rate, burst, now)
        return self._buckets[name]


def _find(world: World, value: object) -> Chat | None:
    if isinstance(value, int):
        return world.chats.get(value)
    return next((chat for chat in world.chats.values() if f"@{chat.username}" == value), None)
