"""Pictures, films and songs that chat models make: mj-chat, gpt-4-all, gpt-4o-image and their like."""

from bot.engines.chat_image.client import ChatImages, Plan

__all__ = ["ChatImages", "Plan"]
