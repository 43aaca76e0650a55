/*
 * This device's own card: warnings before it ends, its renewal, and a daemon
 * that does not know it any more. See session_inner.h.
 *
 *	SETTINGS "self"/0	struct {
 *					uint16 version = 1;
 *					uint8 warned;	how many warnings
 *					uint8 refused;	was told
 *				}
 *
 * That the daemon does not know our key is its word only. Of a revocation it
 * shows the statement, which somebody signed.
 */
#include <stdlib.h>
#include <string.h>

#include "session/session_inner.h"

#define VERSION 1
#define DAY	86400

/* Seconds before the end at which it is said. */
static const uint64_t warnings[] = {30 * DAY, 7 * DAY, DAY};
#define WARNINGS (sizeof warnings / sizeof *warnings)

struct self {
	struct session *s;
	uint64_t ends; /* 0: by statement only */
	uint8_t warned;
	bool refused;
	bool look; /* the clinic's chain has gone on */
};

static struct bytes name_self(void)
{
	return bytes_of("self", 4);
}

static int load(struct self *x)
{
	struct buf mem;
	struct reader in;
	uint16_t version = 0;
	uint8_t refused = 0;
	int rc = vault_get(
		x->s->parts.vault, VAULT_SETTINGS, name_self(), 0, &mem);

	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
	reader_init(&in, buf_view(&mem));
	rc = reader_u16(&in, &version);
	if (rc == 0 && version > VERSION)
		rc = ROWAN_E_TOO_NEW;
	else if (rc != 0 || reader_u8(&in, &x->warned) != 0 ||
		 x->warned > WARNINGS || reader_u8(&in, &refused) != 0 ||
		 refused > 1 || reader_end(&in) != 0)
		rc = ROWAN_E_CORRUPT;
	x->refused = refused == 1;
	buf_wipe(&mem);
	return rc;
}

int self_new(struct self **ret, struct session *s)
{
	struct self *x = calloc(1, sizeof *x);
	struct wire_card card;
	int rc;

	*ret = NULL;
	if (x == NULL)
		return ROWAN_E_NOMEM;
	x->s = s;
	rc = load(x);
	if (rc == 0)
		rc = identity_card(&s->me, &card);
	if (rc == 0) {
		x->ends = card.not_after;
		x->look = true;
		*ret = x;
	} else {
		free(x);
	}
	return rc;
}

void self_free(struct self *x)
{
	free(x);
}

/* Keep what ${x} is, with an event unless it is NULL. */
static int keep(struct self *x, const struct event *e)
{
	struct session *s = x->s;
	struct vault *v = s->parts.vault;
	uint8_t mem[4];
	struct writer w;
	int rc = vault_begin(v);

	if (rc != 0)
		return rc;
	writer_init_fixed(&w, mem, sizeof mem);
	writer_u16(&w, VERSION);
	writer_u8(&w, x->warned);
	writer_u8(&w, x->refused);
	rc = vault_put(v, VAULT_SETTINGS, name_self(), 0, writer_view(&w));
	if (rc == 0 && e != NULL)
		rc = events_add(s->parts.events, e);
	if (rc == 0)
		rc = vault_commit(v);
	if (rc == 0)
		return 0;
	vault_abort(v);
	events_aborted(s->parts.events);
	return rc;
}

int self_known(struct self *x, bool known)
{
	struct session *s = x->s;
	const struct event e = {.type = ROWAN_EVENT_SELF_REVOKED,
		.code = ROWAN_E_REFUSED,
		.time = session_now(s),
		.device = s->me.device};
	struct trust_card card;
	struct buf raw;
	int rc;

	if (x->refused == !known)
		return 0;
	/* A card that was never logged is not one that is no more. */
	if (!known) {
		rc = follow_card(s->parts.follow, &s->me.device, &card, &raw);
		if (rc != 0)
			return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
		buf_wipe(&raw);
	}
	x->refused = !known;
	rc = keep(x, known ? NULL : &e);
	if (rc != 0)
		x->refused = known;
	return rc;
}

int self_revoked(struct self *x, const struct wire_statement *s)
{
	const struct event e = {.type = ROWAN_EVENT_SELF_REVOKED,
		.code = ROWAN_E_REVOKED,
		.time = s->time,
		.device = x->s->me.device,
		.count = s->number};
	int rc;

	if (x->refused)
		return 0;
	x->refused = true;
	rc = keep(x, &e);
	if (rc != 0)
		x->refused = false;
	return rc;
}

/* ---- renewal ------------------------------------------------------------- */

void self_changed(struct self *x)
{
	if (x != NULL)
		x->look = true;
}

/* The card with its registrar's, as the chain had that one then. */
static int write_chain(
	struct self *x, const struct trust_card *card, struct buf *ret)
{
	const struct trust_source *src = follow_source(x->s->parts.follow);
	struct bytes raw[WIRE_CHAIN_MAX] = {card->card.raw};
	bool by_device = card->card.issuer_kind == WIRE_SIGNER_DEVICE;
	struct trust_card issuer;
	struct writer w;
	int rc = 0;

	if (by_device)
		rc = src->card(src->ctx, &card->card.issuer, card->logged - 1,
			&issuer);
	if (rc != 0)
		return rc;
	if (by_device)
		raw[1] = issuer.card.raw;
	writer_init(&w, IDENTITY_CHAIN_MAX);
	rc = wire_chain_encode(raw, by_device ? 2 : 1, &w);
	if (rc == 0)
		rc = writer_finish(&w, ret);
	else
		writer_wipe(&w);
	return rc;
}

/* ${chain} becomes ours, in the vault first. */
static int take_chain(
	struct self *x, const struct trust_card *card, struct buf *chain)
{
	const struct event e = {.type = ROWAN_EVENT_RENEWED,
		.time = card->card.not_after,
		.device = x->s->me.device};
	struct vault *v = x->s->parts.vault;
	struct buf had = x->s->me.chain;
	int rc = vault_begin(v);

	if (rc != 0)
		return rc;
	x->s->me.chain = *chain;
	rc = identity_put(v, &x->s->me);
	if (rc == 0)
		rc = events_add(x->s->parts.events, &e);
	if (rc == 0)
		rc = vault_commit(v);
	if (rc != 0) {
		x->s->me.chain = had;
		vault_abort(v);
		events_aborted(x->s->parts.events);
		return rc;
	}
	*chain = had;
	x->ends = card->card.not_after;
	return 0;
}

/* Our card as the clinic has it: one that was logged, so it was checked. */
static int renew(struct self *x)
{
	struct session *s = x->s;
	struct buf raw = {0}, chain = {0};
	struct trust_card card;
	struct wire_card has = {.not_after = 0};
	int rc = follow_card(s->parts.follow, &s->me.device, &card, &raw);

	if (rc == ROWAN_E_NOT_FOUND)
		rc = 0;
	else if (rc == 0)
		rc = identity_card(&s->me, &has);
	/* One that came by file may not be logged yet. */
	if (rc == 0 && raw.len > 0 && card.card.not_after > has.not_after) {
		rc = write_chain(x, &card, &chain);
		if (rc == 0)
			rc = take_chain(x, &card, &chain);
	}
	buf_wipe(&chain);
	buf_wipe(&raw);
	return rc;
}

/* ---- its end ------------------------------------------------------------- */

/* How many warnings there should have been. */
static uint8_t warnings_due(const struct self *x, uint64_t now)
{
	uint8_t due = 0;

	while (due < WARNINGS && now + warnings[due] >= x->ends)
		due++;
	return due;
}

int self_step(struct self *x, uint64_t now)
{
	struct event e = {
		.type = ROWAN_EVENT_EXPIRING, .device = x->s->me.device};
	uint8_t due, was = x->warned;
	int rc = 0;

	if (x->look)
		rc = renew(x);
	if (rc != 0)
		return rc;
	x->look = false;
	if (x->ends == 0 || now == 0)
		return 0;
	due = warnings_due(x, now);
	if (due == was)
		return 0;
	/* Fewer: it was renewed. */
	e.time = x->ends;
	x->warned = due;
	rc = keep(x, due > was ? &e : NULL);
	if (rc != 0)
		x->warned = was;
	return rc;
}
