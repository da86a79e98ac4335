"""One reading of Markdown into blocks that can be measured and split."""

from bot.markdown.closing import close_open
from bot.markdown.packing import Packer, pack
from bot.markdown.reading import Block, Growing, blocks
from bot.markdown.receipt import lost

__all__ = ["Block", "Growing", "Packer", "blocks", "close_open", "lost", "pack"]
