"""Video by Luma through a task API, in whatever dialect the gateway answers."""

from bot.engines.luma.client import Luma

__all__ = ["Luma"]
