"""A whole application of the library, polling the server and answering people."""

from telegram import Update
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from tests.emulators.telegram import Telegram


async def echo(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    await update.message.reply_text(f"you said: {update.message.text}", do_quote=True)


async def hello(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    await update.message.reply_text(f"hello {' '.join(context.args)}")


def application(server: Telegram) -> Application:
    builder = ApplicationBuilder().token(server.token)
    made = builder.base_url(f"{server.url}/bot").base_file_url(f"{server.url}/file/bot").build()
    made.add_handler(CommandHandler("hello", hello))
    made.add_handler(MessageHandler(filters.TEXT, echo))
    return made


async def test_an_application_hears_and_answers(server: Telegram):
    ann = server.user("Ann")
    group = server.supergroup("Us", [ann])
    program = application(server)
    async with program:
        await program.start()
        await program.updater.start_polling()
        said = server.say(ann, ann, "one")
        answer = await server.until(lambda: server.last(ann))
        server.say(ann, group, "/hello@chatelier_bot dear all")
        await server.until(lambda: server.texts(group))
        server.fail("getUpdates", 1)
        server.say(ann, ann, "two")
        await server.until(lambda: len(server.texts(ann)) == 2)
        await program.updater.stop()
        await program.stop()

    assert (answer.text, answer.reply_to) == ("you said: one", said.id)
    assert server.texts(group) == ["hello dear all"]
    assert server.texts(ann)[1] == "you said: two"
    assert server.world.updates.waiting == []
    assert not server.violations
