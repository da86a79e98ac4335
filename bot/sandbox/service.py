"""What all dialects of the Midjourney API share: routes, refusals, and how a submit is taken."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from bot.sandbox import plans
from bot.sandbox.buttons import Press
from bot.sandbox.gallery import Gallery
from bot.sandbox.looks import Look, NoPicture, from_data_url, look
from bot.sandbox.prompts import Parsed, banned_word, parse
from bot.sandbox.studio import ACCOUNT, Order, QueueFull, Studio, new_seed
from bot.sandbox.tasks import State, Task
from bot.sandbox.wire import Call, Reply, dump, html_502

LATE = 65.0  # seconds that a slow submit takes: longer than gateways wait
OWN_MODERATION = (
    "[Banned prompt detected] The word `moderated` is banned. Circumventing this filter is not allowed."
)


class Wrong(Exception):
    """The request is refused with this reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.body.decode())
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Sent:
    """Pictures that came with a request: looked at, kept, and where they can be had."""

    looks: tuple[Look, ...] = ()
    urls: tuple[str, ...] = ()

    @property
    def tones(self) -> tuple[str, ...]:
        return tuple(tone for seen in self.looks for tone in seen.tones[: max(2, 5 // len(self.looks))])


class Service:
    """One way to speak the API; ``routes`` are the paths under ``/mj`` that it has."""

    routes: Mapping[tuple[str, str], str] = {}
    modes: Mapping[str, str] = {"": "", "mj-fast": "fast", "mj-relax": "relax", "mj-turbo": "turbo"}
    dump: Callable[[Any], bytes] = staticmethod(dump)
    bare_base64 = True
    late_moderation = False  # banned words are accepted and fail later
    official = False  # buttons as trueai v11 lays them out

    def __init__(self, studio: Studio, gallery: Gallery) -> None:
        self.studio = studio
        self.gallery = gallery

    async def handle(self, call: Call) -> Reply:
        """Answer any request under ``/mj`` or a mode's prefix."""
        name = self.route(call)
        if name is None or call.mode not in self.modes:
            return self.unknown_path(call)
        try:
            return await getattr(self, name)(call)  # type: ignore[no-any-return]
        except Wrong as wrong:
            return wrong.reply

    def route(self, call: Call) -> str | None:
        parts = call.path.split("/")
        if len(parts) == 4 and parts[1] == "task":
            parts[2] = "*"
        return self.routes.get((call.method, "/".join(parts)))

    # --- what the dialects say differently --------------------------------------------------

    def identify(self, headers: Mapping[str, str], keys: Sequence[str]) -> tuple[str, bool] | Reply:
        """The key of the caller and whether it is an administrator's; or the refusal (novicezk's)."""
        key = headers.get("mj-api-secret", "")
        return Reply(401) if keys and key not in keys else (key, False)

    def unknown_path(self, call: Call) -> Reply:
        body = {"timestamp": _spring_time(), "status": 404, "error": "Not Found", "path": call.url}
        return Reply(404, dump(body), "application/json")

    def unreadable(self, call: Call) -> Reply:
        body = {"timestamp": _spring_time(), "status": 400, "error": "Bad Request", "path": call.url}
        return Reply(400, dump(body), "application/json")

    def result(self, code: int, description: str, result: object = None, **properties: object) -> Reply:
        body = {"code": code, "description": description, "result": result, "properties": properties}
        return Reply(200, self.dump(body), "application/json")

    def wrong(self, description: str) -> Wrong:
        return Wrong(self.result(4, description))

    def parent_unknown(self) -> Reply:
        return self.result(3, "关联任务不存在或已失效")

    def queue_full(self) -> Reply:
        return self.result(23, "队列已满，请稍后尝试", discordInstanceId=ACCOUNT)

    def daily_limit(self, call: Call) -> Reply:
        return self.result(4, "今日绘图次数已达上限")

    # --- what they share --------------------------------------------------------------------

    async def accept(self, call: Call, verb: str, prompt: str, parsed: Parsed, **more: Any) -> Reply:
        """Check what every submit is checked for, take the order, and answer with its id."""
        trick = call.trick or parsed.trick
        if refusal := self.refuse(call, trick, prompt):
            return refusal
        fault = self.fault(prompt, parsed, trick)
        order = replace(self.order(call, verb, prompt), mode=self.mode(call, parsed))
        try:
            task, waiting = await self.studio.take(
                order, trick=trick, fault=fault, **{"version": parsed.version, **more}
            )
        except QueueFull:
            return self.queue_full()
        return self.accepted(task, waiting, trick)

    async def follow(self, call: Call, parent: Task, press: Press, custom: str) -> Reply:
        """A new task from a finished one, without a form."""
        if parent.sheet is None:
            raise self.wrong("关联任务状态错误")
        flags = parse(parent.prompt)
        seed = new_seed(flags.seed, parent.id if flags.seed is None else parent.seed, press, "follow")
        sheet = plans.from_press(parent.sheet, press, seed)
        verb = "video" if press.verb == "extend" else press.verb
        trick = "remix" if remixes(parent) else ""
        return await self.accept(
            call,
            verb,
            parent.prompt,
            Parsed("", trick=trick),
            sheet=sheet,
            seed=seed,
            parent=parent.id,
            custom=custom,
            index=press.index,
            version=parent.version,
        )

    def order(self, call: Call, verb: str, prompt: str) -> Order:
        body = call.body
        kind = str(body.get("botType") or "")
        if kind.upper() in ("NIJI", "NIJI_JOURNEY"):
            prompt = prompt if "--niji" in prompt or not prompt else f"{prompt} --niji 6"
        hook = text(body.get("notifyHook"))
        return Order(call.key, verb, prompt, text(body.get("state")), hook, self.modes.get(call.mode, ""))

    def mode(self, call: Call, parsed: Parsed) -> str:
        """The speed: the path's word, then the account filter's, then a flag's (trueai)."""
        asked = (call.body.get("accountFilter") or {}).get("modes") or [""]
        flag = next((name for name in ("fast", "relax", "turbo") if name in parsed.flags), "")
        return self.modes.get(call.mode, "") or str(asked[0]).lower() or flag

    def refuse(self, call: Call, trick: str, prompt: str) -> Reply | None:
        """A refusal at the door, if there is to be one."""
        if trick == "unauthorized":
            return Reply(401)
        if trick in ("queuefull", "saturated"):
            return self.queue_full()
        if trick in ("noaccount", "nochannel"):
            return self.result(3, "无可用的账号实例")
        if trick == "quota":
            return self.result(4, "余额不足")
        if trick == "limit":
            return self.daily_limit(call)
        word = banned_word(prompt)
        if word and not self.late_moderation:
            return self.result(24, "可能包含敏感词", promptEn=prompt, bannedWord=word)
        return None

    def fault(self, prompt: str, parsed: Parsed, trick: str) -> str:
        """Why an accepted task will fail soon after its start."""
        if trick == "moderated":
            return OWN_MODERATION
        if self.late_moderation and banned_word(prompt):
            return "可能包含敏感词"
        return parsed.fault

    def accepted(self, task: Task, waiting: int, trick: str) -> Reply:
        if waiting:
            reply = self.result(22, f"排队中，前面还有{waiting}个任务", task.id,
                                numberOfQueues=waiting, discordInstanceId=ACCOUNT)  # fmt: skip
        else:
            reply = self.result(1, "提交成功", task.id, discordInstanceId=ACCOUNT)
        if trick == "numeric" or self.studio.switches.numeric:
            reply = replace(reply, body=reply.body.replace(f'"{task.id}"'.encode(), task.id.encode(), 1))
        if trick == "html502":
            return html_502()
        if trick == "hangup":
            return replace(reply, hangup=True)
        return replace(reply, delay=LATE) if trick == "slow-submit" else reply

    def body(self, call: Call) -> dict[str, Any]:
        if not isinstance(call.body, dict):
            raise Wrong(self.unreadable(call))
        return call.body

    def finished(self, task_id: str) -> Task:
        """The parent of a follow-up, which must have succeeded."""
        parent = self.studio.get(task_id)
        if parent is None or self.studio.state(parent).lost:
            raise Wrong(self.parent_unknown())
        if self.studio.state(parent).status != "SUCCESS":
            raise self.wrong("关联任务状态错误")
        return parent

    async def pictures(self, call: Call, sent: object) -> Sent:
        """Pictures of a request: data URLs everywhere, bare base64 and links only here and there."""
        if not isinstance(sent, list) or not all(isinstance(each, str) for each in sent):
            raise self.wrong("base64格式错误")
        looks: list[Look] = []
        urls: list[str] = []
        for each in sent:
            if each.startswith(("http://", "https://")) and self.bare_base64:
                digest = self.gallery.kept_digest(each)
                kept = self.studio.picture(digest) if digest else None
                if kept is not None:
                    looks.append(await look(kept))
                urls.append(each)
                continue
            try:
                seen = await look(from_data_url(each, bare=self.bare_base64))
            except NoPicture as error:
                raise self.wrong("base64格式错误") from error
            looks.append(seen)
            urls.append(self.gallery.kept_url(call.base, await self.studio.keep(seen)))
        return Sent(tuple(looks), tuple(urls))

    def prefill(self, parent: Task, press: Press) -> str:
        """What the form shows before anything is written into it."""
        if press.verb == "inpaint":
            return ""
        if press.verb in ("pick", "analyse"):
            lines = [line for line in parent.words.splitlines() if line.startswith(f"{press.index}️⃣")]
            return lines[0] if lines else ""
        return self.final_prompt(parent)

    def final_prompt(self, task: Task) -> str:
        """The prompt as Midjourney ran it."""
        if task.words:
            return task.words
        if not task.prompt or "--v" in task.prompt or "--niji" in task.prompt:
            return task.prompt
        return f"{task.prompt} --v {task.version}"


def milliseconds(studio: Studio, moment: float | None) -> int | None:
    """One of the clock's moments as Unix milliseconds."""
    return None if moment is None else int(studio.clock.real(moment) * 1000)


def progress(state: State, *, failed: str = "") -> str | None:
    """Midjourney's progress text: null before the start, "" after a failure."""
    if state.status in ("FAILURE", "CANCEL"):
        return failed
    if state.status == "NOT_START":
        return None
    return state.text or f"{state.percent or 0}%"


def remixes(parent: Task) -> bool:
    return parent.trick == "remix"


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _spring_time() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+00:00")
