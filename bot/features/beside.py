"""Services beside painting, such as music: their jobs go the same way, and are ordered with less ado."""

import time

from bot.errors import UserError
from bot.jobs import Job, Order, new_id
from bot.messages import CommandCall
from bot.ports import ImageEngine, Jobs


class Beside:
    """Orders for one engine. ``absent`` is what people are told where the gateway has no such service."""

    def __init__(self, jobs: Jobs, engine: ImageEngine | None) -> None:
        self._jobs = jobs
        self._engine = engine

    async def place(self, call: CommandCall, order: Order, absent: str) -> Job:
        """A job for what a command asks for; the one that is there already when it comes again.

        UserError where there is no such service, and for what would cost and fail.
        """
        if self._engine is None or not await self._engine.offered():
            raise UserError(absent)
        self._engine.check(order)
        job = Job(
            new_id(),
            call.channel,
            call.author,
            self._engine.name,
            order,
            source=f"{call.channel}/{call.id}",
            reply_to=call.id,
            created=time.time(),
        )
        return await self._jobs.add(job)
