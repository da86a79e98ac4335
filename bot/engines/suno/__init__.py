"""Music by Suno through a task API: relay gateways and direct servers, in whatever dialect they answer."""

from bot.engines.suno.client import Suno

__all__ = ["Suno"]
