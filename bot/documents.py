"""Documents from people as text: whatever is text already, and what PDFs say."""

import asyncio
import io
import logging
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

from bot.errors import UserError
from bot.texts import _

MAX_BYTES = 10_000_000
MAX_CHARACTERS = 40_000
MAX_PAGES = 50
MAX_UNPACKED = 20_000_000  # bytes of one part of a PDF
MAX_OPERATIONS = 1_000_000  # in one part, which is read in one go
PATIENCE = 15.0  # seconds for one document

_PDF = "application/pdf"
_TEXT = re.compile(
    r"text/.+|.+[+](json|xml)"
    r"|application/(x-|ld-)?(csv|graphql|httpd-php|(java|ecma|type)script|json[5l]?|ndjson|latex|perl|php|python"
    r"|rtf|ruby|c?sh|shellscript|sql|subrip|tex|toml|xml|yaml)"
)
_CODE = """
    adoc asm astro awk bash bat bib c cc cfg clj cls cmake cmd conf cpp cs css csv cxx dart diff dockerfile
    elm env erl ex exs f90 fish fs go gradle graphql groovy h hcl hpp hs htm html hxx ini ipynb java jl js
    json json5 jsonl jsx kt kts less lisp log lua m makefile markdown md mk ml mm ndjson nim nix org pas patch
    php pl pm po properties proto ps1 py pyi r rb rkt rs rst rtf s sass scala scm scss sh sol sql srt sty
    svelte svg swift tcl tex tf toml ts tsv tsx txt v vb vhd vim vtt vue xml xsd xsl yaml yml zig zsh
"""
_ENDINGS = frozenset(_CODE.split())
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffe\uffff]")
_HIGH = re.compile(rb"[\x80-\xff]+")
_FENCES = re.compile(r"`{3,}")


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says. ``whole`` is False when only its beginning was taken."""

    text: str
    whole: bool = True


def is_document(name: str, media_type: str) -> bool:
    """Whether it may be text. Its name counts more than its type, which is often guessed wrongly."""
    if _ending(name) in (*_ENDINGS, "pdf"):
        return True
    return _plain(media_type) == _PDF or _TEXT.fullmatch(_plain(media_type)) is not None


async def read_document(
    data: bytes, name: str, media_type: str, *, most: int = MAX_CHARACTERS, patience: float = PATIENCE
) -> Document:
    """Its text, at most ``most`` characters, made off the loop; UserError, in one sentence, without any."""
    if data[:1024].lstrip().startswith(b"%PDF-"):
        try:
            async with asyncio.timeout(patience * 2):  # a part that cannot be interrupted may take longer
                document = await asyncio.to_thread(_from_pdf, data, name, most, patience)
        except TimeoutError:
            raise UserError(_("{name} is too large to read.").format(name=name)) from None
        if not (document.text or document.whole):
            raise UserError(_("{name} is too large to read.").format(name=name))
        if not document.text:
            raise UserError(_("There is no text in {name}; its pages may be pictures.").format(name=name))
        return document
    if _ending(name) == "pdf" or _plain(media_type) == _PDF:
        raise UserError(_("{name} is damaged.").format(name=name))
    text = await asyncio.to_thread(decoded, data)
    if text is None:
        raise UserError(_("{name} is no text that I can read.").format(name=name))
    if not text.strip():
        raise UserError(_("{name} is empty.").format(name=name))
    return _shortened(text, most)


def block(name: str, document: Document) -> str:
    """How a model is shown it: its name, and its text in a fence that nothing in it can close."""
    longest = max((len(run) for run in _FENCES.findall(document.text)), default=2)
    fence = "`" * (longest + 1)
    cut = "" if document.whole else f"\n[cut after {len(document.text):,} characters]"
    ending = _ending(name)
    language = ending if ending in _ENDINGS else ""
    return f"{' '.join(name.split())}:\n{fence}{language}\n{document.text}\n{fence}{cut}"


def decoded(data: bytes) -> str | None:
    """Bytes as text, in the encodings that are met; None for what is no text."""
    for text in _readings(data):
        # A form feed or an escape here and there is text; more of such characters are not.
        if len(_BINARY.findall(text[:100_000])) <= len(text[:100_000]) // 500:
            return text.replace("\r\n", "\n").replace("\x00", "")
    return None


def _readings(data: bytes) -> Iterator[str]:
    encodings = ["utf-8-sig", "cp1252"]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\0" in data[:1000]:  # in UTF-16, every other byte of plain letters
        encodings = ["utf-16-le" if data[:1000].find(b"\0") % 2 else "utf-16-be"]
    elif runs := _HIGH.findall(data[:100_000]):  # Chinese characters are pairs, accented letters stand alone
        alone = sum(len(run) == 1 for run in runs)
        encodings.insert(1 if alone <= len(runs) // 2 else 2, "gb18030")
    for encoding in encodings:
        try:
            yield data.decode(encoding)
        except UnicodeDecodeError:
            continue


def _shortened(text: str, most: int) -> Document:
    text = text.strip("\n")
    return Document(text[:most].rstrip() or text[:most], len(text) <= most)


# --- PDF --------------------------------------------------------------------------------------


class _Enough(Exception):
    """As many characters as are wanted, or no time for more."""


def _from_pdf(data: bytes, name: str, most: int, patience: float) -> Document:
    """In a thread: pages until there are enough characters, pages, or seconds."""
    from pypdf import PdfReader, overwrite_configuration  # slow to import, and seldom needed
    from pypdf.errors import DependencyError, FileNotDecryptedError, LimitReachedError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # people's files are often a little wrong
    overwrite_configuration(  # for this thread's work
        zlib_maximum_output_length=MAX_UNPACKED,
        lzw_maximum_output_length=MAX_UNPACKED,
        run_length_maximum_output_length=MAX_UNPACKED,
        stream_parsing_work_maximum_count=MAX_OPERATIONS,
    )
    deadline = time.monotonic() + patience
    texts: list[str] = []
    begun: list[str] = []  # of the page that is being read
    found = 0

    def look_at_the_clock(*_operation: object) -> None:
        if time.monotonic() > deadline:
            raise _Enough

    def take(text: str, *_where: object) -> None:
        nonlocal found
        begun.append(text)
        found += len(text)
        if found > most:
            raise _Enough

    whole = True
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise FileNotDecryptedError
        for number, page in enumerate(reader.pages):
            look_at_the_clock()
            if number == MAX_PAGES:
                raise _Enough
            begun.clear()
            texts.append(page.extract_text(visitor_operand_before=look_at_the_clock, visitor_text=take))
    except (_Enough, LimitReachedError):
        whole = False
        texts.append("".join(begun) if len(texts) < MAX_PAGES else "")
    except (FileNotDecryptedError, DependencyError) as error:
        raise UserError(_("{name} is locked with a password.").format(name=name)) from error
    except Exception as error:  # a parser of whatever people send: there is nothing that it does not raise
        if not any(text.strip() for text in texts):
            raise UserError(_("{name} is damaged.").format(name=name)) from error
        whole = False
    text = "\n\n".join(filter(None, map(str.strip, texts))).replace("\x00", "")
    shown = _shortened(text, most)
    return Document(shown.text, shown.whole and whole)


def _plain(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()


def _ending(name: str) -> str:
    """What follows the last dot, or the whole name of such files as ``Makefile``."""
    path = PurePath(name.strip().lower())
    return path.suffix.removeprefix(".") or path.name.removeprefix(".")
