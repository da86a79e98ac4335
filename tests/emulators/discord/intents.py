"""Which events a bot hears, by what it asked for."""

INTENTS = {
    name: 1 << place
    for place, name in {
        0: "guilds",
        1: "members",
        2: "moderation",
        3: "expressions",
        4: "integrations",
        5: "webhooks",
        6: "invites",
        7: "voice_states",
        8: "presences",
        9: "guild_messages",
        10: "guild_reactions",
        11: "guild_typing",
        12: "dm_messages",
        13: "dm_reactions",
        14: "dm_typing",
        15: "message_content",
        16: "guild_scheduled_events",
        20: "auto_moderation_configuration",
        21: "auto_moderation_execution",
        24: "guild_polls",
        25: "dm_polls",
    }.items()
}
PRIVILEGED = ("members", "presences", "message_content")
ALL = sum(INTENTS.values())

_MESSAGES = ("MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE", "MESSAGE_DELETE_BULK")
_MEMBERS = ("GUILD_MEMBER_ADD", "GUILD_MEMBER_UPDATE", "GUILD_MEMBER_REMOVE")
_ALWAYS = ("READY", "RESUMED", "INTERACTION_CREATE", "USER_UPDATE", "GUILD_MEMBERS_CHUNK")


def wanted(event: str, intents: int, *, private: bool) -> bool:
    """Is the event sent to a bot with these intents?"""
    if event in _ALWAYS:
        return True
    if event in _MESSAGES or event == "CHANNEL_PINS_UPDATE":
        name = "dm_messages" if private else "guild_messages"
    elif event.startswith("MESSAGE_REACTION"):
        name = "dm_reactions" if private else "guild_reactions"
    elif event == "TYPING_START":
        name = "dm_typing" if private else "guild_typing"
    elif event in _MEMBERS:
        name = "members"
    else:
        name = "guilds"
    return bool(intents & INTENTS[name])
