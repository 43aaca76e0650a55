/*
 * Rowan: events and alarms, what the library tells an application.
 *
 * docs/sdk.md says for each what an application should do about it. Numbers
 * are part of the ABI and are never reused; an application passes over types
 * it does not know.
 */
#ifndef ROWAN_EVENT_H
#define ROWAN_EVENT_H

#include <rowan/api.h>

#ifdef __cplusplus
extern "C" {
#endif

enum rowan_event_type {
	/* The connection. Not kept: a new state replaces the old one. */
	ROWAN_EVENT_ONLINE = 1,	 /* connected, greeted */
	ROWAN_EVENT_OFFLINE = 2, /* code: why; it tries again by itself */

	/* Cases and channels. */
	ROWAN_EVENT_CASE = 10,	     /* case: new, or its status changed */
	ROWAN_EVENT_ASSIGNED = 11,   /* member, channel, time: until, or 0 */
	ROWAN_EVENT_UNASSIGNED = 12, /* member, channel */
	ROWAN_EVENT_CHANNEL = 13,    /* channel: can be read and written */
	ROWAN_EVENT_JOINED = 14,     /* device of member is in the channel */
	ROWAN_EVENT_LEFT = 15,	     /* device of member is out of it */
	ROWAN_EVENT_SHUT_OUT = 16,   /* this device is out of the channel */
	ROWAN_EVENT_RESET = 17,	  /* channel begins anew; count: generation */
	ROWAN_EVENT_FROZEN = 18,  /* channel waits for a reset; member */
	ROWAN_EVENT_NAME = 19,	  /* member is called text, they say */
	ROWAN_EVENT_REVOKED = 20, /* device of member */
	ROWAN_EVENT_READMITTED = 21, /* device of member lost its state */
	ROWAN_EVENT_CLINIC = 22,     /* authority succeeded, or restored */
	/*
	 * A restore lost a statement for good. code: which (docs/statements.md
	 * section 4), time: when it was signed, count: its number; case,
	 * channel, member and device whom it was about.
	 */
	ROWAN_EVENT_LOST = 23,

	/* Messages. */
	ROWAN_EVENT_MESSAGE = 30,   /* message has come */
	ROWAN_EVENT_SENT = 31,	    /* message is durable at the daemon */
	ROWAN_EVENT_UNSENT = 32,    /* message will not be sent; code: why */
	ROWAN_EVENT_DELIVERED = 33, /* message has reached device of member */
	ROWAN_EVENT_READ = 34,	    /* member says they have read message */
	ROWAN_EVENT_MISSING = 35,   /* count messages of member never came */
	ROWAN_EVENT_UNREADABLE =
		36,		   /* one of member could not be opened; code */
	ROWAN_EVENT_PROGRESS = 37, /* attachment of message: count of total */
	ROWAN_EVENT_FETCHED = 38,  /* attachment of message is in its file */
	ROWAN_EVENT_FETCH_FAILED = 39, /* code: why */
	ROWAN_EVENT_HISTORY = 40,      /* count messages were handed over */
	/*
	 * message will not reach device of member, or, without a device, the
	 * member at all; code: why.
	 */
	ROWAN_EVENT_UNREACHED = 42,
	ROWAN_EVENT_BAR = 41, /* team: member is barred (count 1) or not */

	/* Acts of this device, by the number its call gave (count). */
	ROWAN_EVENT_DONE = 50,	 /* the statement stands */
	ROWAN_EVENT_FAILED = 51, /* code: why */

	/* Enrolment, on both sides. text: the code to compare. */
	ROWAN_EVENT_COMPARE = 60,
	ROWAN_EVENT_ENROLLED = 61,     /* this device has its card; or device */
	ROWAN_EVENT_ENROL_FAILED = 62, /* code */

	/* This device. */
	ROWAN_EVENT_EXPIRING = 70,	 /* card ends at time */
	ROWAN_EVENT_SELF_REVOKED = 71,	 /* nothing works any more */
	ROWAN_EVENT_READMIT_NEEDED = 72, /* the vault is an old copy */
	ROWAN_EVENT_RENEWED = 73,	 /* card was, and ends at time now */

	/* Something is wrong with the daemon or a member; code: the alarm. */
	ROWAN_EVENT_ALARM = 90
};

/*
 * What the library found out. The daemon that relays is not trusted: none of
 * these happens by accident of the network.
 */
enum rowan_alarm {
	ROWAN_ALARM_FORK = 1,	  /* members were shown different histories */
	ROWAN_ALARM_ROLLBACK = 2, /* the daemon knows less than it did */
	ROWAN_ALARM_HIDDEN = 3,	  /* a statement was kept from us */
	ROWAN_ALARM_UNSIGNED = 4, /* a statement nobody may have signed */
	ROWAN_ALARM_INTRUDER = 5, /* a device in a channel without right */
	ROWAN_ALARM_WELCOME = 6,  /* a Welcome into another group than ours */
	ROWAN_ALARM_KEY_PACKAGE = 7, /* a package not of the device asked for */
	ROWAN_ALARM_REPLAYED = 8,    /* an envelope came again */
	ROWAN_ALARM_DROPPED = 9,     /* an envelope is missing in the middle */
	ROWAN_ALARM_REDEEMED = 10,   /* an invite was used a second time */
	ROWAN_ALARM_COMMIT = 11,     /* a commit against the channel's rules */
	ROWAN_ALARM_RETURNED = 12,   /* a victim's device is back after long */
	ROWAN_ALARM_STALE = 13,	     /* the log goes on without us */
	ROWAN_ALARM_DAEMON = 14,     /* a daemon answers that was revoked */
	ROWAN_ALARM_UNLOGGED = 15    /* a message was taken and not logged */
};

#ifdef __cplusplus
}
#endif

#endif
