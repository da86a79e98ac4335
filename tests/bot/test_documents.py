"""Documents as text: encodings as they are met, PDFs, and files that mean no good."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from bot.documents import Document, block, decoded, is_document, read_document
from bot.errors import UserError
from bot.markdown.reading import parse
from tests.pdfs import pdf, saying


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.txt", "text/plain"),
        ("a", "text/plain; charset=utf-8"),
        ("a", "application/json"),
        ("a", "application/vnd.api+json"),
        ("a", "application/x-yaml"),
        ("a.unknown", "application/xml"),
        ("drawing.svg", "image/svg+xml"),
        ("main.ts", "video/mp2t"),
        ("main.rs", "application/octet-stream"),
        ("Makefile", ""),
        (".gitignore.py", ""),
        ("TABLE.CSV", "application/vnd.ms-excel"),
        ("a", "application/pdf"),
        ("a.pdf", "application/octet-stream"),
    ],
)
def test_what_may_be_text(name, media_type):
    assert is_document(name, media_type)


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.zip", "application/zip"),
        ("a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.bin", "application/octet-stream"),
        ("a", ""),
        ("film.mp4", "video/mp4"),
    ],
)
def test_and_what_is_none(name, media_type):
    assert not is_document(name, media_type)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Grüße, 世界 🦊".encode(), "Grüße, 世界 🦊"),
        ("Grüße".encode("utf-8-sig"), "Grüße"),
        ("世界 🦊".encode("utf-16"), "世界 🦊"),
        ("plain letters".encode("utf-16-le"), "plain letters"),
        ("plain letters".encode("utf-16-be"), "plain letters"),
        ("汉字编码测试".encode("gb18030"), "汉字编码测试"),
        ("Stra\xdfe und M\xfcll\r\nnext".encode("latin-1"), "Straße und Müll\nnext"),
        (b"", ""),
    ],
)
def test_encodings_are_told_apart(data, text):
    assert decoded(data) == text


@pytest.mark.parametrize(
    "data", [bytes(range(256)) * 4, b"\x89PNG\r\n\x1a\n" + bytes(100), b"PK\x03\x04\x00\x01" * 50]
)
def test_what_is_no_text_is_not_taken_for_it(data):
    assert decoded(data) is None


@given(st.binary(max_size=3000))
def test_any_bytes_are_read_or_refused(data):
    text = decoded(data)

    assert text is None or "\x00" not in text


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=300))
def test_what_was_written_is_what_is_read(text):
    assert decoded(text.encode()) == text.removeprefix("\ufeff")


async def test_a_long_text_is_cut_and_says_so():
    document = await read_document(b"word " * 20_000, "a.txt", "text/plain")

    assert document == Document(("word " * 8000).rstrip(), whole=False)
    assert block("a.txt", document).endswith("\n[cut after 39,999 characters]")


async def test_a_block_names_the_file_and_cannot_be_closed_from_within():
    document = await read_document(b"````\ninside\n```\n", "a\nb.md", "text/markdown")

    assert block("a\nb.md", document) == "a b.md:\n`````md\n````\ninside\n```\n`````"


@given(st.text("ab`~\n ", max_size=60))
def test_nothing_in_a_file_closes_its_fence(text):
    shown = block("a.py", Document(text))
    assert shown.startswith("a.py:\n")
    tokens = parse(shown.partition("\n")[2])

    assert [token.type for token in tokens] == ["fence"]
    assert tokens[0].content == f"{text}\n"


async def test_a_pdf_is_read_page_by_page():
    data = pdf(saying("Hello"), saying("World"))

    assert await read_document(data, "a.pdf", "application/pdf") == Document("Hello\n\nWorld")


async def test_a_pdf_is_known_by_its_bytes():
    assert (await read_document(pdf(saying("Hello")), "a.txt", "text/plain")).text == "Hello"


async def test_of_a_long_pdf_the_first_pages_are_read():
    document = await read_document(pdf(*[saying(f"page {n}") for n in range(60)]), "a.pdf", "")

    assert document.text.endswith("page 49")
    assert not document.whole


async def test_and_of_long_pages_the_first_characters():
    document = await read_document(pdf(*[saying("x" * 30)] * 5), "a.pdf", "", most=100)

    assert not document.whole
    assert set(document.text) == {"x", "\n"}
    assert 60 <= len(document.text) <= 100


def locked(password):
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(saying("secret")))))
    writer.encrypt(password, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


async def test_a_pdf_locked_without_a_password_is_read():
    assert (await read_document(locked(""), "a.pdf", "")).text == "secret"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (pdf(b""), "There is no text in a.pdf; its pages may be pictures."),
        (b"%PDF-1.4 nothing", "a.pdf is damaged."),
        (b"no pdf at all", "a.pdf is damaged."),
        (locked("open sesame"), "a.pdf is locked with a password."),
        (pdf(b" " * 50_000_000, packed=True), "a.pdf is too large to read."),
        (pdf(b"0 0 m " * 400_000, packed=True), "a.pdf is too large to read."),
    ],
    ids=["scan", "broken", "no pdf", "locked", "unpacks to much", "many operations"],
)
async def test_a_pdf_without_text_for_us_is_told_in_one_sentence(data, sentence):
    with pytest.raises(UserError) as caught:
        await read_document(data, "a.pdf", "application/pdf")

    assert str(caught.value) == sentence


async def test_reading_ends_when_its_time_is_over():
    data = pdf(*[saying("hello")] * 40)
    with pytest.raises(UserError, match=r"a\.pdf is too large to read\."):
        await read_document(data, "a.pdf", "", patience=0.0)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [(b" \n", "a.txt is empty."), (bytes(range(256)) * 4, "a.txt is no text that I can read.")],
)
async def test_a_text_without_text_is_told(data, sentence):
    with pytest.raises(UserError) as caught:
        await read_document(data, "a.txt", "text/plain")

    assert str(caught.value) == sentence
