"""All methods that are played, by name."""

from collections.abc import Callable
from typing import Any

from tests.emulators.telegram.call import Call
from tests.emulators.telegram.methods import answers, editing, places, profile, receiving, sending
from tests.emulators.telegram.world import World

METHODS: dict[str, Callable[[World, Call], Any]] = {
    "answerCallbackQuery": answers.answer_callback_query,
    "answerInlineQuery": answers.answer_inline_query,
    "close": receiving.close,
    "closeForumTopic": places.close_forum_topic,
    "copyMessage": sending.copy_message,
    "createForumTopic": places.create_forum_topic,
    "deleteForumTopic": places.delete_forum_topic,
    "deleteMessage": editing.delete_message,
    "deleteMessages": editing.delete_messages,
    "deleteMyCommands": profile.delete_my_commands,
    "deleteWebhook": receiving.delete_webhook,
    "editForumTopic": places.edit_forum_topic,
    "editMessageCaption": editing.edit_message_caption,
    "editMessageMedia": editing.edit_message_media,
    "editMessageReplyMarkup": editing.edit_message_reply_markup,
    "editMessageText": editing.edit_message_text,
    "forwardMessage": sending.forward_message,
    "getChat": places.get_chat,
    "getChatAdministrators": places.get_chat_administrators,
    "getChatMember": places.get_chat_member,
    "getChatMemberCount": places.get_chat_member_count,
    "getChatMenuButton": profile.get_chat_menu_button,
    "getFile": receiving.get_file,
    "getMe": profile.get_me,
    "getMyCommands": profile.get_my_commands,
    "getMyDescription": profile.getter("description"),
    "getMyName": profile.getter("name"),
    "getMyShortDescription": profile.getter("short_description"),
    "getUpdates": receiving.get_updates,
    "getWebhookInfo": receiving.get_webhook_info,
    "leaveChat": places.leave_chat,
    "logOut": receiving.log_out,
    "pinChatMessage": places.pin_chat_message,
    "reopenForumTopic": places.reopen_forum_topic,
    "sendAnimation": sending.send_animation,
    "sendAudio": sending.send_audio,
    "sendChatAction": sending.send_chat_action,
    "sendDocument": sending.send_document,
    "sendMediaGroup": sending.send_media_group,
    "sendMessage": sending.send_message,
    "sendMessageDraft": sending.send_message_draft,
    "sendPhoto": sending.send_photo,
    "sendVideo": sending.send_video,
    "sendVoice": sending.send_voice,
    "setChatMenuButton": profile.set_chat_menu_button,
    "setMessageReaction": answers.set_message_reaction,
    "setMyCommands": profile.set_my_commands,
    "setMyDescription": profile.setter("description"),
    "setMyName": profile.setter("name"),
    "setMyShortDescription": profile.setter("short_description"),
    "setWebhook": receiving.set_webhook,
    "unpinChatMessage": places.unpin_chat_message,
}
BY_LOWER_NAME = {name.lower(): name for name in METHODS}
