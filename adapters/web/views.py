"""Messages as posts keep them and as pages get them."""

import asyncio
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from adapters.web.render import Growing, first_difference, render
from adapters.web.shelf import Shelf, Shown
from bot.messages import Button, Content, Question
from bot.ports import Post

OFF_LOOP = 20_000  # characters from which on rendering leaves the event loop

_cached = lru_cache(maxsize=128)(render)


async def body_of(content: Content, shelf: Shelf, *, lasting: bool) -> dict[str, Any]:
    """A message of ours as a post keeps it. Files of a lasting one are kept with it."""
    return {
        "text": content.text,
        "thoughts": content.thoughts,
        "note": content.note,
        "images": [await shelf.show(image, lasting=lasting) for image in content.images],
        "files": [await shelf.show(file, lasting=True) for file in content.files],
        "buttons": [[_button(button) for button in row] for row in content.buttons],
        "spoiler": content.spoiler,
        "progress": content.progress,
        "growing": content.growing,
    }


def said(text: str, files: Sequence[Shown], key: str, name: str, language: str) -> dict[str, Any]:
    """A message of theirs as a post keeps it: all that it takes to deliver it again."""
    return {"text": text, "files": list(files), "key": key, "name": name, "language": language}


def question(asked: Question, about: str) -> dict[str, Any]:
    return {"kind": "question", **asdict(asked), "about": about}


def notice(text: str) -> dict[str, Any]:
    return {"kind": "notice", "text": text}


def as_html(text: str) -> str:
    """A short text of ours, such as a notice."""
    return "".join(_cached(text))


def _button(button: Button) -> dict[str, str]:
    return {"label": button.label, "data": button.data, "style": button.style.value, "url": button.url}


class View:
    """A post as pages are to see it. Counts its changes, so that a page is sent only what is new to it."""

    def __init__(self, post: Post) -> None:
        self.id = post.id
        self.room = post.room
        self.changes = 0
        self._post = post
        self._body: Mapping[str, Any] = post.body
        self._stale = True
        self._rendering = asyncio.Lock()
        self._rendered = (post, self._body)
        self._text = _Part()
        self._thoughts = _Part()
        self._rest: dict[str, Any] = {}
        self._rest_changed = 0

    @property
    def post(self) -> Post:
        return self._post

    @property
    def unfinished(self) -> bool:
        """Whether it is a message of ours that will go on changing soon."""
        return bool(self._body.get("growing")) or self._body.get("progress") is not None

    def settle(self, post: Post) -> None:
        """Show what is stored."""
        self._post = post
        self.preview(post.body)

    def preview(self, body: Mapping[str, Any]) -> None:
        """Show this for the time being."""
        self._body = body
        self._stale = True

    async def refresh(self) -> None:
        """Render what has changed. Nothing is rendered for messages that nobody watches."""
        async with self._rendering:
            while self._stale:
                self._stale = False
                post, body = self._post, self._body
                self.changes += 1
                if not (post.author or post.gone or "kind" in body):
                    await self._text.show(body["text"], body["growing"], self.changes)
                    await self._thoughts.show(body["thoughts"], body["growing"], self.changes)
                    rest = _rest(body)
                    if rest != self._rest:
                        self._rest, self._rest_changed = rest, self.changes
                self._rendered = post, body

    def patch(self, seen: int) -> dict[str, Any]:
        """What a page that has seen the first ``seen`` changes still needs; all of it for 0."""
        post, body = self._rendered
        head = {"id": post.id, "v": post.version, "at": post.at}
        if post.gone:
            return {**head, "gone": True}
        if post.author:
            shown = {name: body.get(name) for name in ("text", "files", "key", "edited")}
            return {**head, "kind": "theirs", "by": body.get("name", ""), **shown}
        if body.get("kind") == "notice":
            return {**head, "kind": "notice", "html": as_html(body["text"])}
        if "kind" in body:
            return {**head, **body}
        patch: dict[str, Any] = {**head, "kind": "ours"}
        if self._text.changed > seen:
            patch["text_from"], patch["text"] = self._text.since(seen)
        if self._thoughts.changed > seen:
            patch["thoughts_from"], patch["thoughts"] = self._thoughts.since(seen)
        if self._rest_changed > seen:
            patch["rest"] = self._rest
        return patch


class _Part:
    """The blocks of a text, each with the change that it came with."""

    def __init__(self) -> None:
        self.changed = 0
        self._blocks: Sequence[str] = ()
        self._came: list[int] = []
        self._growing: Growing | None = None

    async def show(self, text: str, growing: bool, change: int) -> None:
        much = len(text) > OFF_LOOP and not (growing and self._growing)
        fresh, first = (
            await asyncio.to_thread(self._render, text, growing) if much else self._render(text, growing)
        )
        if first < len(fresh) or len(fresh) != len(self._blocks):
            self.changed = change
        self._came = self._came[:first] + [change] * (len(fresh) - first)
        self._blocks = fresh

    def _render(self, text: str, growing: bool) -> tuple[Sequence[str], int]:
        """All blocks by now, and the place of the first that is not what it was."""
        if not growing:
            self._growing = None
            fresh = _cached(text)
            return fresh, first_difference(fresh, self._blocks)
        if self._growing is None:
            self._growing = Growing()
            self._growing.feed(text)
            return self._growing.blocks, first_difference(self._growing.blocks, self._blocks)
        first = self._growing.feed(text)
        return self._growing.blocks, first

    def since(self, seen: int) -> tuple[int, Sequence[str]]:
        first = bisect_right(self._came, seen)
        return first, self._blocks[first:]


def _rest(body: Mapping[str, Any]) -> dict[str, Any]:
    names = ("note", "images", "files", "buttons", "spoiler", "progress", "growing")
    rest = {name: body.get(name) for name in names}
    if not body["growing"]:
        rest["markdown"] = body["text"]  # for copying
    return rest


async def whole(post: Post) -> dict[str, Any]:
    """Everything of a post, for a page that has nothing of it."""
    view = View(post)
    await view.refresh()
    return view.patch(0)
