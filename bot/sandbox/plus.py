"""The Midjourney API as a direct proxy with buttons speaks it (midjourney-proxy-plus).

It is what stands behind the relay; novicezk's and trueai's dialects are made from it.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.sandbox import plans
from bot.sandbox.buttons import Press, buttons_of, read_button
from bot.sandbox.looks import NoPicture, from_data_url, look, swap_faces
from bot.sandbox.prompts import Parsed, parse
from bot.sandbox.sentences import describe_picture, shorten_prompt
from bot.sandbox.service import Service, Wrong, remixes, text
from bot.sandbox.studio import ACCOUNT, QueueFull, new_seed
from bot.sandbox.tasks import Task
from bot.sandbox.wire import Call, Reply


class Plus(Service):
    """Every submit, with buttons and forms."""

    routes: Mapping[tuple[str, str], str] = {
        ("POST", "/submit/imagine"): "imagine",
        ("POST", "/submit/change"): "change",
        ("POST", "/submit/action"): "action",
        ("POST", "/submit/modal"): "modal",
        ("POST", "/submit/blend"): "blend",
        ("POST", "/submit/describe"): "describe",
        ("POST", "/submit/shorten"): "shorten",
        ("POST", "/submit/edits"): "edits",
        ("POST", "/submit/video"): "video",
        ("POST", "/submit/upload-discord-images"): "upload",
        ("POST", "/insight-face/swap"): "swap",
        ("GET", "/task/*/image-seed"): "seed",
    }

    async def imagine(self, call: Call) -> Reply:
        body = self.body(call)
        prompt = text(body.get("prompt"))
        if not prompt.strip():
            raise self.wrong("prompt不能为空")
        pictures = body.get("base64Array") or ([body["base64"]] if body.get("base64") else [])
        sent = await self.pictures(call, pictures)
        prompt = " ".join([*sent.urls, prompt])
        parsed = parse(prompt)
        seed = new_seed(parsed.seed, "imagine")
        sheet = plans.from_prompt(parsed, seed, (*sent.tones, *self._known_tones(parsed)))
        return await self.accept(call, "imagine", prompt, parsed, sheet=sheet, seed=seed)

    async def change(self, call: Call) -> Reply:
        """novicezk's follow-ups, for proxies without buttons."""
        body = self.body(call)
        task, action, index = text(body.get("taskId")), text(body.get("action")), body.get("index")
        if not task.strip():
            raise self.wrong("taskId不能为空")
        if action not in ("UPSCALE", "VARIATION", "REROLL"):
            raise self.wrong("action参数错误")
        if action != "REROLL" and index not in (1, 2, 3, 4):
            raise self.wrong("index参数错误")
        parent = self.finished(task)
        if parent.verb not in ("imagine", "variation", "reroll", "blend"):
            raise self.wrong("关联任务不允许执行变化")
        number = index if isinstance(index, int) and action != "REROLL" else 0
        return await self.follow(call, parent, Press(action.lower(), number or 1), "")

    async def simple_change(self, call: Call) -> Reply:
        """``<task> U2``, ``<task> V3`` or ``<task> R``."""
        task, _, verb = text(self.body(call).get("content")).partition(" ")
        known = {
            **{f"U{n}": ("UPSCALE", n) for n in range(1, 5)},
            **{f"V{n}": ("VARIATION", n) for n in range(1, 5)},
        }
        known["R"] = ("REROLL", 0)
        if verb.upper() not in known:
            raise self.wrong("content参数错误")
        action, index = known[verb.upper()]
        return await self.change(
            replace(call, body={**call.body, "taskId": task, "action": action, "index": index})
        )

    async def action(self, call: Call) -> Reply:
        """A button was pressed."""
        body = self.body(call)
        task, custom = text(body.get("taskId")), text(body.get("customId"))
        if not task or not custom:
            raise self.wrong("参数错误")
        parent = self.finished(task)
        press = read_button(custom)
        if press is None or (press.verb == "bookmark" and self.official):
            raise self.wrong("未知的 Action 类型")
        offered = {button["customId"] for button in buttons_of(parent, official=self.official)}
        known = {found.replace("CustomZoom::1::", "CustomZoom::") for found in offered}
        if custom.replace("CustomZoom::1::", "CustomZoom::") not in known and parent.trick != "nobuttons":
            raise self.wrong("参数错误")  # not one of this task's buttons
        if press.verb == "bookmark":
            return self.result(1, "提交成功", parent.id, discordInstanceId=ACCOUNT)
        if press.verb == "pick_all":
            return await self.pick_all(call, parent)
        if press.verb == "analyse" and self.official:
            raise self.wrong("未知的 Action 类型")
        if press.verb == "retry":
            words = describe_picture(None, parent.shown or parent.id, parent.id)
            return await self.accept(
                call,
                "describe",
                "",
                Parsed(""),
                parent=parent.id,
                custom=custom,
                shown=parent.shown,
                words=words,
            )
        asks = press.form or (
            press.verb in ("variation", "low_variation", "high_variation", "pan", "reroll")
            and (self.studio.switches.remix or body.get("enableRemix") is True or remixes(parent))
        )
        if not asks:
            return await self.follow(call, parent, press, custom)
        form = self.prefill(parent, press)
        order = self.order(
            call, "imagine" if press.verb in ("pick", "analyse") else press.verb, parent.prompt
        )
        more = {"trick": "remix"} if remixes(parent) else {}
        made, _ = await self.studio.take(
            order,
            parent=parent.id,
            custom=custom,
            index=press.index,
            form=form,
            version=parent.version,
            **more,
        )
        return self.result(21, "Waiting for window confirm", made.id, finalPrompt=form, remix=True)

    async def pick_all(self, call: Call, parent: Task) -> Reply:
        raise self.wrong("未知的 Action 类型")

    async def modal(self, call: Call) -> Reply:
        """The form of a task was filled in."""
        body = self.body(call)
        if not text(body.get("taskId")):
            raise self.wrong("参数错误")
        task = self.studio.get(text(body["taskId"]))
        if task is None:
            raise Wrong(self.parent_unknown())
        if task.form is None:
            raise self.wrong("关联任务状态错误")
        parent = self.studio.tasks[task.parent]
        prompt = text(body.get("prompt")).strip() or task.form or parent.prompt
        if not prompt:
            raise self.wrong("prompt不能为空")
        trick = call.trick or parse(prompt).trick
        if refusal := self.refuse(call, trick, prompt):
            return refusal
        fields = await self._filled_in(task, parent, prompt, text(body.get("maskBase64")))
        try:
            confirmed = await self.studio.confirm(task, prompt=prompt, **fields)
        except QueueFull:
            return self.queue_full()
        return self.accepted(confirmed, 0, trick)

    async def blend(self, call: Call) -> Reply:
        body = self.body(call)
        pictures, dimensions = body.get("base64Array"), body.get("dimensions") or "SQUARE"
        if not isinstance(pictures, list) or not 2 <= len(pictures) <= 5:
            raise self.wrong("base64List参数错误")
        if dimensions not in plans.BLENDS:
            raise self.wrong("dimensions参数错误")
        sent = await self.pictures(call, pictures)
        parsed = parse(text(body.get("prompt")))
        seed = new_seed(parsed.seed, "blend")
        words = parsed.words or "-".join(seen.digest[:4] for seen in sent.looks)
        sheet = plans.from_prompt(replace(parsed, words=words), seed, sent.tones, plans.BLENDS[dimensions])
        return await self.accept(call, "blend", "", parsed, sheet=sheet, seed=seed, index=len(pictures))

    async def describe(self, call: Call) -> Reply:
        body = self.body(call)
        picture, link = text(body.get("base64")), text(body.get("link"))
        if not picture and not link:
            raise self.wrong("base64或link不能为空" if self.official else "base64不能为空")
        if picture:
            sent = await self.pictures(call, [picture])
            seen, shown = sent.looks[0], sent.looks[0].digest
        else:
            if not link.startswith(("http://", "https://")):
                raise self.wrong("链接格式错误")
            digest = self.gallery.kept_digest(link)
            kept = self.studio.picture(digest) if digest else None
            seen, shown = (await look(kept), digest or "") if kept else (None, link)  # type: ignore[assignment]
        words = describe_picture(seen, shown)
        return await self.accept(call, "describe", "", Parsed(""), shown=shown, words=words)

    async def shorten(self, call: Call) -> Reply:
        prompt = text(self.body(call).get("prompt"))
        if not prompt.strip():
            raise self.wrong("prompt不能为空")
        parsed = parse(prompt)
        return await self.accept(
            call, "shorten", prompt, parsed, words=shorten_prompt(parsed.words or prompt)
        )

    async def edits(self, call: Call, verb: str = "edits") -> Reply:
        body = self.body(call)
        prompt, picture = text(body.get("prompt")), text(body.get("image"))
        if not prompt.strip() or not picture:
            raise self.wrong("image或prompt不能为空")
        sent = await self.pictures(call, [picture])
        parsed = parse(prompt)
        seed = new_seed(parsed.seed, verb)
        ratio = (sent.looks[0].width, sent.looks[0].height) if sent.looks else None
        sheet = plans.from_prompt(parsed, seed, sent.tones, ratio)
        return await self.accept(call, verb, prompt, parsed, sheet=sheet, seed=seed)

    async def retexture(self, call: Call) -> Reply:
        return await self.edits(call, "retexture")

    async def video(self, call: Call) -> Reply:
        body = self.body(call)
        prompt, parent_id = text(body.get("prompt")), text(body.get("taskId"))
        if parent_id:
            if body.get("action") != "extend":
                raise self.wrong("任务类型错误")
            parent = self.finished(parent_id)
            return await self.follow(call, parent, Press("extend", 1, text(body.get("motion")) or "low"), "")
        if not prompt.strip():
            raise self.wrong("Prompt 不能为空")
        picture = text(body.get("image"))
        sent = await self.pictures(call, [picture] if picture else [])
        parsed = parse(prompt)
        seed = new_seed(parsed.seed, "video")
        sheet = plans.from_prompt(parsed, seed, sent.tones)
        return await self.accept(call, "video", prompt, parsed, sheet=replace(sheet, grid=False), seed=seed)

    async def upload(self, call: Call) -> Reply:
        pictures = self.body(call).get("base64Array")
        if not isinstance(pictures, list) or not pictures:
            raise self.wrong("base64 参数错误")
        sent = await self.pictures(call, pictures)
        body = {"code": 1, "description": "success", "result": list(sent.urls)}
        return Reply(200, self.dump(body), "application/json")

    async def swap(self, call: Call) -> Reply:
        body = self.body(call)
        face, target = text(body.get("sourceBase64")), text(body.get("targetBase64"))
        if not face:
            raise self.wrong("人脸图片不能为空")
        if not target:
            raise self.wrong("目标图片不能为空")
        if face == target:
            raise self.wrong("人脸图片和目标图片不能相同")
        sent = await self.pictures(call, [face, target])
        first, second = sent.looks
        swapped = await asyncio.to_thread(swap_faces, first.kept, second.kept)
        shown = await self.studio.keep_bytes(swapped, f"{first.digest[:32]}{second.digest[:32]}")
        return await self.accept(call, "swap", "", Parsed(""), shown=shown)

    async def seed(self, call: Call) -> Reply:
        task = self.studio.get(call.path.split("/")[2])
        if task is None:
            return self.parent_unknown()
        if self.studio.state(task).status != "SUCCESS" or task.sheet is None:
            return Reply(400, self.result(4, "关联任务状态错误").body, "application/json")
        return replace(self.result(1, "成功", str(task.seed)), delay=1.0)

    async def _filled_in(self, task: Task, parent: Task, prompt: str, mask: str) -> dict[str, Any]:
        press = read_button(task.custom)
        assert press is not None
        parsed = parse(
            prompt.removeprefix(f"{press.index}️⃣").strip() if press.verb in ("pick", "analyse") else prompt
        )
        seed = new_seed(parsed.seed, task.parent, task.custom)
        fields: dict[str, Any] = {
            "seed": seed,
            "version": parsed.version,
            "fault": self.fault(prompt, parsed, ""),
        }
        if press.verb in ("pick", "analyse"):
            return fields | {"sheet": plans.from_prompt(parsed, seed)}
        if parent.sheet is None:
            return fields | {"fault": "未找到父级任务"}
        if press.verb == "custom_zoom" and (parsed.zoom is None or not 1 <= parsed.zoom <= 2):
            return fields | {"fault": "[Invalid parameter] `--zoom` must be between 1 and 2"}
        small = ""
        if press.verb == "inpaint":
            try:
                data = from_data_url(mask)
                small = await asyncio.to_thread(plans.small_mask, data)
            except (NoPicture, OSError, ValueError):
                return fields | {"fault": "[Invalid request] The region to change is missing or is no PNG."}
        sheet = plans.from_press(parent.sheet, press, seed, parsed, small)
        return fields | {"sheet": sheet}

    def _known_tones(self, parsed: Parsed) -> tuple[str, ...]:
        return ()
