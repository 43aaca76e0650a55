/*
 * The daemon's configuration: one table of keys (setting.c), one file.
 *
 * Trusts nobody's file: everything wrong with it is reported at once, and a
 * file with anything wrong in it is not used at all. Holds no secrets, only
 * where they are. Only this folder includes libconfig.h.
 *
 *	size		"64 KiB"	B, KiB, MiB, GiB, TiB
 *	duration	"30 s"		ms, s, min, h, d
 *	count		100
 *	switch		true, false
 *	text		"/var/lib/rowand"
 *	list		[ "tcp://[::]:7410" ]
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/bytes.h"
#include "base/writer.h"

#define CONFIG_TEXT_MAX	    256 /* with the closing zero */
#define CONFIG_LIST_MAX	    4
#define CONFIG_FILE_MAX	    (64 * 1024)
#define CONFIG_PROBLEMS_MAX 32
#define CONFIG_PROBLEM_LEN  200

struct config_list {
	char item[CONFIG_LIST_MAX][CONFIG_TEXT_MAX];
	size_t count;
};

/* Durations are milliseconds, sizes bytes. setting.c says what each one does.
 */
struct config {
	/* Where clients connect. */
	struct config_list listen;
	struct config_list listen_next;
	struct config_list listen_enrol;
	uint64_t io_threads;
	uint64_t connections;
	uint64_t connections_enrol;
	uint64_t connections_device;
	uint64_t backlog;
	uint64_t handshake_time;
	uint64_t heartbeat_interval;
	uint64_t heartbeat_timeout;
	uint64_t send_queue;

	/* Files and credentials. */
	char state_dir[CONFIG_TEXT_MAX];
	char authority[CONFIG_TEXT_MAX];
	char store_key[CONFIG_TEXT_MAX];
	char transport_key[CONFIG_TEXT_MAX];
	char log_key[CONFIG_TEXT_MAX];
	char log_key_next[CONFIG_TEXT_MAX];
	char log_guard[CONFIG_TEXT_MAX];
	char transport_key_next[CONFIG_TEXT_MAX];
	char transport_key_enrol[CONFIG_TEXT_MAX];

	/* Administration. */
	char control[CONFIG_TEXT_MAX];
	char backup_dir[CONFIG_TEXT_MAX];
	char backup_key[CONFIG_TEXT_MAX];

	/* Group commit. */
	uint64_t batch_operations;
	uint64_t batch_time;
	uint64_t request_queue;

	/* Limits of one device. */
	uint64_t message_bytes;
	uint64_t credit;
	uint64_t rate_requests;
	uint64_t rate_messages;
	uint64_t rate_bytes;
	uint64_t burst;
	uint64_t claims_by;
	uint64_t claims_of;
	uint64_t mailbox;
	uint64_t mailbox_urgent;
	uint64_t key_packages;
	uint64_t blob_bytes;
	uint64_t blob_total;
	uint64_t blobs_open;
	uint64_t invites;
	uint64_t rate_enrol;

	/* How long things stay. */
	uint64_t lifetime;
	uint64_t lifetime_max;
	uint64_t blob_lifetime;
	uint64_t blob_lifetime_max;
	uint64_t restore_wait;
	uint64_t blob_open_time;
	uint64_t hold_max;
	uint64_t invite_lifetime;
	uint64_t invite_lifetime_max;

	/* Disk. */
	uint64_t store_bytes;
	uint64_t reserve_bytes;

	/* Clock. */
	uint64_t clock_jump;
	bool clock_need_sync;
	uint64_t clock_persist;

	/* Running. */
	uint64_t drain_time;
};

struct config_problem {
	unsigned line; /* 0: not at any line */
	char text[CONFIG_PROBLEM_LEN];
};

struct config_report {
	struct config_problem problems[CONFIG_PROBLEMS_MAX];
	size_t count;
	size_t dropped; /* found and not listed for want of room */
};

/**
 * config_defaults(ret):
 * Set ${ret} to the default of every key.
 */
void config_defaults(struct config *ret);

/**
 * config_parse(text, ret, report):
 * Defaults overlaid with the settings in ${text}. On problems
 * ROWAN_E_INVAL, every one of them in ${report} in the order of lines, and
 * ${ret} holds the defaults. ROWAN_E_NOMEM when memory is short.
 */
ROWAN_MUST int config_parse(
	struct bytes text, struct config *ret, struct config_report *report);

/**
 * config_load(path, ret, report):
 * As config_parse with the content of ${path}; ROWAN_E_IO when it cannot be
 * read or is larger than CONFIG_FILE_MAX (said in ${report} too).
 */
ROWAN_MUST int config_load(
	const char *path, struct config *ret, struct config_report *report);

#define CONFIG_KEYS_MAX 80

/* Keys that differ, by name. */
struct config_change {
	const char *taken[CONFIG_KEYS_MAX];
	size_t taken_count;
	const char *left[CONFIG_KEYS_MAX]; /* need a restart */
	size_t left_count;
};

/**
 * config_change(c, fresh, ret):
 * Give ${c} the values of ${fresh} for those keys that may change while the
 * daemon runs, and leave the others. ${ret}, or NULL, names both kinds.
 */
void config_change(struct config *c, const struct config *fresh,
	struct config_change *ret);

/**
 * config_print(c, w):
 * Every key of ${c} as a file that config_parse reads back to the same.
 */
void config_print(const struct config *c, struct writer *w);

/**
 * config_print_sample(w):
 * The file that is installed: every key with its help, range and default,
 * commented out.
 */
void config_print_sample(struct writer *w);

#endif
