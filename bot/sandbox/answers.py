"""What the sandbox's chat models say: pleasant, varied, honest, and the same for the same question."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.sandbox.looks import Look
from bot.sandbox.mischief import SPEAKER, WAYS, asked_for
from bot.sandbox.paint.dice import number
from bot.sandbox.phrases import TRIGGERS, choices, words
from bot.sandbox.prompts import TRICKS
from bot.sandbox.rewording import reworded

_CONTINUE = re.compile(SPEAKER + r"(please\s+)?(continue|go on|carry on|keep going|继续|接着)", re.IGNORECASE)
_LONG = re.compile(SPEAKER + r"(?:long|长文?)\s*(\d{1,7})?\s*\Z", re.IGNORECASE)
_ECHO = re.compile(SPEAKER + r"(?:echo|复述)[:：]?\s+(.*)\Z", re.IGNORECASE | re.DOTALL)
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Said:
    """A message as the sandbox understands it. ``links`` are pictures that it cannot open."""

    role: str
    text: str
    pictures: tuple[Look, ...] = ()
    links: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    text: str
    thoughts: str = ""


def answer_to(messages: Sequence[Said]) -> Answer:
    """The answer to a conversation. It depends on nothing else."""
    kept, partial = _to_be_continued(messages)
    if partial is not None:
        whole = _answer(kept)
        if whole.text.startswith(partial) and len(whole.text) > len(partial):
            return Answer(whole.text[len(partial) :], whole.thoughts)
        return Answer(words(_language(partial))["nothing more"], whole.thoughts)
    return _answer(messages)


def long_text(size: int) -> str:
    """Exactly ``size`` characters of numbered paragraphs with headings, lists and code in between."""
    parts = ["# A long answer from the sandbox\n\n"]
    total, index = len(parts[0]), 0
    while total < size:
        index += 1
        part = _paragraph(index)
        parts.append(part)
        total += len(part)
    return "".join(parts)[:size]


def speaks_chinese(text: str) -> bool:
    chinese = len(_CHINESE.findall(text))
    return chinese >= 2 and chinese * 3 >= len(re.sub(r"\s", "", text))


def count_tokens(text: str) -> int:
    """About how many tokens that is; at least one."""
    chinese = len(_CHINESE.findall(text))
    return max(1, chinese + (len(text) - chinese + 3) // 4)


def _to_be_continued(messages: Sequence[Said]) -> tuple[Sequence[Said], str | None]:
    """The conversation up to the unfinished answer, and that answer, when it is asked to go on."""
    last = len(messages) - 1
    if last >= 0 and messages[last].role == "assistant":
        return messages[:last], messages[last].text
    if last >= 1 and _CONTINUE.match(messages[last].text) and messages[last - 1].role == "assistant":
        return messages[: last - 1], messages[last - 1].text
    return messages, None


def _language(text: str) -> str:
    return "zh" if speaks_chinese(text) else "en"


def _answer(messages: Sequence[Said]) -> Answer:
    asked = next((said for said in reversed(messages) if said.role == "user"), Said("user", ""))
    language = _language(asked.text)
    own = words(language)
    before = [said for said in messages if said.role == "user" and said is not asked]
    text = asked.text.strip()
    system = "\n".join(said.text for said in messages if said.role in ("system", "developer"))
    if (words_for_it := reworded(system, text)) is not None:
        return Answer(words_for_it, "")
    thoughts = own["thoughts"].format(topic=_short(text, 60), turns=len(before))
    if match := _LONG.match(text):
        return Answer(long_text(min(1_000_000, max(100, int(match[1] or 4000)))), thoughts)
    if match := _ECHO.match(text):
        return Answer(match[1], thoughts)
    if asked_for(text):
        said = own["story"]
    elif asked.pictures or asked.links:
        said = _pictures(asked, language)
    elif key := _trigger(text):
        said = _special(key, messages, before, own)
    else:
        said = _small_talk(text, before, language)
    return Answer(f"{said}\n\n{own['signed']}", thoughts)


def _trigger(text: str) -> str:
    """The topic that a text asks for, with or without a speaker's name before it."""
    for said in (text, re.sub(SPEAKER, "", text, count=1)):
        low = said.lower().strip("?？!！.。 ") or said
        if key := next(
            (key for key, triggers in TRIGGERS if any(_means(low, each) for each in triggers)), ""
        ):
            return key
    return ""


def _means(text: str, trigger: str) -> bool:
    if trigger.endswith("*"):
        return text.startswith(trigger[:-1])
    if not trigger.isascii():
        return trigger in text and len(text) <= len(trigger) + 12
    return text == trigger or (" " in trigger and trigger in text) or text.startswith(trigger + " ")


def _special(key: str, messages: Sequence[Said], before: Sequence[Said], own: dict[str, str]) -> str:
    if key == "help":
        ways = "\n".join(f"- `sandbox {name}`: {what}" for name, what in WAYS.items())
        tricks = "\n".join(f"- `{name}` {what}" for name, what in TRICKS.items())
        return own["help"].format(ways=ways, tricks=tricks)
    if key == "earlier":
        if not before:
            return own["nothing earlier"]
        lines = "\n".join(f"{index}. {_short(said.text or '🖼', 120)}" for index, said in enumerate(before, 1))
        return own["earlier"].format(count=len(before), lines=lines)
    if key == "system":
        system = "\n".join(said.text for said in messages if said.role in ("system", "developer"))
        quoted = "\n".join("> " + line for line in system.splitlines())
        return own["system"].format(prompt=quoted) if system else own["no system"]
    if key == "everything":
        return "\n\n".join(own[part] for part in ("list", "table", "code", "math", "quote", "links", "html"))
    return own[key]


def _pictures(asked: Said, language: str) -> str:
    own = words(language)
    comma = "、" if language == "zh" else ", "
    lines = []
    for index, seen in enumerate(asked.pictures, 1):
        facts = {
            "index": index,
            "format": seen.format,
            "width": seen.width,
            "height": seen.height,
            "size": f"{seen.size:,}",
            "colours": comma.join(own.get(name, name) for name in seen.colours[:3]),
            "light": own["bright"] if seen.bright else own["dark"],
        }
        lines.append(own["picture"].format(**facts))
    lines += [own["link"]] * asked.links
    parts = [own["pictures"].format(count=len(asked.pictures) + asked.links), "\n".join(lines)]
    if asked.text.strip():
        parts.append(own["you asked"].format(text=_short(asked.text, 200)))
    return "\n\n".join(parts)


def _small_talk(text: str, before: Sequence[Said], language: str) -> str:
    chance = number(text, len(before))
    openings, middles, closings = (choices(language, part) for part in ("openings", "middles", "closings"))
    topic = _short(text, 80)
    parts = [openings[chance % len(openings)].format(topic=topic)]
    if before:
        said = _short(before[-1].text or "🖼", 80)
        parts.append(words(language)["you said"].format(text=said, count=len(before)))
    parts.append(middles[chance // 11 % len(middles)].format(topic=topic))
    parts.append(closings[chance // 131 % len(closings)])
    return "\n\n".join(parts)


def _short(text: str, size: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= size else line[: size - 1].rstrip() + "…"


def _paragraph(index: int) -> str:
    chance, sentences = number("paragraph", index), words("en")["long"].splitlines()
    first, second = sentences[chance % len(sentences)], sentences[chance // 13 % len(sentences)]
    if index % 9 == 0:
        return f"## Section {index // 9}\n\n"
    if index % 7 == 0:
        return "".join(f"- point {index}.{row}: {second}\n" for row in range(1, 4)) + "\n"
    if index % 11 == 0:
        return f"```python\ndef step_{index}(value: int) -> int:\n    return value + {index}\n```\n\n"
    return f"Paragraph {index}. {first} {second}\n\n"
