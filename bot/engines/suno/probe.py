"""What `check` tries of a Suno service: tasks that nobody has are asked for, and nothing is ordered."""

from collections.abc import Sequence

from bot.engines.calls import Calls
from bot.engines.refusals import error_in, unrouted
from bot.engines.suno.dialects import Dialect
from bot.errors import Kind, ServiceError
from bot.ports import Finding
from bot.texts import _

NOBODY = "00000000-0000-0000-0000-000000000000"  # a task that nobody has


async def probe(calls: Calls, dialects: Sequence[Dialect]) -> Sequence[Finding]:
    """One line: whether there is music, and how it is spoken of."""
    what = _("Music (Suno)")
    for dialect in dialects:
        try:
            answer = await calls.get(dialect.ask + NOBODY)
        except ServiceError as trouble:
            advice = _("Look at the address (SUNO_URL or GATEWAY_URL) and at the network.")
            return [Finding(what, False, f"{calls.root}: {trouble.reason}", advice)]
        if unrouted(answer):
            continue
        error = error_in(answer, paid=False)
        if error.kind is Kind.KEY:
            advice = _("The key is not accepted: set SUNO_KEY (or GATEWAY_KEY).")
            return [Finding(what, False, error.reason or f"HTTP {error.status}", advice)]
        return [Finding(what, True, f"{dialect.name}: {dialect.music}")]
    return [Finding(what, True, _("not offered here"))]
