"""Telegram, on python-telegram-bot."""

from adapters.telegram.platform import Telegram

__all__ = ["Telegram"]
