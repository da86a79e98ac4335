"""The Midjourney API as trueai's proxy speaks it (v11): buttons, forms, and errors of its own kind."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.sandbox.buttons import buttons_of
from bot.sandbox.plans import from_prompt
from bot.sandbox.plus import Plus
from bot.sandbox.prompts import Parsed, parse
from bot.sandbox.service import Wrong, milliseconds, progress, text
from bot.sandbox.studio import ACCOUNT, new_seed
from bot.sandbox.tasks import State, Task
from bot.sandbox.wire import Call, Reply, net_dump, plain

ACTIONS = {
    "imagine": "IMAGINE",
    "blend": "BLEND",
    "describe": "DESCRIBE",
    "shorten": "SHORTEN",
    "upscale": "UPSCALE",
    "upscale_hd": "UPSCALE_HD",
    "variation": "VARIATION",
    "low_variation": "VARIATION",
    "high_variation": "VARIATION",
    "inpaint": "VARIATION",
    "zoom": "ZOOM",
    "custom_zoom": "ZOOM",
    "pan": "PAN",
    "video": "VIDEO",
    "clip": "VIDEO",
    "edits": "EDIT",
    "retexture": "RETEXTURE",
    "swap": "SWAP_FACE",
}
# Fields that it writes and that have no meaning here.
NULLS = """
    userId interactionMetadataId remixModalMessageId subInstanceId clientIp jobId language baseImageUrl
    proxyUrl url videoGenOriginImageUrl videoDuration frameCount videoType partnerTaskId partnerTaskInfo
    officialTaskId officialTaskInfo replicateSource replicateTarget requestMode accountFilter seedError
    seedMessageId storageOption
"""
FALSES = """
    isWhite remixAutoSubmit remixModaling isThirdParty isPartner isPartnerRelax isOfficial isReplicate
    hasAIReviewRetried isHdVideo
"""


class TrueAi(Plus):
    """No ``change``; 404 with code 3 for an unknown parent; banned words fail late; cancel is for admins."""

    routes: Mapping[tuple[str, str], str] = {
        ("POST", "/submit/imagine"): "imagine",
        ("POST", "/submit/action"): "action",
        ("POST", "/submit/modal"): "modal",
        ("POST", "/submit/blend"): "blend",
        ("POST", "/submit/describe"): "describe",
        ("POST", "/submit/shorten"): "shorten",
        ("POST", "/submit/edits"): "edits",
        ("POST", "/submit/edit"): "edits",
        ("POST", "/submit/retexture"): "retexture",
        ("POST", "/submit/video"): "video",
        ("POST", "/submit/upload-discord-images"): "upload",
        ("POST", "/insight-face/swap"): "swap",
        ("POST", "/insight-face/video-swap"): "video_swap",
        ("GET", "/task/*/fetch"): "fetch",
        ("GET", "/task/list"): "list_newest",
        ("POST", "/task/list-by-condition"): "list_by_ids",
        ("POST", "/task/list-by-ids"): "list_by_ids",
        ("POST", "/task/*/cancel"): "cancel",
        ("GET", "/task/*/image-seed"): "seed",
    }
    dump = staticmethod(net_dump)
    late_moderation = True
    official = True

    def identify(self, headers: Mapping[str, str], keys: Sequence[str]) -> tuple[str, bool] | Reply:
        """``Authorization`` as it stands, ``Bearer`` and all, else ``Mj-Api-Secret``; "admin…" may cancel."""
        key = headers.get("authorization") or headers.get("mj-api-secret", "")
        if keys and key not in keys:
            return plain("Authorization header missing.", 401)
        return key, key.startswith("admin")

    def unknown_path(self, call: Call) -> Reply:
        return Reply(404)

    def unreadable(self, call: Call) -> Reply:
        return self.failed("The JSON value could not be converted.")

    def failed(self, message: str) -> Reply:
        """Its other shape of refusals: HTTP 200, no description, no result."""
        ticks = int(self.studio.clock.world() * 10_000_000) + 621_355_968_000_000_000
        body = {"success": False, "code": -1, "message": message, "timestamp": ticks}
        return Reply(200, net_dump(body), "application/json; charset=utf-8")

    def parent_unknown(self) -> Reply:
        return Reply(404, super().parent_unknown().body, "application/json; charset=utf-8")

    def queue_full(self) -> Reply:
        return self.result(
            9, "提交失败，队列已满，请稍后重试", discordInstanceId=ACCOUNT, discordChannelId=ACCOUNT
        )

    def daily_limit(self, call: Call) -> Reply:
        if call.path == "/submit/imagine":
            return self.result(4, "今日绘图次数已达上限")
        return self.failed("今日绘图次数已达上限")

    def body(self, call: Call) -> dict[str, Any]:
        """Property names in any case; wrong types and over-long marks are refused in the other shape."""
        body = {name[:1].lower() + name[1:]: value for name, value in super().body(call).items()}
        for name in ("prompt", "state", "notifyHook", "taskId", "customId", "base64"):
            if body.get(name) is not None and not isinstance(body[name], str):
                raise Wrong(
                    self.failed(f"The JSON value could not be converted to System.String. Path: $.{name}")
                )
        if len(text(body.get("state"))) > 255:
            raise Wrong(self.failed("State参数过长，最大255字符"))
        if len(text(body.get("notifyHook"))) > 2000:
            raise Wrong(self.failed("notifyHook参数过长，最大2000字符"))
        return body

    async def pick_all(self, call: Call, parent: Task) -> Reply:
        """Four imagines at once; their ids joined by commas."""
        ids = []
        for line in parent.words.splitlines():
            prompt = line.partition(" ")[2].strip()
            if prompt:
                parsed = parse(prompt)
                order = self.order(call, "imagine", prompt)
                task, _ = await self.studio.take(
                    order, parent=parent.id, custom="MJ::Job::PicReader::all", **self.new_grid(parsed)
                )
                ids.append(task.id)
        return self.result(1, "提交成功", ",".join(ids))

    async def video_swap(self, call: Call) -> Reply:
        return self.result(4, "服务不支持")

    async def fetch(self, call: Call) -> Reply:
        task = self.studio.get(call.path.split("/")[2])
        if task is None or self.studio.state(task).lost:
            return Reply(204)
        return self._answer(self.task(call, task))

    async def list_newest(self, call: Call) -> Reply:
        newest = [self.task(call, task) for task, _ in zip(self.studio.newest(), range(100), strict=False)]
        return self._answer(newest)

    async def list_by_ids(self, call: Call) -> Reply:
        ids = self.body(call).get("ids")
        wanted = [self.studio.get(text(each)) for each in ids] if isinstance(ids, list) else []
        return self._answer(
            [self.task(call, task) for task in wanted if task and not self.studio.state(task).lost]
        )

    async def cancel(self, call: Call) -> Reply:
        """For administrators, who are told nothing either way."""
        if not call.admin:
            return plain("演示模式，禁止操作", 400)
        if task := self.studio.get(call.path.split("/")[2]):
            await self.studio.cancel(task)
        return Reply(200)

    def task(self, call: Call, task: Task) -> dict[str, Any]:
        """The task object of v11: camelCase, nulls included."""
        state = self.studio.state(task)
        done, over = state.status == "SUCCESS", state.final
        failed = state.status in ("FAILURE", "CANCEL")
        times = {
            "submitTime": int(task.made * 1000),
            "startTime": milliseconds(self.studio, state.started),
            "finishTime": milliseconds(self.studio, state.finished),
        }
        reason = state.reason or ("取消任务" if state.status == "CANCEL" else None)
        data: dict[str, Any] = {
            "id": task.id,
            "parentId": task.parent or None,
            "botType": task.bot,
            "realBotType": task.bot,
            "nonce": task.id + "000",
            "messageId": task.id + "002" if done else None,
            "messageIds": [task.id + "002"] if done else [],
            "instanceId": ACCOUNT,
            "action": self._action(task),
            "status": "FAILURE" if failed else state.status,
            "isCompleted": over,
            "prompt": task.prompt or None,
            "promptEn": task.prompt or None,
            "promptFull": task.prompt or None,
            "description": self._command(task, done),
            "version": f"v {task.version}",
            "state": task.ref or ("" if done else None),
            **times,
            "displays": _displays(times, "FAILURE" if failed else state.status),
            "useTime": _use_time(times),
            "progress": progress(state),
            "failReason": reason or ("" if done else None),
            **self._pictures(call, task, state),
            "isDiscord": True,
            "mode": task.mode.upper() or None,
            "seed": str(task.seed) if done and task.sheet else None,
            "buttons": buttons_of(task, self.studio.used(task), official=True) if done else [],
            "properties": {
                "notifyHook": task.hook or None,
                "discordInstanceId": ACCOUNT,
                "discordChannelId": ACCOUNT,
                "botType": task.bot,
                "nonce": task.id + "000",
                "messageHash": task.hash if done and task.sheet else None,
                "messageContent": f"**{self.final_prompt(task)}** - <@123> (fast)" if done else None,
                "finalPrompt": self.final_prompt(task) if done else task.form,
                "flags": 0,
                "custom_id": task.custom or None,
            },
        }
        return data | dict.fromkeys(NULLS.split()) | dict.fromkeys(FALSES.split(), False)

    def _pictures(self, call: Call, task: Task, state: State) -> dict[str, Any]:
        picture = self.gallery.url(call.base, task, state) or None
        drawn = state.status == "SUCCESS" and task.sheet is not None
        width, height = self.gallery.dimensions(task) if drawn else (None, None)
        moving = drawn and task.verb in ("video", "clip")
        clips = [1] if task.verb == "clip" else [1, 2, 3, 4]
        thumbnail = self.gallery.thumbnail_url(call.base, task) if drawn else None
        videos = [
            {"url": self.gallery.clip_url(call.base, task, part), "thumbnail": thumbnail}
            for part in clips
            if moving
        ]
        return {
            "imageUrl": picture,
            "imageUrls": [{"url": picture, "thumbnail": thumbnail}] if drawn else [],
            "thumbnailUrl": thumbnail,
            "width": width,
            "height": height,
            "imageWidth": width,
            "imageHeight": height,
            "size": None,
            "contentType": ("image/webp" if moving else "image/png") if drawn else None,
            "videoUrl": videos[0]["url"] if videos else None,
            "videoUrls": videos,
        }

    def _action(self, task: Task) -> str:
        """A reroll carries its parent's action, but a single picture's one is an imagine."""
        while task.verb == "reroll" and task.parent in self.studio.tasks:
            task = self.studio.tasks[task.parent]
            if task.verb in ("upscale", "upscale_hd"):
                return "IMAGINE"
        return ACTIONS.get(task.verb, "IMAGINE")

    def _command(self, task: Task, done: bool) -> str:
        if task.verb == "shorten" and done:
            return task.words
        if task.verb == "describe":
            return f"/describe {task.id}.png"
        return f"/imagine {task.prompt}" if task.verb == "imagine" else f"/{task.verb} {task.parent}"

    def _answer(self, data: object) -> Reply:
        return Reply(200, net_dump(data), "application/json; charset=utf-8")

    def new_grid(self, parsed: Parsed) -> dict[str, Any]:
        seed = new_seed(parsed.seed, "imagine")
        return {"seed": seed, "sheet": from_prompt(parsed, seed), "version": parsed.version}


def _displays(times: Mapping[str, int | None], status: str) -> dict[str, Any]:
    shown = {
        name: datetime.fromtimestamp(at / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S") if at else "-"
        for name, at in times.items()
    }
    return {"status": status, **shown, "discordInstanceId": ACCOUNT}


def _use_time(times: Mapping[str, int | None]) -> str:
    start, end = times["startTime"], times["finishTime"]
    return f"{(end - start) / 1000:.2f} s" if start and end else "-"
