"""Midjourney through a task API: direct proxies and relay gateways, in whatever dialect they answer."""

from bot.engines.midjourney.client import Midjourney

__all__ = ["Midjourney"]
