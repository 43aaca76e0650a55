/*
 * The table of configuration keys: see setting.h. Holds no state.
 *
 * conf/rowand.conf is made from it (make conf); a test compares the two.
 */
#include <string.h>

#include <sys/un.h>

#include "config/setting.h"
#include "wire/limits.h"

#define SEC	 1000ULL
#define MINUTE	 (60 * SEC)
#define HOUR	 (60 * MINUTE)
#define DAY	 (24 * HOUR)
#define KIB	 1024ULL
#define MIB	 (1024 * KIB)
#define GIB	 (1024 * MIB)
#define TIB	 (1024 * GIB)
#define RATE_MAX 1000000000ULL

/* Of a local socket, without the closing zero. */
#define SOCKET_PATH_MAX (sizeof((struct sockaddr_un *)0)->sun_path - 1)

/* clang-format off */
#define OF(type, field, min, max, value, help) \
	{#field, SETTING_##type, offsetof(struct config, field), min, max, \
		value, help, NULL, false}
/* May change while the daemon runs. */
#define LIVE(type, field, min, max, value, help) \
	{#field, SETTING_##type, offsetof(struct config, field), min, max, \
		value, help, NULL, true}
#define FIRST(heading, type, field, min, max, value, help) \
	{#field, SETTING_##type, offsetof(struct config, field), min, max, \
		value, help, heading, false}
#define FIRST_LIVE(heading, type, field, min, max, value, help) \
	{#field, SETTING_##type, offsetof(struct config, field), min, max, \
		value, help, heading, true}

static const struct setting keys[] = {
	FIRST("Where clients connect. Sockets handed over by systemd take"
		" precedence.",
		ENDPOINTS, listen, 1, CONFIG_LIST_MAX, "tcp://[::]:7410",
		"Endpoints for devices that have a card. tcp://ADDRESS:PORT"
		" with a numeric IPv4 address, an IPv6 address in brackets,"
		" or * for every IPv4 address; [::] serves both. Port 0 takes"
		" any free port."),
	OF(ENDPOINTS, listen_next, 0, CONFIG_LIST_MAX, "",
		"Endpoints that serve the next transport key during a"
		" change of keys. Needs transport_key_next."),
	OF(ENDPOINTS, listen_enrol, 0, CONFIG_LIST_MAX, "tcp://[::]:7411",
		"Endpoints for devices that enrol. Empty: no enrolment over"
		" the network."),
	OF(COUNT, io_threads, 1, 8, "1",
		"Threads that encrypt and move bytes. One serves some"
		" thousand messages a second."),
	OF(COUNT, connections, 16, 60000, "8000",
		"Most connections of devices that have a card. Beyond it the"
		" oldest one that has said nothing is closed. One idle"
		" connection takes about 40 KiB."),
	OF(COUNT, connections_enrol, 1, 10000, "64",
		"Most connections on the enrolment endpoints. Beyond it the"
		" oldest one that has named no invite is closed."),
	LIVE(COUNT, connections_device, 1, 10000, "8",
		"Connections one device may have at a time. Beyond it its"
		" oldest one is closed."),
	OF(COUNT, backlog, 16, 65535, "1024",
		"Connections that may wait to be accepted."),
	OF(DURATION, handshake_time, SEC, MINUTE, "10 s",
		"A connection that has not proved its key by then is"
		" closed, and one that has said nothing by twice as long."),
	OF(DURATION, heartbeat_interval, SEC, HOUR, "30 s",
		"How often a silent connection is asked whether it lives."),
	OF(DURATION, heartbeat_timeout, SEC, HOUR, "90 s",
		"A connection silent for so long is closed."),
	OF(COUNT, send_queue, 16, 65535, "256",
		"Messages that may wait for one slow connection; beyond it"
		" nothing more is pushed to it."),

	FIRST("Files and credentials. A credential without a slash is looked"
		" for in $CREDENTIALS_DIRECTORY. No key ever stands in this"
		" file.",
		PATH, state_dir, 1, 0, "/var/lib/rowand",
		"Folder of the database, the reserve file and the clock."),
	OF(PATH, authority, 0, 0, "",
		"The record of the clinic's authority, a text file. Without it"
		" only what the database knows is served. Another one than the"
		" first is refused."),
	OF(CREDENTIAL, store_key, 1, 0, "store-key",
		"The 32 bytes under which stored values are sealed."),
	OF(CREDENTIAL, transport_key, 1, 0, "curve-key",
		"The secret transport key that clients connect to."),
	OF(CREDENTIAL, log_key, 1, 0, "log-key",
		"The secret key that signs the log; the daemon's card has its"
		" public half."),
	OF(PATH, log_guard, 0, 0, "",
		"The record of the last signed checkpoint, which is never"
		" backed up or restored. Empty: log-guard in state_dir."),
	OF(CREDENTIAL, transport_key_next, 0, 0, "",
		"The next transport key, served on listen_next."),
	OF(CREDENTIAL, log_key_next, 0, 0, "",
		"The log key that comes with it: the daemon's next card has"
		" both."),
	OF(CREDENTIAL, transport_key_enrol, 0, 0, "",
		"Transport key of the enrolment endpoints. Empty: the same"
		" as transport_key."),

	FIRST("Administration.",
		PATH, control, 0, SOCKET_PATH_MAX, "/run/rowand/control",
		"Socket of rowanctl, for root and the members of rowand's group."
		" Empty: no administration while the daemon runs."),
	OF(PATH, backup_dir, 0, 0, "/var/backups/rowan",
		"Folder of backups. Carry them elsewhere from there."),
	OF(PATH, backup_key, 0, 0, "/etc/rowan/backup.pub",
		"The public key backups are sealed to, a text file (rowanctl"
		" backup keygen). Without it no backup is made."),

	FIRST("Group commit: one flush of the disk covers many operations.",
		COUNT, batch_operations, 1, 4096, "256",
		"A batch closes after so many operations,"),
	OF(DURATION, batch_time, 0, SEC, "2 ms",
		"or so long after its first one, whatever comes first."),
	OF(COUNT, request_queue, 64, 65536, "4096",
		"Requests that may wait for the writer; beyond it all are"
		" kept waiting, and told to try again later when that lasts."),

	FIRST("Limits of one device. Beyond them it is told when to try"
		" again.",
		SIZE, message_bytes, 320 * KIB, WIRE_MESSAGE_MAX, "1 MiB",
		"Largest message, all frames together."),
	OF(COUNT, credit, 1, WIRE_CREDIT_MAX, "256",
		"Most envelopes a device may have pushed to it before it"
		" grants more."),
	LIVE(COUNT, rate_requests, 10, RATE_MAX, "6000",
		"Requests a minute, of any kind."),
	LIVE(COUNT, rate_messages, 1, RATE_MAX, "600",
		"Envelopes a minute submitted; also what the log is told a"
		" minute of anything else."),
	LIVE(SIZE, rate_bytes, 128 * KIB, TIB, "64 MiB",
		"Bytes a minute submitted, blobs included."),
	LIVE(DURATION, burst, SEC, HOUR, "1 min",
		"How much of an unused rate may be saved up."),
	LIVE(COUNT, claims_by, 1, RATE_MAX, "1000",
		"Key packages one device may claim in an hour."),
	LIVE(COUNT, claims_of, 1, RATE_MAX, "60",
		"Key packages of one device that may be claimed in an hour."),
	LIVE(COUNT, mailbox, 16, RATE_MAX, "20000",
		"Envelopes that may wait for one device."),
	LIVE(COUNT, mailbox_urgent, 0, RATE_MAX, "1000",
		"How many of these places are kept for urgent ones."),
	LIVE(COUNT, key_packages, 1, 1000, "100",
		"Key packages stored for one device."),
	LIVE(SIZE, blob_bytes, 64 * KIB, WIRE_BLOB_MAX, "100 MiB",
		"Largest blob."),
	LIVE(SIZE, blob_total, 64 * KIB, TIB, "1 GiB",
		"All blobs together that one device has stored."),
	LIVE(COUNT, blobs_open, 1, 1000, "16",
		"Blobs one device has begun and not finished."),
	LIVE(COUNT, invites, 1, 10000, "32",
		"Invites of one registrar's device that are open."),
	LIVE(COUNT, rate_enrol, 10, RATE_MAX, "3000",
		"Requests a minute on the enrolment endpoints of all that have"
		" not named an invite yet, together."),

	FIRST_LIVE("How long things stay.",
		DURATION, lifetime, MINUTE, 400 * DAY, "60 d",
		"An envelope nobody fetched expires after so long, unless its"
		" sender said otherwise."),
	LIVE(DURATION, lifetime_max, MINUTE, 400 * DAY, "90 d",
		"Longest lifetime a sender may ask for."),
	LIVE(DURATION, blob_lifetime, MINUTE, 400 * DAY, "60 d",
		"The same for blobs."),
	LIVE(DURATION, blob_lifetime_max, MINUTE, 400 * DAY, "90 d",
		"Longest lifetime of a blob a sender may ask for."),
	LIVE(DURATION, blob_open_time, MINUTE, 30 * DAY, "1 d",
		"A blob without a new chunk for so long is dropped when it is"
		" not complete."),
	LIVE(DURATION, restore_wait, 0, 30 * DAY, "1 d",
		"After a restore: how long a case waits at most for those who"
		" may have statements of it that were lost. 0: not at all."),
	LIVE(DURATION, hold_max, MINUTE, 400 * DAY, "30 d",
		"How far ahead a blob may be held."),
	LIVE(DURATION, invite_lifetime, MINUTE, 7 * DAY, "1 d",
		"An invite lives so long, unless its registrar said"
		" otherwise."),
	LIVE(DURATION, invite_lifetime_max, MINUTE, 7 * DAY, "7 d",
		"Longest lifetime of an invite."),

	FIRST("Disk.",
		SIZE, store_bytes, 8 * MIB, 16 * TIB, "8 GiB",
		"Most the database may grow to; choose it below the size of"
		" the volume, or the daemon warns at its start."),
	OF(SIZE, reserve_bytes, MIB, GIB, "64 MiB",
		"A file that is given up when the disk is full, so that"
		" deliveries, deletions and expiry go on."),

	FIRST("Clock. While it is doubtful nothing is released, started or"
		" expired, except that assignments still end.",
		DURATION, clock_jump, SEC, DAY, "2 min",
		"A step of the clock larger than this makes it doubtful."),
	OF(SWITCH, clock_need_sync, 0, 1, "true",
		"Whether the clock is doubtful until a time source has set it"
		" since boot."),
	OF(DURATION, clock_persist, SEC, HOUR, "10 s",
		"How often the time is written down, so that it never goes"
		" back."),

	FIRST_LIVE("Running.",
		DURATION, drain_time, 0, 5 * MINUTE, "10 s",
		"How long a stop waits for answers to leave."),
};

static const struct setting_order orders[] = {
	{"heartbeat_interval", "heartbeat_timeout", false},
	{"mailbox_urgent", "mailbox", false},
	{"blob_bytes", "blob_total", true},
	{"lifetime", "lifetime_max", true},
	{"blob_lifetime", "blob_lifetime_max", true},
	{"hold_max", "blob_lifetime_max", true},
	{"invite_lifetime", "invite_lifetime_max", true},
	{"reserve_bytes", "store_bytes", false},
};
/* clang-format on */

const struct setting *setting_at(size_t i)
{
	return i < sizeof keys / sizeof *keys ? &keys[i] : NULL;
}

const struct setting_order *setting_order_at(size_t i)
{
	return i < sizeof orders / sizeof *orders ? &orders[i] : NULL;
}

const struct setting *setting_find(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (strlen(keys[i].name) == len &&
			memcmp(keys[i].name, name, len) == 0)
			return &keys[i];
	return NULL;
}

const char *setting_type_name(enum setting_type type)
{
	switch (type) {
	case SETTING_COUNT: return "a number such as 100";
	case SETTING_SIZE: return "a size such as \"64 KiB\"";
	case SETTING_DURATION: return "a duration such as \"30 s\"";
	case SETTING_SWITCH: return "true or false";
	case SETTING_PATH: return "an absolute path, as \"/folder\"";
	case SETTING_CREDENTIAL: return "the name of a credential, as \"name\"";
	case SETTING_ENDPOINTS:
		return "a list of tcp://ADDRESS:PORT, the address in numbers, "
		       "such as [ \"tcp://[::]:7410\" ]";
	}
	return "";
}
