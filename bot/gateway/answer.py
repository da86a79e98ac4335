"""One answer, put together from the JSON values in which it comes."""

from typing import Any

from bot.errors import Kind, Refused, ServiceError
from bot.gateway.faults import error_in
from bot.gateway.parts import Pictures, Sort, packed_parts, parts_of, without_pictures
from bot.gateway.thoughts import Thinking
from bot.gateway.tools import Calls
from bot.messages import End, Ending, Piece, Text, Thought, Usage

_ENDINGS = {
    **dict.fromkeys(("stop", "end_turn", "stop_sequence", "eos", "completed"), Ending.STOP),
    **dict.fromkeys(("length", "max_tokens", "incomplete"), Ending.LENGTH),
    **dict.fromkeys(("content_filter", "safety", "recitation", "prohibited_content"), Ending.REFUSED),
    **dict.fromkeys(("tool_calls", "function_call", "tool_use"), Ending.TOOLS),
}
_LONG = 40  # characters of one value from which on it is looked at for pictures
_BETWEEN = "\n\n---\n\n"  # between several answers to one question (`n`)


class Answer:
    """Takes values, gives pieces; ``end`` gives the last ones or says what went wrong.

    ``started`` once something of the answer itself has come, be it one that is given only at its end.
    """

    def __init__(self, *, unopened: bool = False) -> None:
        self.started = False
        self._reason = ""
        self._refused = False
        self._thought = False
        self._thinking = Thinking(unopened=unopened)
        self._say = self._thinking.feed
        self._calls = Calls()
        self._pictures = Pictures()
        self._others: dict[int, tuple[Answer, list[Piece]]] = {}  # where `n` asked for more than one
        self._usage: Usage | None = None
        self._half = ""  # the first half of a character that is split over two values

    @property
    def finished(self) -> bool:
        """Whether the model said why it ended: the end marker alone proves nothing (new-api)."""
        return bool(self._reason)

    @property
    def unopened(self) -> bool:
        """Whether this model's thoughts had no opener."""
        return self._thinking.unopened

    def take(self, value: Any, out: list[Piece]) -> None:
        """Add the value's pieces to ``out``; raises the error that it is, if it is one."""
        if type(value) is not dict or "choices" not in value:
            self._other_value(value, out)
            return
        if value.get("error"):
            raise error_in(value) or ServiceError(str(value["error"]))
        choices = value["choices"]
        if choices:
            for choice in choices if type(choices) is list else [choices]:
                if type(choice) is not dict:
                    continue
                if choice.get("index") and self._is_other(choice):
                    continue
                delta = choice.get("delta")
                if type(delta) is dict and delta:
                    content = delta.get("content")
                    if type(content) is str and len(delta) == 1 + ("role" in delta):
                        if content:
                            self._text(content, out)
                    else:
                        self._delta(delta, out)
                elif delta != {} or "message" in choice or "text" in choice:
                    self._whole(choice, out)
                if choice.get("finish_reason"):
                    self._finish(choice["finish_reason"], choice)
                if "usage" in choice:
                    self._count(choice["usage"])
        if value.get("usage"):
            self._count(value["usage"])

    def end(self, out: list[Piece]) -> None:
        """Add the rest, the tool calls, the usage and the End.

        Raises Broken for a tool call that was cut off, and for an answer with nothing in it: Refused when
        that was moderation, else ServiceError EMPTY.
        """
        self.rest(out)
        calls = self._calls.made()
        out += calls
        ending = _ENDINGS.get(self._reason, Ending.STOP) if self._reason else Ending.CUT
        if calls:
            ending = Ending.TOOLS
        elif self._refused:
            ending = Ending.REFUSED
        elif ending is Ending.TOOLS:
            ending = Ending.STOP
        if not (self._thinking.said or self._pictures or calls or self._thought):
            if ending is Ending.REFUSED:
                raise Refused("the model's content filter", kind=Kind.CONTENT, code=self._reason)
            raise ServiceError("an answer without content", kind=Kind.EMPTY, code=self._reason)
        if self._usage:
            out.append(self._usage)
        out.append(End(ending))

    def rest(self, out: list[Piece]) -> None:
        """Add the text that was held back, and the further answers, where ``n`` asked for them."""
        self._thinking.end(out)
        for answer, pieces in self._others.values():
            answer._thinking.end(pieces)
            text = "".join(piece.text for piece in pieces if isinstance(piece, Text))
            if text:
                out.append(Text(_BETWEEN + text))

    # --- the usual ------------------------------------------------------------------------

    def _text(self, text: str, out: list[Piece]) -> None:
        self.started = True
        if self._half or not text.isascii():
            text = self._joined(text)
        if len(text) > _LONG and "data:image/" in text:
            text, pictures = without_pictures(text)
            for each in pictures:
                self._picture(each, out)
        if text:
            self._say(text, out)

    def _joined(self, text: str) -> str:
        """Text that can be encoded: halves of characters beyond U+FFFF joined over the cut between values."""
        if not self._half:
            try:
                text.encode()
            except UnicodeEncodeError:
                pass
            else:
                return text
        text, self._half = self._half + text, ""
        if "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

    def _think(self, text: str, out: list[Piece]) -> None:
        self.started = self._thought = True
        if self._half or not text.isascii():
            text = self._joined(text)
        if text:
            out.append(Thought(text))

    def _picture(self, value: object, out: list[Piece]) -> None:
        self.started = True
        picture = self._pictures.new(value)
        if picture:
            out.append(picture)

    # --- the rare -------------------------------------------------------------------------

    def _delta(self, delta: dict[str, Any], out: list[Piece]) -> None:
        """A delta or a message with anything beside its text."""
        if delta.get("error"):
            raise error_in({"error": delta["error"]}) or ServiceError(str(delta["error"]))
        reasoning = delta.get("reasoning_content") or delta.get("reasoning") or delta.get("reasoning_details")
        if isinstance(reasoning, str):
            self._think(reasoning, out)
        elif reasoning:
            for sort, value in parts_of(reasoning):
                if sort is not Sort.PICTURE and value:
                    self._think(value, out)
        content = delta.get("content")
        if isinstance(content, str):
            if content:
                self._text(content, out)
        else:
            self._parts(content, out)
        if isinstance(delta.get("refusal"), str) and delta["refusal"]:
            self._refused = True
            self._text(delta["refusal"], out)
        for name in ("images", "image"):
            found = delta.get(name)
            for each in found if isinstance(found, list) else [found] if found else []:
                self._picture(each, out)
        audio = delta.get("audio")
        if isinstance(audio, dict) and isinstance(audio.get("transcript"), str) and audio["transcript"]:
            self._text(audio["transcript"], out)
        if delta.get("tool_calls"):
            self.started = True
            self._calls.add(delta["tool_calls"])
        if delta.get("function_call"):
            self.started = True
            self._calls.add_legacy(delta["function_call"])

    def _parts(self, content: object, out: list[Piece]) -> None:
        for sort, value in parts_of(content):
            if sort is Sort.PICTURE:
                self._picture(value, out)
            elif value:
                (self._text if sort is Sort.TEXT else self._think)(value, out)

    def _whole(self, choice: dict[str, Any], out: list[Piece]) -> None:
        """A choice without a usable delta: a whole message, as without streaming, or bare text."""
        message = choice.get("message")
        if isinstance(message, dict):
            content = message.get("content")
            if isinstance(content, str):
                message = {**message, "content": packed_parts(content)}
            self._delta(message, out)
            return
        for text in (choice.get("delta"), message, choice.get("text")):
            if isinstance(text, str) and text:
                self._text(text, out)
                return

    def _is_other(self, choice: dict[str, Any]) -> bool:
        """Take a choice that is not the first; False when it is the first after all, as "0"."""
        index = number(choice["index"])
        if not index:
            return False
        answer, pieces = self._others.setdefault(index, (Answer(), []))
        answer.take({"choices": [{**choice, "index": 0, "finish_reason": None}]}, pieces)
        return True

    def _finish(self, reason: object, choice: dict[str, Any]) -> None:
        word = str(reason).lower()
        if word == "null":
            return
        if word == "error":
            raise error_in(choice) or ServiceError("the model's provider failed")
        self._reason = word

    def _count(self, usage: object) -> None:
        """Keep the last that counts anything: some send it with every value, growing."""
        if not isinstance(usage, dict):
            return
        prompt = number(usage.get("prompt_tokens") or usage.get("input_tokens"))
        completion = number(usage.get("completion_tokens") or usage.get("output_tokens"))
        if prompt or completion:
            self._usage = Usage(prompt, completion)

    def _other_value(self, value: Any, out: list[Piece]) -> None:
        """No chunk: an error, a wrapped answer, a Responses event, or nothing that we know."""
        if isinstance(value, list):
            for each in value:
                self.take(each, out)
            return
        if not isinstance(value, dict):
            return
        error = error_in(value)
        if error:
            raise error
        inner = value.get("data")
        if isinstance(inner, dict) and "choices" in inner:
            self.take(inner, out)
        elif str(value.get("type", "")).startswith("response."):
            self._response(value, out)
        elif value.get("usage"):
            self._count(value["usage"])

    def _response(self, event: dict[str, Any], out: list[Piece]) -> None:
        """An event of the Responses API, from a relay that is set up wrongly."""
        kind, delta, inner = event["type"], event.get("delta"), event.get("response")
        if isinstance(delta, str) and delta:
            if kind in ("response.output_text.delta", "response.refusal.delta"):
                self._text(delta, out)
            elif "reasoning" in kind:
                self._think(delta, out)
        elif kind in ("response.completed", "response.incomplete"):
            self._finish(kind.removeprefix("response."), event)
            if isinstance(inner, dict):
                self._count(inner.get("usage"))
        elif kind == "response.failed":
            raise error_in(inner) or ServiceError("the model's provider failed")


def number(value: object) -> int:
    """A whole number however it is spelt; 0 for none."""
    try:
        return int(float(value)) if isinstance(value, (str, int, float)) else 0
    except (ValueError, OverflowError):
        return 0
