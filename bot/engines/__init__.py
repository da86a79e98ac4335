"""Picture services by name: another one is a module and a line here."""

ENGINES = {
    "midjourney": "bot.engines.midjourney:Midjourney",
    "images": "bot.engines.images:Images",
    "chat-image": "bot.engines.chat_image:ChatImages",
    "suno": "bot.engines.suno:Suno",
    "luma": "bot.engines.luma:Luma",
}
BESIDE = ("suno", "luma")  # those that do not paint
