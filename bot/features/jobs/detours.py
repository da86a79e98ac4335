"""The same wish by another way, where a service refuses the button for it (new-api: ``unknown_action``)."""

from dataclasses import replace

from bot.jobs import Job, Order


def detour(job: Job, parent: Job) -> Order | None:
    """An order that does what the job's action would have done; None where there is none.

    Clips begin with the picture; a reroll is the same order once more.
    """
    name, _sep, how = (job.action.name if job.action else "").partition(":")
    prompt = job.text or parent.text or parent.order.prompt
    if name == "animate" and len(parent.results) == 1:
        options = {"motion": "high" if how == "high" else "low"}
        picture = parent.results[0].partition(".")[0]
        return Order(prompt, (picture,), job.order.mode, "video", options)
    if name == "reroll" and not parent.action:
        return replace(parent.order, prompt=prompt)
    return None
