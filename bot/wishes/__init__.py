"""What people wish of a picture: ``the second one, more fog, and zoom out`` → steps to be done."""

from bot.wishes.reading import read_call, read_steps
from bot.wishes.steps import ACTIONS, ANEW, CUSTOM, ON_SINGLES, REGION, Step, fitted, read_line, unzoomed

__all__ = [
    "ACTIONS",
    "ANEW",
    "CUSTOM",
    "ON_SINGLES",
    "REGION",
    "Step",
    "fitted",
    "read_call",
    "read_line",
    "read_steps",
    "unzoomed",
]
