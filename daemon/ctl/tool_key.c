/*
 * rowanctl key: the next transport key and the next log key, which the
 * daemon's next card binds together, and their taking over.
 *
 *	current alone --rotate--> current and next --retire--> next alone
 *	                          90 days
 *
 * The log goes on under the same name: a client or witness takes a checkpoint
 * signed with the key of any daemon's card that the clinic's chain has.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>
#include <sys/stat.h>

#include "ctl/client.h"
#include "ctl/offline.h"
#include "net/keyfile.h"
#include "process/request.h"

#define DAY	 86400u
#define OVERLAP	 (90 * DAY)
#define NEXT_KEY "curve-key-next"
#define NEXT_LOG "log-key-next"

static bool has_next(const struct config *c)
{
	return c->transport_key_next[0] != '\0' && c->log_key_next[0] != '\0';
}

static int no_next(struct tool *t)
{
	return offline_answer(t, EX_CONFIG,
		"there are no next keys: transport_key_next and log_key_next "
		"are not set");
}

int tool_key_request(struct tool *t)
{
	static struct config config;
	struct request_options o = {
		.config = &config, .agency = t->args[0], .next = t->next};
	char fingerprint[ISSUE_FINGERPRINT_LEN];
	struct writer w;
	int code = process_config(t->config, &config);

	if (code == EX_OK && t->next && !has_next(&config))
		return no_next(t);
	writer_init(&w, 4096);
	if (code == EX_OK)
		code = request_write(&o, &w, fingerprint);
	if (code == EX_OK && fwrite(w.data, 1, w.len, stdout) != w.len)
		code = EX_IOERR;
	if (code == EX_OK)
		fprintf(stderr, "fingerprint: %s\n", fingerprint);
	else if (code == EX_USAGE)
		fputs("rowanctl: an agency is 1 to 16 of a-z, 0-9 and -\n",
			stderr);
	writer_wipe(&w);
	return code;
}

/* ---- rotate ---- */

static void public_of_seed(const struct key32 *seed, uint8_t ret[KEY32_LEN])
{
	uint8_t sk[crypto_sign_SECRETKEYBYTES];

	(void)crypto_sign_seed_keypair(ret, sk, seed->b);
	sodium_memzero(sk, sizeof sk);
}

static void key_row(struct ctl_answer *a, const char *key, const char *path,
	const uint8_t public[KEY32_LEN])
{
	char hex[2 * KEY32_LEN + 1];

	ctl_row(a);
	ctl_text(a, "key", key);
	ctl_text(a, "public",
		sodium_bin2hex(hex, sizeof hex, public, KEY32_LEN));
	ctl_text(a, "file", path);
}

static int make(struct ctl_answer *a, const char *path, bool log)
{
	uint8_t public[KEY32_LEN];
	struct key32 secret;
	int rc = keyfile_create(path, &secret);

	if (rc != 0)
		return rc;
	if (log)
		public_of_seed(&secret, public);
	else
		(void)crypto_scalarmult_base(public, secret.b);
	key32_wipe(&secret);
	key_row(a, log ? "log" : "transport", path, public);
	return 0;
}

int tool_key_rotate(struct tool *t)
{
	char key[PATH_MAX], log[PATH_MAX];
	struct ctl_answer a;
	int rc;

	snprintf(key, sizeof key, "%.4000s/" NEXT_KEY, t->args[0]);
	snprintf(log, sizeof log, "%.4000s/" NEXT_LOG, t->args[0]);
	if (access(t->args[0], W_OK) != 0)
		return offline_answer(t, EX_CANTCREAT,
			"there is no such folder that can be written to");
	if (access(key, F_OK) == 0 || access(log, F_OK) == 0)
		return offline_answer(
			t, EX_CANTCREAT, "next keys are there already");
	if (t->dry)
		return offline_answer(t, EX_OK,
			"two keys would be made there: " NEXT_KEY
			" and " NEXT_LOG);
	rc = offline_note_here(t, CTL_KEY_ROTATE);
	if (rc != EX_OK)
		return rc;
	ctl_answer_init(&a);
	rc = make(&a, key, false);
	if (rc == 0 && (rc = make(&a, log, true)) != 0)
		(void)unlink(key);
	if (rc != 0)
		ctl_say(&a, EX_CANTCREAT, "the keys cannot be made: %s",
			rowan_strerror(rc));
	else
		ctl_say(&a, EX_OK,
			"make them credentials, set transport_key_next, "
			"log_key_next and listen_next, restart, have the "
			"authority sign a card for them (key request --next); "
			"90 days later: rowanctl key retire");
	return tool_show(t, &a);
}

/* ---- retire ---- */

struct pair {
	uint8_t key[KEY32_LEN], log[KEY32_LEN]; /* public */
};

static int read_pair(const char *key, const char *log, struct pair *ret)
{
	struct key32 secret;
	int code = process_key(key, &secret);

	if (code == EX_OK && crypto_scalarmult_base(ret->key, secret.b) != 0)
		code = EX_CONFIG;
	if (code == EX_OK)
		code = process_key(log, &secret);
	if (code == EX_OK)
		public_of_seed(&secret, ret->log);
	key32_wipe(&secret);
	return code;
}

/* How the running daemon serves a key. */
struct served {
	bool here, carded;
	uint64_t since;
	struct bytes log; /* of the card, in hex; borrows */
};

static void read_row(struct reader *row, const char *hex, struct served *ret)
{
	struct served s = {.here = false};
	struct ctl_field f;

	while (ctl_next_field(row, &f)) {
		if (bytes_eq(f.name, bytes_of("public", 6)))
			s.here = bytes_eq(f.text, bytes_of(hex, 2 * KEY32_LEN));
		else if (bytes_eq(f.name, bytes_of("card", 4)))
			s.carded = bytes_eq(f.text, bytes_of("in force", 8));
		else if (bytes_eq(f.name, bytes_of("from", 4)))
			s.since = f.number;
		else if (bytes_eq(f.name, bytes_of("log", 3)))
			s.log = f.text;
	}
	if (s.here)
		*ret = s;
}

/* Whether the daemon serves the next keys now, and with which card. */
static int announced(struct tool *t, const struct pair *next,
	struct buf *ret_raw, struct served *ret)
{
	struct ctl_request q = {.op = CTL_KEYS, .uid = (uint32_t)getuid()};
	char hex[2 * KEY32_LEN + 1];
	struct ctl_view v;
	struct reader row;
	int rc = client_call(t->socket, &q, ret_raw);

	(void)sodium_bin2hex(hex, sizeof hex, next->key, KEY32_LEN);
	*ret = (struct served){.here = false};
	if (rc == 0)
		rc = ctl_answer_decode(buf_view(ret_raw), &v);
	while (rc == 0 && ctl_next_row(&v, &row))
		read_row(&row, hex, ret);
	return rc;
}

/* EX_OK when the next keys may take over; else said. */
static int judge(struct tool *t, const struct pair *next)
{
	uint64_t want = t->seconds != 0 ? t->seconds : OVERLAP;
	uint64_t now = (uint64_t)time(NULL);
	char hex[2 * KEY32_LEN + 1], words[160];
	struct buf raw = {NULL, 0};
	struct served s;
	int rc = announced(t, next, &raw, &s), code = EX_OK;

	(void)sodium_bin2hex(hex, sizeof hex, next->log, KEY32_LEN);
	if (rc != 0)
		code = offline_answer(t, EX_UNAVAILABLE,
			"rowand must run, and serve the next key");
	else if (!s.here || !s.carded)
		code = offline_answer(t, EX_CONFIG,
			"the next key is not served with a card: clients would "
			"not know it");
	else if (!bytes_eq(s.log, bytes_of(hex, 2 * KEY32_LEN)))
		code = offline_answer(t, EX_CONFIG,
			"the next card is for another log key: nobody would "
			"believe the log");
	else if (now < s.since + want) {
		const bool days = want >= DAY;

		snprintf(words, sizeof words,
			"it was announced %llu %s ago, and clients need %llu",
			(unsigned long long)((now > s.since ? now - s.since
							    : 0) /
					     (days ? DAY : 1)),
			days ? "days" : "seconds",
			(unsigned long long)(want / (days ? DAY : 1)));
		code = offline_answer(t, EX_TEMPFAIL, words);
	}
	buf_wipe(&raw);
	return code;
}

/* A credential's place is the service manager's business. */
static bool has_files(const struct config *c)
{
	return strchr(c->transport_key, '/') != NULL &&
	       strchr(c->log_key, '/') != NULL;
}

/* How far the two are, each by itself. */
struct places {
	enum keyfile_place log, key;
};

static struct places places_of(const struct config *c)
{
	return (struct places){keyfile_place(c->log_key, c->log_key_next),
		keyfile_place(c->transport_key, c->transport_key_next)};
}

static int moved(struct tool *t)
{
	return offline_answer(t, EX_OK,
		"moved: clear transport_key_next, log_key_next and "
		"listen_next, restart, look whether clients come back, then "
		"remove the retired files");
}

static int take_over(struct tool *t, const struct config *c)
{
	struct places at;

	if (!has_files(c))
		return offline_answer(t, EX_OK,
			"the next keys may take over: put their credentials in "
			"the place of the old ones, clear transport_key_next, "
			"log_key_next and listen_next, restart");
	at = places_of(c);
	if (at.log == KEYFILE_TAKEN || at.key == KEYFILE_TAKEN)
		return offline_answer(t, EX_CANTCREAT,
			"a retired key is there already: remove it first");
	if (keyfile_replace(c->log_key, c->log_key_next) != 0 ||
		keyfile_replace(c->transport_key, c->transport_key_next) != 0)
		return offline_answer(t, EX_CANTCREAT,
			"the files cannot be moved; when they can, run this "
			"once more: it goes on");
	return moved(t);
}

/*
 * One that was cut off between two files had been allowed to begin: it goes
 * on. The keys cannot be compared any more, some have moved.
 */
static bool was_begun(const struct config *c)
{
	struct places at = {KEYFILE_APART, KEYFILE_APART};

	if (has_files(c))
		at = places_of(c);
	return at.log == KEYFILE_BEGUN || at.log == KEYFILE_MOVED ||
	       at.key == KEYFILE_BEGUN || at.key == KEYFILE_MOVED;
}

static int go_on(struct tool *t, const struct config *c)
{
	struct places at = places_of(c);
	int code;

	if (at.log == KEYFILE_MOVED && at.key == KEYFILE_MOVED)
		return moved(t);
	if (t->dry)
		return offline_answer(t, EX_OK,
			"a change of keys was cut off: it would go on");
	code = offline_note(t, c, CTL_KEY_RETIRE);
	return code == EX_OK ? take_over(t, c) : code;
}

int tool_key_retire(struct tool *t)
{
	static struct config c;
	struct pair old, next;
	int code = process_config(t->config, &c);

	if (code == EX_OK && !has_next(&c))
		return no_next(t);
	if (code == EX_OK && was_begun(&c))
		return go_on(t, &c);
	if (code == EX_OK)
		code = read_pair(c.transport_key, c.log_key, &old);
	if (code == EX_OK)
		code = read_pair(c.transport_key_next, c.log_key_next, &next);
	if (code != EX_OK)
		return code;
	if (memcmp(old.key, next.key, KEY32_LEN) == 0 ||
		memcmp(old.log, next.log, KEY32_LEN) == 0)
		return offline_answer(t, EX_CONFIG, "that is one and the same");
	code = judge(t, &next);
	if (code != EX_OK)
		return code;
	if (t->dry)
		return offline_answer(
			t, EX_OK, "the next keys would take over");
	code = offline_note(t, &c, CTL_KEY_RETIRE);
	return code == EX_OK ? take_over(t, &c) : code;
}
