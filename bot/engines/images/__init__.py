"""Pictures through the Images API: DALL·E, gpt-image, flux and whatever else speaks it."""

from bot.engines.images.client import Images

__all__ = ["Images"]
