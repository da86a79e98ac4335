"""The sandbox's own words, in English and Chinese; they stand in ``words/en.txt`` and ``words/zh.txt``."""

from functools import lru_cache
from pathlib import Path

TRIGGERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("help", ("help", "帮助", "?")),
    ("earlier", ("what did i say", "do you remember", "what have i said", "我说过什么", "之前说", "记得")),
    ("system", ("system prompt", "your instructions", "系统提示")),
    ("who", ("who are you", "what are you", "are you real", "which model", "你是谁", "你是什么")),
    ("hello", ("hello*", "hi", "hey", "good morning", "good evening", "你好", "您好", "早上好", "嗨")),
    ("thanks", ("thanks", "thank you*", "谢谢")),
    ("table", ("table", "a table", "show a table", "表格")),
    ("code", ("code", "show code", "write code", "python*", "代码")),
    ("list", ("list", "lists", "a list", "列表", "清单")),
    ("math", ("math", "latex", "formula", "公式", "数学")),
    ("links", ("links", "link", "链接")),
    ("html", ("html", "script")),
    ("quote", ("quote", "引用")),
    ("everything", ("markdown", "everything", "demo", "show off", "格式", "演示")),
    ("poem", ("poem", "write a poem*", "a poem", "haiku", "诗", "俳句")),
    ("story", ("story", "tell me a story*", "a story", "故事")),
    ("joke", ("joke", "tell me a joke*", "笑话")),
)


@lru_cache
def words(language: str) -> dict[str, str]:
    """All phrases by name: each stands under a line ``@ name``. What Chinese lacks is said in English."""
    found = dict(words("en")) if language != "en" else {}
    text = Path(__file__).with_name("words").joinpath(f"{language}.txt").read_text(encoding="utf-8")
    for part in text.split("\n@ "):
        name, _, phrase = part.removeprefix("@ ").partition("\n")
        found[name] = phrase.strip("\n")
    return found


def choices(language: str, name: str) -> list[str]:
    """The phrases that stand under one name, separated by lines with a bar."""
    return words(language)[name].split("\n|\n")
