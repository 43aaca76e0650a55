/*
 * rowanctl key: the next transport key, and its taking over.
 *
 *	current alone --rotate--> current and next --retire--> next alone
 *	                          90 days
 */
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

#define DAY	86400u
#define OVERLAP (90 * DAY)

int tool_key_request(struct tool *t)
{
	static struct config config;
	struct request_options o = {
		.config = &config, .agency = t->args[0], .next = t->next};
	char fingerprint[ISSUE_FINGERPRINT_LEN];
	struct writer w;
	int code = process_config(t->config, &config);

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

int tool_key_rotate(struct tool *t)
{
	char hex[2 * KEY32_LEN + 1];
	struct key32 secret, public;
	struct ctl_answer a;
	int rc;

	if (t->dry)
		return offline_answer(t,
			access(t->args[0], F_OK) == 0 ? EX_CANTCREAT : EX_OK,
			access(t->args[0], F_OK) == 0
				? "that file is there already"
				: "a key would be made there");
	rc = keyfile_create(t->args[0], &secret);
	if (rc != 0)
		return offline_answer(t, EX_CANTCREAT,
			rc == ROWAN_E_EXISTS ? "that file is there already"
					     : "that file cannot be made");
	(void)crypto_scalarmult_base(public.b, secret.b);
	key32_wipe(&secret);
	ctl_answer_init(&a);
	ctl_row(&a);
	ctl_text(&a, "public",
		sodium_bin2hex(hex, sizeof hex, public.b, KEY32_LEN));
	ctl_text(&a, "file", t->args[0]);
	ctl_say(&a, EX_OK,
		"make it the credential of transport_key_next, set "
		"listen_next, "
		"restart, have the authority sign a card for it; after 90 "
		"days: "
		"rowanctl key retire");
	return tool_show(t, &a);
}

static int public_of(const char *path, uint8_t ret[KEY32_LEN])
{
	struct key32 secret;
	int code = process_key(path, &secret);

	if (code == EX_OK && crypto_scalarmult_base(ret, secret.b) != 0)
		code = EX_CONFIG;
	key32_wipe(&secret);
	return code;
}

/* Whether the daemon serves the next key now, and since when it has a card. */
static int announced(
	struct tool *t, const uint8_t next[KEY32_LEN], uint64_t *ret_since)
{
	struct ctl_request q = {.op = CTL_KEYS, .uid = (uint32_t)getuid()};
	char hex[2 * KEY32_LEN + 1];
	struct buf raw;
	struct ctl_view v;
	struct reader row;
	struct ctl_field f;
	int rc = client_call(t->socket, &q, &raw);

	(void)sodium_bin2hex(hex, sizeof hex, next, KEY32_LEN);
	if (rc == 0)
		rc = ctl_answer_decode(buf_view(&raw), &v);
	*ret_since = 0;
	while (rc == 0 && ctl_next_row(&v, &row)) {
		bool ours = false;

		while (ctl_next_field(&row, &f)) {
			if (bytes_eq(f.text, bytes_of(hex, 2 * KEY32_LEN)))
				ours = true;
			if (ours && bytes_eq(f.name, bytes_of("from", 4)))
				*ret_since = f.number;
		}
	}
	buf_wipe(&raw);
	return rc;
}

/*
 * The next key's file takes the place of the current one's, which stays beside
 * it as FILE.retired until the daemon was restarted and is seen to serve.
 */
static int swap(struct tool *t, const char *old, const char *next)
{
	char kept[4096];

	if (snprintf(kept, sizeof kept, "%s.retired", old) >=
			(int)sizeof kept ||
		access(kept, F_OK) == 0)
		return offline_answer(t, EX_CANTCREAT,
			"a retired key is there already: remove it first");
	if (link(old, kept) != 0 || rename(next, old) != 0)
		return offline_answer(
			t, EX_CANTCREAT, "the files cannot be moved");
	return offline_answer(t, EX_OK,
		"moved: clear transport_key_next and listen_next, restart, "
		"look "
		"whether clients come back, then remove the retired file");
}

int tool_key_retire(struct tool *t)
{
	uint64_t want = t->seconds != 0 ? t->seconds : OVERLAP, since;
	uint64_t now = (uint64_t)time(NULL);
	uint8_t old[KEY32_LEN], next[KEY32_LEN];
	int code = public_of(t->args[0], old);

	if (code == EX_OK)
		code = public_of(t->args[1], next);
	if (code != EX_OK)
		return code;
	if (memcmp(old, next, KEY32_LEN) == 0)
		return offline_answer(t, EX_USAGE, "that is one and the same");
	if (announced(t, next, &since) != 0)
		return offline_answer(t, EX_UNAVAILABLE,
			"rowand must run, and serve the next key");
	if (since == 0)
		return offline_answer(t, EX_CONFIG,
			"the next key is not served with a card: clients would "
			"not know it");
	if (now < since + want) {
		char words[128];

		snprintf(words, sizeof words,
			"it was announced %llu days ago, and clients need %llu",
			(unsigned long long)((now - since) / DAY),
			(unsigned long long)(want / DAY));
		return offline_answer(t, EX_TEMPFAIL, words);
	}
	if (t->dry)
		return offline_answer(t, EX_OK, "the next key would take over");
	return swap(t, t->args[0], t->args[1]);
}
