"""Translations: every sentence that people may read is in every catalogue, with the same placeholders."""

import ast
import string
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from bot.texts import LOCALE, _, ngettext, speaking

ROOT = Path(__file__).parents[2]
CATALOGUES = sorted(LOCALE.glob("*.po"))


def sentences() -> dict[str | tuple[str, ...], str]:
    """Every sentence in the code, one or (one, many), and a place where it stands."""
    found = {}
    for folder in ("bot", "adapters", "storage"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                match node:
                    case ast.Call(func=ast.Name(id="_" | "N_"), args=[ast.Constant(value=str(sentence))]):
                        found[sentence] = f"{path.relative_to(ROOT)}:{node.lineno}"
                    case ast.Call(
                        func=ast.Name(id="ngettext"), args=[ast.Constant(one), ast.Constant(many), *_count]
                    ):
                        found[one, many] = f"{path.relative_to(ROOT)}:{node.lineno}"
                    case ast.Subscript(
                        value=ast.Name(id="Annotated"),
                        slice=ast.Tuple(elts=[_kind, ast.Constant(value=str(help_)), *_more]),
                    ) if "features" in path.parts:  # what a command's parameter is for
                        found[help_] = f"{path.relative_to(ROOT)}:{node.lineno}"
                    case ast.Call(func=ast.Name(id="_" | "N_" | "ngettext"), args=[ast.JoinedStr(), *_rest]):
                        raise AssertionError(f"{path}:{node.lineno}: a sentence that nobody can look up")
    return found


def placeholders(text: str) -> set[str]:
    return {name for _text, name, _form, _conversion in string.Formatter().parse(text) if name is not None}


def forms(message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)


@pytest.fixture(params=CATALOGUES, ids=lambda path: path.stem)
def catalogue(request):
    with request.param.open("rb") as source:
        return read_po(source)


def test_chinese_is_there():
    assert "zh_CN" in [path.stem for path in CATALOGUES]


def test_every_sentence_in_the_code_is_translated(catalogue):
    missing = {}
    for sentence, place in sentences().items():
        message = catalogue.get(sentence if isinstance(sentence, str) else sentence[0])
        if message is None or message.fuzzy or not all(forms(message)):
            missing[sentence] = place

    assert missing == {}


def test_a_translation_has_the_placeholders_of_its_sentence(catalogue):
    different = [
        (message.id, form)
        for message in catalogue
        if message.id
        for form in forms(message)
        if placeholders(form) != placeholders(message.id if isinstance(message.id, str) else message.id[-1])
    ]

    assert different == []


def test_no_translation_is_of_a_sentence_that_is_gone(catalogue):
    known = {sentence if isinstance(sentence, str) else sentence[0] for sentence in sentences()}
    gone = [message.id for message in catalogue if message.id and message.id not in known]
    gone = [one for one in gone if isinstance(one, str) or one[0] not in known]

    assert gone == []


@pytest.mark.parametrize("language", ["zh", "zh-CN", "zh-Hans-CN", "zh-TW"])
def test_whoever_reads_chinese_is_spoken_to_in_chinese(language):
    with speaking(language):
        assert _("Retry") == "重试"
        assert ngettext("The conversation, {count} message.", "The conversation, {count} messages.", 2) == (
            "完整对话，共 {count} 条消息。"
        )


@pytest.mark.parametrize("language", ["", "en", "de-DE", "*", "../../x"])
def test_anybody_else_is_spoken_to_in_english(language):
    with speaking(language):
        assert _("Retry") == "Retry"
        assert ngettext("one", "many", 2) == "many"
