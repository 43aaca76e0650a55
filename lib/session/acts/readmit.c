/*
 * A vault that is behind: see readmit.h.
 *
 *	SETTINGS "readmit"/0	struct { uint16 version = 1; uint8 locked; }
 */
#include <stdlib.h>
#include <string.h>

#include "session/acts/readmit.h"

#define VERSION 1

struct readmit {
	struct readmit_options o;
	bool locked;
	bool heard;	  /* the daemon, since the program began */
	uint64_t counter; /* what it knows */
};

static struct bytes name_readmit(void)
{
	return bytes_of("readmit", 7);
}

static int load(struct readmit *r)
{
	struct buf mem;
	struct reader in;
	uint16_t version = 0;
	uint8_t locked = 0;
	int rc = vault_get(r->o.vault, VAULT_SETTINGS, name_readmit(), 0, &mem);

	r->locked = false;
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
	reader_init(&in, buf_view(&mem));
	rc = reader_u16(&in, &version);
	if (rc == 0 && version > VERSION)
		rc = ROWAN_E_TOO_NEW;
	else if (rc != 0 || reader_u8(&in, &locked) != 0 || locked > 1 ||
		 reader_end(&in) != 0)
		rc = ROWAN_E_CORRUPT;
	r->locked = locked == 1;
	buf_wipe(&mem);
	return rc;
}

int readmit_new(struct readmit **ret, const struct readmit_options *options)
{
	struct readmit *r = calloc(1, sizeof *r);
	int rc;

	*ret = NULL;
	if (r == NULL)
		return ROWAN_E_NOMEM;
	r->o = *options;
	rc = load(r);
	if (rc == 0)
		*ret = r;
	else
		free(r);
	return rc;
}

void readmit_free(struct readmit *r)
{
	free(r);
}

static int put(struct readmit *r, bool locked)
{
	uint8_t mem[3];
	struct writer w;

	writer_init_fixed(&w, mem, sizeof mem);
	writer_u16(&w, VERSION);
	writer_u8(&w, locked);
	return vault_put(
		r->o.vault, VAULT_SETTINGS, name_readmit(), 0, writer_view(&w));
}

/* End a transaction of our own. */
static int finish(struct readmit *r, int rc)
{
	if (rc == 0)
		rc = vault_commit(r->o.vault);
	if (rc == 0)
		return 0;
	vault_abort(r->o.vault);
	r->o.aborted(r->o.ctx);
	return rc;
}

static int lock(struct readmit *r)
{
	const struct event e = {.type = ROWAN_EVENT_READMIT_NEEDED,
		.time = follow_now(r->o.follow),
		.count = r->counter};
	bool own = !vault_busy(r->o.vault);
	int rc;

	if (r->locked)
		return 0;
	rc = own ? vault_begin(r->o.vault) : 0;
	if (rc != 0)
		return rc;
	rc = put(r, true);
	if (rc == 0)
		rc = events_add(r->o.events, &e);
	if (own)
		rc = finish(r, rc);
	/* In the caller's, should it not happen, the reason comes again. */
	r->locked = rc == 0;
	return rc;
}

int readmit_greeted(struct readmit *r, uint64_t daemon, uint64_t own)
{
	r->heard = true;
	r->counter = daemon;
	return daemon > own ? lock(r) : 0;
}

bool readmit_locked(const struct readmit *r)
{
	return r->locked;
}

/* Ask in every open case in which this device takes part. */
static int ask_all(struct readmit *r)
{
	struct id16 *cases;
	size_t len;
	int rc;

	cases = calloc(READMIT_CASES_MAX, sizeof *cases);
	if (cases == NULL)
		return ROWAN_E_NOMEM;
	rc = follow_cases(r->o.follow, cases, READMIT_CASES_MAX, &len);
	for (size_t i = 0; rc == 0 && i < len; i++) {
		const struct case_state *c =
			follow_case(r->o.follow, &cases[i]);

		if (c->status != CASE_OPEN ||
			!case_assigned(c, &r->o.me->member, 0,
				follow_our_now(r->o.follow, c)))
			continue;
		rc = acts_readmit(r->o.acts, &cases[i], NULL);
	}
	free(cases);
	/* Where it was not asked for it is once the channel is looked at. */
	return rc == ROWAN_E_QUOTA ? 0 : rc;
}

int readmit_ask(struct readmit *r)
{
	int rc;

	if (!r->locked)
		return ROWAN_E_STATE;
	if (!r->heard || follow_busy(r->o.follow))
		return ROWAN_E_AGAIN;
	rc = vault_begin(r->o.vault);
	if (rc != 0)
		return rc;
	rc = r->o.forget(r->o.ctx, r->counter);
	if (rc == 0)
		rc = ask_all(r);
	if (rc == 0)
		rc = put(r, false);
	rc = finish(r, rc);
	if (rc == 0)
		r->locked = false;
	return rc;
}
