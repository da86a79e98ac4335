"""Telegram, on python-telegram-bot."""

from adapters.telegram.platform import Telegram
from adapters.telegram.probe import probe

__all__ = ["Telegram", "probe"]
