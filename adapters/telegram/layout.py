"""A message of ours as the platform's messages: one that carries the buttons, and some beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from telegram import InputFile

from adapters.telegram.keyboards import Keyboard, keyboard
from adapters.telegram.media import Media, Shelf
from adapters.telegram.sends import Call
from adapters.telegram.text import CAPTION, TEXT, Written, caption, compose, measure
from adapters.telegram.writing.scroll import units
from bot.markdown import Packer
from bot.messages import Attachment, Button, Content
from bot.texts import _

ALBUM = 10  # files in one
NO_WORDS = Written("")
NO_PREVIEW = {"is_disabled": True}
_METHODS = {
    "photo": "sendPhoto",
    "video": "sendVideo",
    "audio": "sendAudio",
    "animation": "sendAnimation",
    "document": "sendDocument",
}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message goes."""

    chat: int
    thread: int = 0
    reply_to: int = 0
    silent: bool = False

    @property
    def params(self) -> dict[str, Any]:
        params: dict[str, Any] = {"chat_id": self.chat}
        if self.thread:
            params["message_thread_id"] = self.thread
        if self.reply_to:
            params["reply_parameters"] = {"message_id": self.reply_to, "allow_sending_without_reply": True}
        if self.silent:
            params["disable_notification"] = True
        return params


@dataclass(frozen=True, slots=True)
class Part:
    """One message, or one album."""

    words: Written = NO_WORDS
    media: tuple[Media, ...] = ()
    markup: Keyboard | None = None
    spoiler: bool = False

    @property
    def kind(self) -> str:
        return self.media[0].kind if self.media else "text"

    @property
    def mark(self) -> int:
        """Equal for what looks equal."""
        files = tuple(each.mark for each in self.media)
        return hash((self.words, files, repr(self.markup), self.spoiler))

    def send(self, to: Address) -> Call:
        """The call that posts it."""
        params = to.params
        if len(self.media) > 1:
            items, files = self._items()
            return Call("sendMediaGroup", {**params, "media": items}, files)
        params["reply_markup"] = self.markup
        if not self.media:
            words = {"text": self.words.text, "entities": self.words.entities}
            return Call("sendMessage", {**params, **words, "link_preview_options": NO_PREVIEW})
        (media,) = self.media
        params |= {"caption": self.words.text or None, "caption_entities": self.words.entities or None}
        params |= self._hints(media)
        if media.file_id:
            return Call(_METHODS[media.kind], {**params, media.kind: media.file_id})
        upload = InputFile(media.data, filename=media.name)
        return Call(_METHODS[media.kind], params, {media.kind: upload})

    def bare(self) -> "Part":
        """Without what a server might take for malformed: entities, and buttons that are links."""
        rows = (self.markup or {}).get("inline_keyboard", ())
        kept = [[button for button in row if not {"url", "web_app"} & set(button)] for row in rows]
        markup = {"inline_keyboard": [row for row in kept if row]}
        return replace(
            self, words=Written(self.words.text), markup=markup if markup["inline_keyboard"] else None
        )

    def edit(self, message: Mapping[str, Any]) -> Call:
        """The call that turns a message into it."""
        params = {**message, "reply_markup": self.markup}
        if not self.media:
            words = {"text": self.words.text, "entities": self.words.entities}
            return Call("editMessageText", {**params, **words, "link_preview_options": NO_PREVIEW})
        (item,), files = self._items()
        return Call("editMessageMedia", {**params, "media": item}, files)

    def caption(self, message: Mapping[str, Any]) -> Call:
        """The call that changes all but the file of a message."""
        words = {"caption": self.words.text, "caption_entities": self.words.entities}
        return Call("editMessageCaption", {**message, **words, "reply_markup": self.markup})

    def _items(self) -> tuple[list[dict[str, Any]], dict[str, InputFile]]:
        items: list[dict[str, Any]] = []
        files: dict[str, InputFile] = {}
        for number, media in enumerate(self.media):
            name, upload = media.input(f"file{number}")
            files |= upload
            item: dict[str, Any] = {"type": media.kind, "media": name, **self._hints(media)}
            if number == 0 and self.words.text:
                item["caption"] = self.words.text
                item["caption_entities"] = [entity.to_dict() for entity in self.words.entities]
            items.append(item)
        return items, files

    def _hints(self, media: Media) -> dict[str, Any]:
        match media.kind:
            case "document":
                return {"disable_content_type_detection": True}
            case "audio":  # a player shows it; without it some say "Unknown track"
                return {"title": media.name.rpartition(".")[0] or media.name}
        hints: dict[str, Any] = {"has_spoiler": True} if self.spoiler else {}
        return {**hints, "supports_streaming": True} if media.kind == "video" else hints


@dataclass(frozen=True, slots=True)
class Layout:
    """``before`` are the messages that stand above the main one."""

    main: Part
    before: tuple[Part, ...] = ()


async def lay_out(
    content: Content,
    shelf: Shelf,
    *,
    upload: int,
    whole: bool = True,
    plain: bool = False,
    apps: bool = False,
) -> Layout:
    """How it is shown. Files over ``upload`` bytes become a sentence; ``plain``: pictures are sent as files.

    A ``whole`` one may take several messages for its text; otherwise what is too long is cut. ``apps``: our
    own pages are opened inside the client.
    """
    content = fitting(content, shelf, upload)
    files = [*content.images, *content.files]
    media = [await shelf.find(each, plain=plain) for each in files]
    kept = next((each.digest for each in media if each.kind == "photo" and each.digest), "")
    markup = keyboard(content.buttons, full=kept if len(media) == 1 else "", apps=apps)
    spoiler = content.spoiler
    above: list[Part] = []
    if whole and measure(content.text) > TEXT - 200:
        *first, last = Packer(TEXT - 200, measure).feed(content.text) or [""]
        above = [Part(compose(Content(each))) for each in first]
        content = replace(content, text=last)
    words = compose(content)
    if len(media) == 1 and not above and (units(words.text) <= CAPTION or not whole):
        return Layout(Part(caption(content), tuple(media), markup, spoiler))
    return Layout(Part(words, (), markup), (*above, *_beside(media, spoiler)))


def fitting(content: Content, shelf: Shelf, upload: int) -> Content:
    """The same without files over ``upload`` bytes: for each a sentence, and a link if there is one."""
    large = [each for each in (*content.images, *content.files) if each.size > upload]
    if not large:
        return content
    links = [(each, shelf.original(each.digest, each.name)) for each in large]
    row = tuple(Button(_original(each), url=link) for each, link in links if link)
    return replace(
        content,
        text="\n\n".join([content.text, *map(_too_large, large)]),
        images=tuple(each for each in content.images if each not in large),
        files=tuple(each for each in content.files if each not in large),
        buttons=(*content.buttons, row) if row else content.buttons,
    )


def _beside(media: Sequence[Media], spoiler: bool) -> list[Part]:
    """Pictures and videos in albums, sounds and other files in others; what stands alone, alone."""
    parts = []
    seen = [each for each in media if each.kind in ("photo", "video")]
    sounds = [each for each in media if each.kind == "audio"]
    documents = [each for each in media if each.kind == "document"]
    for group in (seen, sounds, documents):
        albums = [group[start : start + ALBUM] for start in range(0, len(group), ALBUM)]
        parts += [Part(media=tuple(album), spoiler=spoiler) for album in albums]
    parts += [Part(media=(each,), spoiler=spoiler) for each in media if each.kind == "animation"]
    return parts


def _too_large(file: Attachment) -> str:
    sentence = _("{name} is too large to be sent here ({size} MB).")
    return sentence.format(name=file.name, size=round(file.size / 1_000_000))


def _original(file: Attachment) -> str:
    return _("Original, {size} MB").format(size=round(file.size / 1_000_000))
