/*
 * What has happened, in calm words. Never what a message says: that is shown
 * when the person asks to read.
 */
#include <stdio.h>

#include "companion.h"
#include "screen.h"

static void about(
	struct companion *c, const struct rowan_event *e, const char *what)
{
	char who[300];

	name_of(c, rowan_event_channel(e), rowan_event_member(e), who,
		sizeof who);
	say("%s: %s", what, who);
}

/* What went wrong while connecting or with the other side. */
static void alarm(const struct rowan_event *e)
{
	say("Something is not right with the service (%s). Do not send "
	    "anything new for now, and tell your caseworker another way. In "
	    "danger, call 999.",
		rowan_alarm_name((enum rowan_alarm)rowan_event_code(e)));
}

static void tell(struct companion *c, const struct rowan_event *e)
{
	switch (rowan_event_type(e)) {
	case ROWAN_EVENT_COMPARE:
		say("Compare this code with the person who invited you, aloud, "
		    "theirs first: %s",
			rowan_event_text(e));
		break;
	case ROWAN_EVENT_ENROLLED: say("This device is set up."); break;
	case ROWAN_EVENT_ENROL_FAILED:
		say("The invite does not work. Ask for a new one.");
		break;
	case ROWAN_EVENT_CHANNEL: say("A conversation is ready."); break;
	case ROWAN_EVENT_MESSAGE: say("There is a new message."); break;
	case ROWAN_EVENT_UNSENT:
		say("A message could not be sent. In danger, call 999.");
		break;
	case ROWAN_EVENT_UNREACHED:
		about(c, e, "A message of yours does not reach them");
		break;
	case ROWAN_EVENT_UNREADABLE:
	case ROWAN_EVENT_MISSING:
		about(c, e, "A message was lost, ask for it again");
		break;
	case ROWAN_EVENT_JOINED: about(c, e, "Reads from now on"); break;
	case ROWAN_EVENT_LEFT: about(c, e, "No longer reads"); break;
	case ROWAN_EVENT_READMITTED:
		about(c, e, "Has lost their device's state, ask them why");
		break;
	case ROWAN_EVENT_LOST:
		say("Something of your case was lost at the clinic. Ask your "
		    "caseworker who reads with you.");
		break;
	case ROWAN_EVENT_FETCHED: say("The file is here."); break;
	case ROWAN_EVENT_FETCH_FAILED:
		if (rowan_event_code(e) == ROWAN_E_REFUSED)
			say("The file is no longer at the clinic. Ask for it "
			    "again.");
		else
			explain(rowan_event_code(e));
		break;
	case ROWAN_EVENT_SHUT_OUT:
		say("This device is out of a conversation.");
		break;
	case ROWAN_EVENT_SELF_REVOKED:
		say("This device was ended by your caseworker or you. Nothing "
		    "is sent or received any more.");
		break;
	case ROWAN_EVENT_READMIT_NEEDED:
		say("What is on this device is an old copy. Your caseworkers "
		    "will see that it comes back.");
		c->old_copy = true;
		break;
	case ROWAN_EVENT_ALARM: alarm(e); break;
	default: break; /* nothing to say, or of a later version */
	}
}

void tell_events(struct companion *c)
{
	const struct rowan_event *e;

	while (rowan_next_event(c->r, &e) == 0) {
		tell(c, e);
		if (rowan_event_done(c->r, e) != 0)
			return;
	}
	if (c->old_copy && rowan_readmit(c->r) != ROWAN_E_AGAIN)
		c->old_copy = false;
}

void explain(int code)
{
	switch (code) {
	case ROWAN_E_CRYPTO: say("That is not the passphrase."); break;
	case ROWAN_E_AGAIN:
	case ROWAN_E_QUOTA:
		say("That is not possible just now. Please try again later.");
		break;
	case ROWAN_E_FULL: say("There is no room left on this device."); break;
	case ROWAN_E_MALFORMED:
		say("That was not understood. Is it complete?");
		break;
	case ROWAN_E_EXISTS: say("There is already one of that name."); break;
	case ROWAN_E_NOT_FOUND: say("There is nothing of that name."); break;
	case ROWAN_E_LIMIT: say("That is too long or too large."); break;
	case ROWAN_E_STATE: say("That is not possible now."); break;
	default: say("That did not work: %s.", rowan_strerror(code)); break;
	}
}
