"""The Midjourney API as a relay speaks it (new-api): its own, late copy of each task, and its own errors."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.sandbox.copies import Row, rows_of, task_object
from bot.sandbox.gallery import GONE
from bot.sandbox.plus import Plus
from bot.sandbox.prompts import parse
from bot.sandbox.refusals import action_of, bare_key, cannot_unmarshal, invalid_url, open_ai_error, own_error
from bot.sandbox.service import Wrong, text
from bot.sandbox.tasks import Task
from bot.sandbox.wire import Call, Reply, go_dump, html_502

MODELS = {  # what is billed, by path
    "/submit/imagine": "mj_imagine",
    "/submit/blend": "mj_blend",
    "/submit/describe": "mj_describe",
    "/submit/shorten": "mj_shorten",
    "/submit/modal": "mj_modal",
    "/submit/edits": "mj_edits",
    "/submit/video": "mj_video",
    "/submit/upload-discord-images": "mj_upload",
    "/insight-face/swap": "swap_face",
}
STRINGS = frozenset(
    [
        "prompt",
        "customId",
        "taskId",
        "state",
        "action",
        "content",
        "maskBase64",
        "notifyHook",
        "botType",
        "dimensions",
        "base64",
        "sourceBase64",
        "targetBase64",
    ]
)


SATURATED = "当前分组负载已饱和，请稍后再试，或升级账户以提升服务质量。"


class Relay(Plus):
    """Stands before a proxy with buttons, keeps a row for each task, bills, and forwards."""

    routes: Mapping[tuple[str, str], str] = {
        **Plus.routes,
        ("POST", "/submit/simple-change"): "simple_change",
        ("GET", "/task/*/fetch"): "fetch",
        ("POST", "/task/list-by-condition"): "list_by_condition",
    }
    modes: Mapping[str, str] = {**Plus.modes, "fast": "fast", "relax": "relax", "turbo": "turbo"}
    dump = staticmethod(go_dump)

    async def handle(self, call: Call) -> Reply:
        parts = call.path.split("/")
        if call.method == "GET" and len(parts) == 3 and parts[1] == "image":
            return await self.image(parts[2])
        if self.route(call) is None or call.mode not in self.modes:
            return self.unknown_path(call)
        try:
            if call.method == "POST" and not call.path.startswith("/task/"):
                return await self.forward(call)
            return await getattr(self, self.route(call) or "")(call)  # type: ignore[no-any-return]
        except Wrong as wrong:
            return wrong.reply

    def identify(self, headers: Mapping[str, str], keys: Sequence[str]) -> tuple[str, bool] | Reply:
        """``Bearer`` and ``sk-`` are optional; ``mj-api-secret`` where there is no Authorization."""
        sent = headers.get("authorization", "")
        if sent in ("", "midjourney-proxy"):
            sent = headers.get("mj-api-secret", "")
        key = bare_key(sent)
        if keys and key not in {bare_key(known) for known in keys}:
            return open_ai_error(401, "无效的令牌" if key else "未提供令牌")
        return key, False

    def unknown_path(self, call: Call) -> Reply:
        return invalid_url(call.method, call.url)

    # --- forwarding -------------------------------------------------------------------------

    async def forward(self, call: Call) -> Reply:
        """Check, send upstream, and pass the answer on, its codes rewritten."""
        call = replace(call, body=self._bind(call))
        trick = call.trick or parse(text(call.body.get("prompt"))).trick
        model = self.model(call)
        if trick == "nochannel" or model in self.studio.switches.no_channel:
            raise Wrong(open_ai_error(503, f"当前分组 default 下对于模型 {model} 无可用渠道"))
        self._validate(call)
        if trick == "quota":
            raise Wrong(own_error(4, "quota_not_enough"))
        if trick == "saturated":
            raise Wrong(own_error(30, "queue_full", SATURATED))
        dropped = {
            name: value for name, value in call.body.items() if name not in ("notifyHook", "accountFilter")
        }
        name = self.route(call) or ""
        try:
            reply: Reply = await getattr(Plus, name)(self, replace(call, body=dropped))
        except Wrong as wrong:
            reply = wrong.reply
        if trick == "code5":
            return own_error(5, "do_request_failed")
        if reply.status == 502:
            return html_502()
        if call.path == "/insight-face/swap":
            return self._re_serialised(reply)
        kept = model in ("mj_custom_zoom", "mj_inpaint")
        body = reply.body.replace(b'"code":22', b'"code":1')
        body = body if kept else body.replace(b'"code":21', b'"code":1')
        # Written without a content type; Go's sniffer calls JSON plain text.
        return replace(reply, body=body, media_type="text/plain; charset=utf-8" if body else "")

    async def simple_change(self, call: Call) -> Reply:
        raise AssertionError("refused by model()")

    async def seed(self, call: Call) -> Reply:
        task = self._own(call, call.path.split("/")[2])
        if task is None:
            return own_error(4, "task_no_found")
        return self._re_serialised(await super().seed(call))

    def model(self, call: Call) -> str:
        """The name under which it is billed; simple-change has none, since the action is not in its body."""
        if call.path == "/submit/simple-change":
            raise Wrong(open_ai_error(503, "当前分组 default 下对于模型 mj_ 无可用渠道"))
        if call.path == "/submit/change":
            action = text(call.body.get("action")).lower()
            return f"mj_{action}"
        if call.path == "/submit/action":
            return f"mj_{action_of(text(call.body.get('customId')))}"
        return MODELS[call.path]

    def _bind(self, call: Call) -> dict[str, Any]:
        """The body, of the right types; one that is not said to be JSON is ignored."""
        if not call.media_type.startswith("application/json"):
            return {}
        if not isinstance(call.body, dict):
            raise Wrong(open_ai_error(400, "Invalid request, 无效的请求, unexpected end of JSON input"))
        for name in STRINGS:
            value = call.body.get(name)
            if value is not None and not isinstance(value, str):
                raise Wrong(cannot_unmarshal(value, name, "string"))
        index = call.body.get("index")
        if index is not None and (not isinstance(index, int) or isinstance(index, bool)):
            raise Wrong(cannot_unmarshal(index, "index", "int"))
        return call.body

    def _validate(self, call: Call) -> None:
        body, path = call.body, call.path
        if path == "/submit/imagine" and not text(body.get("prompt")):
            raise Wrong(own_error(4, "prompt_is_required"))
        if path == "/submit/change":
            if not body.get("taskId"):
                raise Wrong(own_error(4, "task_id_is_required"))
            if not body.get("action"):
                raise Wrong(own_error(4, "action_is_required"))
            if not body.get("index"):
                raise Wrong(own_error(4, "index_is_required"))
        if path == "/insight-face/swap" and not (body.get("sourceBase64") and body.get("targetBase64")):
            raise Wrong(own_error(4, "sour_base64_and_target_base64_is_required"))
        if path in ("/submit/change", "/submit/action", "/submit/modal"):
            if not body.get("taskId"):
                raise Wrong(own_error(4, "task_id_is_required"))
            parent = self._own(call, text(body["taskId"]))
            if parent is None:
                raise Wrong(own_error(4, "task_not_found"))
            oldest = self.rows(parent)[0]
            if path != "/submit/modal" and (oldest.state is None or oldest.state.status != "SUCCESS"):
                raise Wrong(own_error(4, "task_status_not_success"))

    def _re_serialised(self, reply: Reply) -> Reply:
        """An answer that the relay decodes and writes anew."""
        if reply.status == 401 or not reply.body:
            body: Any = {"code": 5, "description": "empty_response_body", "properties": None, "result": ""}
        else:
            read = json.loads(reply.body)
            read["properties"] = read.get("properties") or None
            body = {name: read.get(name) for name in ("code", "description", "properties", "result")}
        return replace(reply, body=go_dump(body), media_type="text/plain; charset=utf-8")

    # --- the relay's own copy ---------------------------------------------------------------

    async def fetch(self, call: Call) -> Reply:
        task = self._own(call, call.path.split("/")[2])
        if task is None:
            return own_error(4, "task_no_found")
        return _answer(self._object(call, self.rows(task)[0]))

    async def list_by_condition(self, call: Call) -> Reply:
        """Both rows of a task whose form was sent, in whatever order; unknown ids are left out."""
        if call.media_type.startswith("application/json") and not isinstance(call.body, dict):
            return own_error(4, "do_request_failed")
        ids = (call.body or {}).get("ids")
        if ids is not None and (not isinstance(ids, list) or not all(isinstance(each, str) for each in ids)):
            return own_error(4, "do_request_failed")
        own = [task for each in ids or () if (task := self._own(call, each))]
        return _answer(
            [self._object(call, row) for task in sorted(own, key=lambda t: t.hash) for row in self.rows(task)]
        )

    async def image(self, task_id: str) -> Reply:
        """Anybody may look: no key is asked for."""
        task = self.studio.get(task_id)
        if task is None:
            return _failed(400, "midjourney_task_not_found")
        state = self.rows(task)[0].state
        reply = await self.gallery.picture(task, state) if state else None
        if reply is None:
            return _failed(500, "http_get_image_failed")
        return reply if reply.status == 200 else _failed(reply.status, GONE)

    def rows(self, task: Task) -> list[Row]:
        return rows_of(self.studio, task, self.studio.clock.now())

    def _own(self, call: Call, task_id: str) -> Task | None:
        """Only tasks of the caller's own key are known to it."""
        task = self.studio.get(task_id)
        return task if task is not None and task.key == call.key else None

    def _object(self, call: Call, row: Row) -> dict[str, Any]:
        return task_object(row, self.studio, self.gallery, call.base, self.final_prompt(row.task))


def _failed(status: int, message: str) -> Reply:
    return Reply(status, go_dump({"error": message}), "application/json; charset=utf-8")


def _answer(data: object) -> Reply:
    return Reply(200, go_dump(data), "application/json; charset=utf-8")
