"""One sentence for people about what a service did not do."""

from bot.errors import Broken, Kind, Lacking, OutcomeUnknown, ServiceError, Silent, Unavailable
from bot.texts import _


def explain(error: ServiceError) -> str:
    """What happened, in the reader's language, without anything that only the operator understands."""
    if isinstance(error, Silent):
        return _("The model said nothing for too long, so I stopped waiting.")
    if isinstance(error, Broken):
        return _("The answer broke off before it was finished.")
    if isinstance(error, Lacking):
        return f"{error.reason}."
    match Kind.OUTCOME if isinstance(error, OutcomeUnknown) else error.kind:
        case Kind.KEY:
            return _("The gateway does not accept the key this bot was given.")
        case Kind.QUOTA:
            return _("The balance behind this bot is used up.")
        case Kind.FORBIDDEN:
            return _("The gateway does not allow this to the bot's key.")
        case Kind.RATE | Kind.QUEUE:
            wait = error.retry_after if isinstance(error, Unavailable) else None
            if wait:
                return _("The service is busy; try again in {seconds} s.").format(seconds=round(wait))
            return _("The service is busy; try again in a moment.")
        case Kind.MODEL:
            return _("This model is not available right now; /model shows the others.")
        case Kind.CONTENT:
            if error.detail:
                return _("Refused by moderation because of the word “{word}”.").format(word=error.detail)
            return _("Refused by moderation.")
        case Kind.CONTEXT:
            return _("This conversation is too long for the model; /new starts a fresh one.")
        case Kind.SIZE:
            return _("That is too large for the gateway.")
        case Kind.SETUP:
            return _("The gateway's address does not seem to be right.")
        case Kind.EMPTY:
            return _("The model answered with nothing.")
        case Kind.GONE:
            return _("The service does not know this any more.")
        case Kind.NOT_READY:
            return _("The picture it belongs to is not finished yet.")
        case Kind.TIMEOUT:
            return _("The service took too long.")
        case Kind.CANCELLED:
            return _("It was cancelled.")
        case Kind.MISSING:
            return _("The service does not offer this.")
        case Kind.OUTCOME:
            return _("The service did not answer, so I cannot tell whether it took the order.")
        case Kind.PARAMETER | Kind.REQUEST:
            if error.reason:
                return _("The service did not understand this: {reason}").format(reason=error.reason)
            return _("The service did not understand this.")
        case Kind.UPSTREAM:
            return _("The service behind the gateway failed.")
