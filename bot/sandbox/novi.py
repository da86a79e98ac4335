"""The Midjourney API as the first proxy speaks it (novicezk): no buttons, but ``change`` and lists."""

from collections.abc import Mapping
from typing import Any

from bot.sandbox.plus import Plus
from bot.sandbox.service import milliseconds, progress, text
from bot.sandbox.studio import ACCOUNT
from bot.sandbox.tasks import State, Task
from bot.sandbox.wire import Call, Reply, dump

ACTIONS = {
    "imagine": "IMAGINE",
    "blend": "BLEND",
    "describe": "DESCRIBE",
    "upscale": "UPSCALE",
    "variation": "VARIATION",
    "reroll": "REROLL",
}


class Novi(Plus):
    """Five submits, five queries, ``mj-api-secret``, and HTTP 200 for almost everything."""

    routes: Mapping[tuple[str, str], str] = {
        ("POST", "/submit/imagine"): "imagine",
        ("POST", "/submit/change"): "change",
        ("POST", "/submit/simple-change"): "simple_change",
        ("POST", "/submit/blend"): "blend",
        ("POST", "/submit/describe"): "describe",
        ("GET", "/task/*/fetch"): "fetch",
        ("GET", "/task/list"): "list_all",
        ("POST", "/task/list-by-condition"): "list_by_condition",
        ("GET", "/task/queue"): "queue",
        ("GET", "/account/list"): "accounts",
    }
    modes: Mapping[str, str] = {"": ""}
    bare_base64 = False

    async def fetch(self, call: Call) -> Reply:
        task = self.studio.get(call.path.split("/")[2])
        if task is None or self.studio.state(task).lost:
            return Reply(200, b"", "application/json")  # Spring's null
        return self._answer(self.task(call, task))

    async def list_all(self, call: Call) -> Reply:
        return self._answer([self.task(call, task) for task in self._known(self.studio.newest())])

    async def list_by_condition(self, call: Call) -> Reply:
        ids = self.body(call).get("ids")
        wanted = [self.studio.get(text(each)) for each in ids] if isinstance(ids, list) else []
        return self._answer([self.task(call, task) for task in self._known(filter(None, wanted))])

    async def queue(self, call: Call) -> Reply:
        return self._answer([self.task(call, task) for task in self.studio.unfinished()])

    async def accounts(self, call: Call) -> Reply:
        switches = self.studio.switches
        account = {"id": ACCOUNT, "guildId": ACCOUNT, "channelId": ACCOUNT, "enable": True}
        account |= {"coreSize": switches.running, "queueSize": switches.waiting, "timeoutMinutes": 5}
        return self._answer([account])

    def task(self, call: Call, task: Task) -> dict[str, Any]:
        """The task object, nulls included."""
        state = self.studio.state(task)
        picture = self.gallery.url(call.base, task, state)
        described = task.words if task.verb == "describe" and state.status == "SUCCESS" else None
        return {
            "id": task.id,
            "action": ACTIONS.get(task.verb, task.verb.upper()),
            "status": "FAILURE" if state.status == "CANCEL" else state.status,
            "prompt": task.prompt or None,
            "promptEn": described or task.prompt or None,
            "description": self.command(task),
            "state": task.ref or None,
            "submitTime": int(task.made * 1000),
            "startTime": milliseconds(self.studio, state.started),
            "finishTime": milliseconds(self.studio, state.finished),
            "imageUrl": picture or None,
            "progress": progress(state),
            "failReason": state.reason or ("任务已取消" if state.status == "CANCEL" else None),
            "properties": self._properties(task, state, described),
        }

    def command(self, task: Task) -> str:
        """The pseudo command that novicezk keeps as the description."""
        match task.verb:
            case "upscale":
                return f"/up {task.parent} U{task.index}"
            case "variation":
                return f"/up {task.parent} V{task.index}"
            case "reroll":
                return f"/up {task.parent} R"
            case "describe":
                return f"/describe {task.id}.png"
            case "blend":
                return f"/blend {task.id} {task.index}"
        return f"/imagine {task.prompt}"

    def _properties(self, task: Task, state: State, described: str | None) -> dict[str, Any]:
        done = state.status == "SUCCESS"
        return {
            "notifyHook": task.hook or None,
            "nonce": task.id + "000",
            "discordInstanceId": ACCOUNT,
            "finalPrompt": (described or self.final_prompt(task)) if done else None,
            "progressMessageId": task.id + "001" if state.started is not None else None,
            "messageId": task.id + "002" if done else None,
            "messageHash": task.hash if done else None,
            "flags": 0,
            "referencedMessageId": None,
        }

    def _known(self, tasks: Any) -> list[Task]:
        return [task for task in tasks if not self.studio.state(task).lost and task.verb in ACTIONS]

    def _answer(self, data: object) -> Reply:
        return Reply(200, dump(data), "application/json")
