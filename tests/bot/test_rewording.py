"""Better, safer and English words: proposed, shown, and painted when somebody says so."""

import asyncio

from bot.errors import Kind, Refused, Unavailable
from bot.jobs import Accepted
from tests.scripted import FakePlatform, ScriptedModel, answer, labels, service


async def proposed(bot):
    await bot.chat().until(lambda chat: chat.messages and "1" in labels(chat.last))


async def test_improve_proposes_three_and_paints_the_one_that_is_chosen(tmp_path):
    model = ScriptedModel(answer("1. a red fox at dawn\n2. fox, macro\n3. fox in fog"))
    async with service(tmp_path, model=model) as bot:
        await bot.say("/improve a fox --ar 16:9")
        await proposed(bot)
        assert labels(bot.chat().last) == ["1", "2", "3"]
        assert "2. fox, macro" in bot.chat().last.text
        await bot.press("2")
        assert bot.chat().questions[0].default == "fox, macro --ar 16:9"
        await bot.press("2", text="fox, macro --ar 16:9")
        await bot.work.idle()

        (order, _ref) = bot.engine.submitted[0]
        assert (order.verb, order.prompt) == ("imagine", "fox, macro --ar 16:9")


async def test_what_a_restart_cut_short_is_done_anew_in_the_same_message(tmp_path):
    platform, silence = FakePlatform(), ScriptedModel([asyncio.Event()])
    async with service(tmp_path, platform=platform, model=silence) as bot:
        await bot.say("/improve a fox")
        await bot.work.idle()
    async with service(tmp_path, platform=platform, model=ScriptedModel(answer("1. a red fox"))) as bot:
        await proposed(bot)

        assert "1. a red fox" in bot.chat().last.text
        assert len(bot.chat().messages) == 1


async def test_a_refused_prompt_is_put_into_safer_words_and_nothing_is_sent_unasked(tmp_path):
    model = ScriptedModel(answer("1. a fox without clothes, tasteful"))
    async with service(tmp_path, model=model) as bot:
        bot.engine.outcomes.append(Refused("可能包含敏感词", kind=Kind.CONTENT, detail="nude"))
        await bot.say("/imagine a nude fox --v 7")
        await bot.chat().until(lambda chat: chat.messages and "Safer words" in labels(chat.last))
        await bot.press("Safer words")
        await proposed(bot)
        card = bot.chat().last
        assert "~~nude~~" in card.text
        assert "**without clothes, tasteful**" in card.text
        assert len(bot.engine.submitted) == 1
        assert "“nude”" in model.prompts[0].turns[0].text
        await bot.press("1", text=None)
        await bot.press("1", text=bot.chat().questions[0].default)
        await bot.work.idle()

        assert bot.engine.submitted[1][0].prompt == "a fox without clothes, tasteful --v 7"


async def test_a_prompt_in_another_language_is_painted_and_english_is_offered(tmp_path):
    model = ScriptedModel(answer("1. a red fox in the snow"))
    async with service(tmp_path, model=model) as bot:
        bot.engine.outcomes.append(Accepted("t"))
        await bot.say("/imagine 雪地里的红狐狸 --ar 3:2")
        await bot.work.idle()
        assert bot.engine.submitted[0][0].prompt == "雪地里的红狐狸 --ar 3:2"
        bot.finish("t")
        await bot.chat().until(lambda chat: chat.last.images and not chat.last.growing)
        await bot.press("In English")
        await proposed(bot)
        await bot.press("1", text="a red fox in the snow --ar 3:2")
        await bot.work.idle()

        assert bot.engine.submitted[1][0].prompt == "a red fox in the snow --ar 3:2"
        assert "雪地里的红狐狸" in bot.chat().last.text
        assert "In English" not in labels(bot.chat().last)


async def test_a_place_may_want_english_always_and_both_are_shown(tmp_path):
    model = ScriptedModel(answer("1. a red fox in the snow"))
    async with service(tmp_path, model=model) as bot:
        await bot.say("/settings translate always")
        await bot.say("/imagine 雪地里的红狐狸 --ar 3:2")
        await bot.work.idle()

        assert bot.engine.submitted[0][0].prompt == "a red fox in the snow --ar 3:2"
        assert "a red fox in the snow" in bot.chat().last.text
        assert "雪地里的红狐狸" in bot.chat().last.text


async def test_when_the_model_is_away_the_prompt_is_painted_as_it_is(tmp_path):
    async with service(tmp_path, model=ScriptedModel([Unavailable("busy")])) as bot:
        await bot.say("/settings translate always")
        await bot.say("/imagine 雪地里的红狐狸")
        await bot.work.idle()

        assert bot.engine.submitted[0][0].prompt == "雪地里的红狐狸"


async def test_a_place_may_want_no_translations(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("/settings translate never")
        await bot.say("/imagine 雪地里的红狐狸")
        await bot.work.idle()

        assert labels(bot.chat().last) == ["Cancel"]


async def test_english_prompts_are_left_alone_names_and_accents_too(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("/imagine a café by Renoir, 東京 style neon sign above the long wooden door")
        await bot.work.idle()

        assert labels(bot.chat().last) == ["Cancel"]
