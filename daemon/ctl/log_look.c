/*
 * Looking at the head of the log: see log_look.h. What the daemon keeps it has
 * verified when it took it in.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "ctl/log_look.h"
#include "ops/ops.h"
#include "tlog/checkpoint.h"
#include "tlog/cosignature.h"
#include "tlog/watch.h"

#define ID_LEN 4 /* of a key, before each signature */

/* Size and root of a checkpoint; signatures are not judged. */
static int look_note(struct bytes note, struct log_look *ret)
{
	struct checkpoint c;
	struct note n;
	int rc = note_parse(&n, note);

	if (rc == 0)
		rc = checkpoint_parse(&c, n.text);
	if (rc != 0)
		return rc;
	ret->size = c.size;
	ret->root = c.root;
	return 0;
}

/* 0 for a signature that is no cosignature. */
static uint64_t time_of(const struct note_signature *s)
{
	uint8_t raw[ID_LEN + COSIGNATURE_LEN + 1];
	uint64_t t = 0;
	size_t len;

	if (sodium_base642bin(raw, sizeof raw, (const char *)s->base64.data,
		    s->base64.len, NULL, &len, NULL,
		    sodium_base64_VARIANT_ORIGINAL) != 0 ||
		len != ID_LEN + COSIGNATURE_LEN)
		return 0;
	for (size_t i = 0; i < 8; i++)
		t = t << 8 | raw[ID_LEN + i];
	return t;
}

void log_look_cosigned(struct bytes note, uint64_t now, struct log_look *ret)
{
	uint64_t made = 0;
	struct checkpoint c;
	struct note n;

	if (note_parse(&n, note) != 0 || checkpoint_parse(&c, n.text) != 0)
		return;
	if (watch_time(&c, &made) != 0 || made > now)
		made = 0;
	for (size_t i = 0; i < n.count; i++) {
		uint64_t t = time_of(&n.signature[i]);

		/* Its clock, or its word, is wrong: the checkpoint is older.
		 */
		if (t > now)
			t = made;
		if (t > ret->cosigned_at)
			ret->cosigned_at = t;
	}
	ret->cosigned = c.size;
}

struct look {
	struct log_look *ret;
	const struct store_urgent_found *found; /* or NULL */
	bool known;
};

static int look(void *cookie, struct ops *o)
{
	struct look *k = cookie;
	struct log_look *l = k->ret;
	struct buf note;
	uint64_t size;
	int rc;

	if (k->found != NULL)
		store_urgent_take(o->store, k->found);
	k->known = store_urgent_known(o->store);
	rc = store_urgent(o->store, &l->urgent);
	if (rc != 0 || o->head == NULL)
		return rc;
	rc = look_note(head_note(o->head, &size), l);
	if (rc == 0 && head_cosigned(o->head, 1, &note) == 0) {
		log_look_cosigned(buf_view(&note), o->now, l);
		buf_wipe(&note);
	}
	return rc;
}

int log_look(struct ctl_call *c, struct log_look *ret)
{
	struct look k = {.ret = ret};
	struct store_urgent_found *f;
	int rc;

	memset(ret, 0, sizeof *ret);
	rc = server_job(c->o->relay, look, &k);
	if (rc != 0 || k.known)
		return rc;
	/* Once after the start: what was urgent before it is urgent still. */
	f = malloc(sizeof *f);
	rc = f == NULL ? ROWAN_E_NOMEM : store_urgent_find(c->rd, f);
	k.found = f;
	if (rc == 0)
		rc = server_job(c->o->relay, look, &k);
	free(f);
	return rc;
}
