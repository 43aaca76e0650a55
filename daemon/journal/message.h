/*
 * Every kind of message the daemon says, in one table: its id, its level, its
 * text, and what to do about it. The catalog of the journal
 * (systemd/rowan.catalog) is made from it.
 */
#ifndef JOURNAL_MESSAGE_H
#define JOURNAL_MESSAGE_H

#include "base/writer.h"

/* Ids stand for ever; a kind that is given up leaves the table with its id. */
enum message_id {
	MSG_SERVING,
	MSG_STOPPED,
	MSG_COUNTERS,
	MSG_RELOADED,
	MSG_SETTING_TAKEN,
	MSG_SETTING_LEFT,
	MSG_RELOAD_REFUSED,
	MSG_CONFIG_PROBLEM,
	MSG_CONFIG_PROBLEM_AT,
	MSG_KEY_MISSING,
	MSG_KEY_EXPOSED,
	MSG_KEY_BAD,
	MSG_KEY_UNREADABLE,
	MSG_STORE_NEWER,
	MSG_STORE_OLD,
	MSG_STORE_OTHER_KEY,
	MSG_STORE_MISSING,
	MSG_STORE_DAMAGED,
	MSG_STORE_UNUSABLE,
	MSG_VOLUME_SMALL,
	MSG_MIGRATED,
	MSG_CLOCK_UNUSABLE,
	MSG_CLOCK_DOUBTFUL,
	MSG_CLOCK_SURE,
	MSG_CLOCK_UNSAVED,
	MSG_AUTHORITY_OTHER,
	MSG_AUTHORITY_BAD,
	MSG_TOO_FEW_FILES,
	MSG_ENDPOINT,
	MSG_HANDED_BAD,
	MSG_START_FAILED,
	MSG_DISK_FULL,
	MSG_DISK_ROOM,
	MSG_COMMIT_FAILED,
	MSG_DAMAGED,
	MSG_CARD_EXPIRES,
	MSG_CARD_EXPIRED,
	MSG_ADMIN,
	MSG_ADMIN_REFUSED,
	MSG_CONTROL_FAILED,
	MSG_BACKUP_DONE,
	MSG_BACKUP_FAILED,
	MSG_BACKUP_OLD,
	MSG_BACKUP_COPY,
	MSG_LOGLEVEL,
	MSG_RESTORE_PENDING,
	MSG_RESTORE_WAITS,
	MSG_RESTORE_OVER,
	MSG_RESTORE_REFUSED,
	MSG_UNBURIED,
	MSG_DELIVERY_LATE,
	MSG_LOG_UNRECORDED,
	MSG_LOG_BEHIND,
	MSG_LOG_FORKED,
	MSG_LOG_UNSIGNED,
	MSG_GUARD_DAMAGED,
	MSG_GUARD_UNUSABLE,
	MSG_LOG_ACCEPTED,
	MSG_NOT_NOTED,
	MSG_KEYS_MOVED,
	MSG_HANDSHAKE_REFUSED,
	MSG_DEVICE_REFUSED,
	MSG_COUNT
};

struct message {
	const char *id;	    /* 128 bits in hex: MESSAGE_ID of the journal */
	int level;	    /* of syslog: 0 emergency to 7 debug */
	const char *event;  /* the same for people and scripts */
	const char *text;   /* {field} stands for a field's value */
	const char *advice; /* what to do */
};

/**
 * message_at(id):
 * The entry of the table. Static.
 */
const struct message *message_at(enum message_id id);

/**
 * message_catalog(w):
 * The whole table as a catalog file of the journal.
 */
void message_catalog(struct writer *w);

#endif
