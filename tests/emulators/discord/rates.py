"""Rate limits: what the bot may ask for per route and place, and altogether."""

import hashlib
from collections import Counter, deque
from dataclasses import dataclass, field

from tests.emulators.discord.rest.call import Call
from tests.emulators.telegram.clock import Clock

INVALID = frozenset({401, 403, 429})  # 10 000 of these in ten minutes and the address is banned


@dataclass(frozen=True, slots=True)
class Rates:
    """How many requests per how many seconds; the place is the channel, the server or the token."""

    create: tuple[int, float] = (5, 5.0)
    edit: tuple[int, float] = (5, 5.0)
    delete: tuple[int, float] = (5, 1.0)
    read: tuple[int, float] = (5, 1.0)
    react: tuple[int, float] = (1, 0.25)
    typing: tuple[int, float] = (5, 5.0)
    rename: tuple[int, float] = (2, 600.0)
    threads: tuple[int, float] = (50, 300.0)
    webhook: tuple[int, float] = (5, 2.0)
    other: tuple[int, float] = (10, 1.0)
    everything: int = 50  # per second, interactions not counted


_KINDS = {
    "create_message": "create",
    "edit_message": "edit",
    "delete_message": "delete",
    "get_message": "read",
    "get_messages": "read",
    "react": "react",
    "unreact": "react",
    "type_in": "typing",
    "edit_channel": "rename",
    "create_thread": "threads",
    "thread_from_message": "threads",
    "follow": "webhook",
    "get_response": "webhook",
    "edit_response": "webhook",
    "delete_response": "webhook",
}
FREE = frozenset({"respond"})  # neither counted nor limited


@dataclass(slots=True)
class _Bucket:
    limit: int
    seconds: float
    used: int = 0
    ends: float = 0.0  # of the present window

    def wait(self, now: float) -> float:
        """Seconds until there is room for one more."""
        if now >= self.ends:
            self.used, self.ends = 0, now + self.seconds
        return 0.0 if self.used < self.limit else self.ends - now


@dataclass(slots=True)
class Verdict:
    """Headers for the answer, and how long to wait if it is refused."""

    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0  # real seconds; 0: it may pass
    everywhere: bool = False


class RateControl:
    """Counts, and refuses. ``rules`` None: everything passes, and no headers say otherwise."""

    def __init__(self, clock: Clock, rules: Rates | None) -> None:
        self._clock = clock
        self.rules = rules
        self.refused = 0
        self.refused_by: Counter[str] = Counter()
        self.invalid = 0
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self._latest: deque[float] = deque()

    def check(self, call: Call) -> Verdict:
        rules = self.rules
        if rules is None or call.name in FREE:
            return Verdict()
        now = self._clock.now()
        if not call.template.startswith("/webhooks"):
            while self._latest and self._latest[0] <= now - 1:
                self._latest.popleft()
            if len(self._latest) >= rules.everything:
                wait = self._clock.real(self._latest[0] + 1 - now)
                return self._refuse(
                    call, wait, {"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"}, True
                )
            self._latest.append(now)
        kind = _KINDS.get(call.name, "other")
        bucket = self._bucket(kind, call)
        wait = bucket.wait(now)
        if not wait:
            bucket.used += 1
        left = self._clock.real(bucket.ends - now)
        headers = {
            "X-RateLimit-Limit": str(bucket.limit),
            "X-RateLimit-Remaining": str(bucket.limit - bucket.used),
            "X-RateLimit-Reset": f"{now + left:.3f}",
            "X-RateLimit-Reset-After": f"{left:.3f}",
            "X-RateLimit-Bucket": _hash(f"{kind} {call.template if kind == 'other' else ''}"),
        }
        if wait:
            return self._refuse(call, left, headers | {"X-RateLimit-Scope": "user"}, False)
        return Verdict(headers)

    def _refuse(self, call: Call, wait: float, headers: dict[str, str], everywhere: bool) -> Verdict:
        self.refused += 1
        self.refused_by[call.name] += 1
        return Verdict(headers | {"Retry-After": str(int(wait) + 1)}, max(wait, 0.001), everywhere)

    def _bucket(self, kind: str, call: Call) -> _Bucket:
        major = call.args.get("channel") or call.args.get("guild") or call.args.get("token") or ""
        name = (kind if kind != "other" else f"{call.verb} {call.template}", major)
        if name not in self._buckets:
            limit, seconds = getattr(self.rules, kind)
            self._buckets[name] = _Bucket(limit, seconds)
        return self._buckets[name]


def _hash(name: str) -> str:
    return hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()[:32]
