"""Who is meant by a name."""

import pytest

from bot.errors import Unavailable, UserError
from bot.painters import offers, painter
from tests.scripted import ScriptedEngine

OFFERED = {
    "midjourney": (),
    "images": ("dall-e-3", "gpt-image-1", "openai/gpt-image-1.5"),
    "chat-image": ("mj-chat", "gpt-4o-image", "画图"),
}


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("midjourney", ("midjourney", "")),
        ("Images", ("images", "")),
        ("chat_image", ("chat-image", "")),
        ("dall-e-3", ("images", "dall-e-3")),
        ("DALL·E 3", ("images", "dall-e-3")),
        ("dalle3", ("images", "dall-e-3")),
        ("mj-chat", ("chat-image", "mj-chat")),
        ("画图", ("chat-image", "画图")),
        ("images:GPT-image-1", ("images", "gpt-image-1")),
        ("images:our-own-model", ("images", "our-own-model")),
        ("openai/gpt-image-1.5", ("images", "openai/gpt-image-1.5")),
    ],
)
def test_an_engine_a_model_or_both(name, meant):
    assert painter(name, OFFERED) == meant


@pytest.mark.parametrize(
    ("name", "near"), [("dall-e-4", "dall-e-3"), ("mj", "midjourney"), (":", "midjourney")]
)
def test_any_other_name_is_told_with_what_there_is(name, near):
    with pytest.raises(UserError, match=near):
        painter(name, OFFERED)


class Shop(ScriptedEngine):
    def __init__(self, models, there=True):
        super().__init__()
        self.list, self.there = models, there

    async def offered(self, verb=""):
        return self.there

    async def models(self):
        if isinstance(self.list, Exception):
            raise self.list
        return self.list


async def test_engines_offer_what_their_services_have():
    engines = {
        "a": Shop(()),
        "b": Shop(("x", "y")),
        "c": Shop((), there=False),
        "d": Shop(Unavailable("down")),
    }

    assert await offers(engines) == {"a": (), "b": ("x", "y"), "d": ()}
