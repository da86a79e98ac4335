"""The built-in stand-in gateway: chat, images, audio and the Midjourney API, and pictures of its own."""

from bot.sandbox.server import DIALECTS, Sandbox
from bot.sandbox.studio import Switches

__all__ = ["DIALECTS", "Sandbox", "Switches"]
