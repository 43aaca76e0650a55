/*
 * What the vault keeps of enrolments: see enrolment_inner.h.
 *
 *	INVITE "redeem"/0	the invite that is being redeemed
 *	INVITE "offer"/n	one that was made
 *	INVITE "servers"/0	wire/servers.h, as a file said
 *	INVITE "daemon"/0	the daemon's card, as a file said
 *
 *	struct {
 *		uint16 version = 1;
 *		opaque text<V>;		with the secret
 *		opaque nonce[32];
 *		opaque enrol<V>;	trust/enrol.h; empty before the bundle
 *	} Redeem;
 *
 *	struct {
 *		uint16 version = 1;
 *		uint8 phase;
 *		uint8 alarmed;
 *		opaque id[16], case_id[16], device[16], member[16];
 *		uint32 lifetime;
 *		uint64 act;
 *		uint32 code;		two's complement
 *		uint64 ended;
 *		opaque sealed<V>;	until it is put
 *		opaque enrol<V>;	until it is over
 *	} Offer;
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "session/enrolment/enrolment_inner.h"

#define VERSION	   1
#define REDEEM_MAX (256 + INVITE_TEXT_MAX + ENROL_SAVED_MAX)
#define OFFER_MAX  (256 + WIRE_BUNDLE_MAX + ENROL_SAVED_MAX)

static struct bytes text(const char *s)
{
	return bytes_of(s, strlen(s));
}

/* An enrol in its saved form, as a vector; empty for none. */
static void write_enrol(const struct enrol *e, struct writer *w)
{
	size_t mark = writer_open(w);

	if (e->step != ENROL_NONE)
		enrol_save(e, w);
	writer_close(w, mark);
}

static int read_enrol(struct reader *r, struct enrol *ret)
{
	struct bytes saved;

	if (reader_vec(r, ENROL_SAVED_MAX, &saved) != 0)
		return ROWAN_E_CORRUPT;
	return saved.len == 0 ? 0 : enrol_load(ret, saved);
}

static int put(
	struct enrolment *e, const char *name, uint64_t n, struct writer *w)
{
	int rc = writer_status(w);

	if (rc == 0)
		rc = vault_put(e->o.vault, VAULT_INVITE, text(name), n,
			writer_view(w));
	writer_wipe(w);
	return rc;
}

/* ---- redeeming ----------------------------------------------------------- */

int redeem_put(struct enrolment *e)
{
	struct redeem *r = &e->redeem;
	char invite[INVITE_TEXT_MAX + 1];
	struct writer w;
	int rc = invite_write(&r->invite, invite);

	if (rc != 0)
		return rc;
	writer_init(&w, REDEEM_MAX);
	writer_u16(&w, VERSION);
	writer_vec(&w, text(invite));
	writer_raw(&w, r->nonce.b, sizeof r->nonce.b);
	write_enrol(&r->enrol, &w);
	sodium_memzero(invite, sizeof invite);
	return put(e, "redeem", 0, &w);
}

int redeem_delete(struct enrolment *e)
{
	return vault_delete(e->o.vault, VAULT_INVITE, text("redeem"), 0);
}

static int load_redeem(struct enrolment *e)
{
	struct redeem *r = &e->redeem;
	struct bytes invite;
	uint16_t version = 0;
	struct reader in;
	struct buf mem;
	int rc = vault_get(e->o.vault, VAULT_INVITE, text("redeem"), 0, &mem);

	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
	reader_init(&in, buf_view(&mem));
	rc = reader_u16(&in, &version);
	if (rc == 0 && version > VERSION)
		rc = ROWAN_E_TOO_NEW;
	else if (rc != 0 || reader_vec(&in, INVITE_TEXT_MAX, &invite) != 0 ||
		 invite_read(invite, &r->invite, NULL) != 0 ||
		 reader_array(&in, r->nonce.b, sizeof r->nonce.b) != 0)
		rc = ROWAN_E_CORRUPT;
	else
		rc = read_enrol(&in, &r->enrol);
	if (rc == 0 && reader_end(&in) != 0)
		rc = ROWAN_E_CORRUPT;
	r->active = rc == 0;
	buf_wipe(&mem);
	return rc;
}

/* ---- offers -------------------------------------------------------------- */

int offer_put(struct enrolment *e, const struct offer *x)
{
	struct writer w;

	writer_init(&w, OFFER_MAX);
	writer_u16(&w, VERSION);
	writer_u8(&w, x->phase);
	writer_u8(&w, x->alarmed);
	writer_raw(&w, x->id.b, ID16_LEN);
	writer_raw(&w, x->case_id.b, ID16_LEN);
	writer_raw(&w, x->device.b, ID16_LEN);
	writer_raw(&w, x->member.b, ID16_LEN);
	writer_u32(&w, x->lifetime);
	writer_u64(&w, x->act);
	writer_u32(&w, (uint32_t)x->code);
	writer_u64(&w, x->ended);
	writer_vec(&w, buf_view(&x->sealed));
	write_enrol(&x->enrol, &w);
	return put(e, "offer", x->number, &w);
}

static void offer_free(struct offer *x)
{
	if (x == NULL)
		return;
	buf_wipe(&x->sealed);
	enrol_wipe(&x->enrol);
	free(x);
}

static int append(struct enrolment *e, struct offer *x)
{
	struct offer **list;

	if (e->count == e->room) {
		size_t room = e->room == 0 ? 8 : 2 * e->room;

		list = realloc(e->offer, room * sizeof(struct offer *));
		if (list == NULL)
			return ROWAN_E_NOMEM;
		e->offer = list;
		e->room = room;
	}
	e->offer[e->count++] = x;
	if (x->number >= e->next)
		e->next = x->number + 1;
	return 0;
}

int offer_add(struct enrolment *e, struct offer *like)
{
	struct offer *x = malloc(sizeof *x);
	int rc;

	if (x == NULL)
		return ROWAN_E_NOMEM;
	*x = *like;
	/* The bundle's views point into memory that stays where it is. */
	like->sealed = (struct buf){0};
	memset(&like->enrol, 0, sizeof like->enrol);
	x->number = e->next;
	rc = offer_put(e, x);
	if (rc == 0)
		rc = append(e, x);
	if (rc != 0)
		offer_free(x);
	return rc;
}

int offer_delete(struct enrolment *e, struct offer *x)
{
	size_t i = 0;
	int rc = vault_delete(
		e->o.vault, VAULT_INVITE, text("offer"), x->number);

	if (rc != 0)
		return rc;
	while (e->offer[i] != x)
		i++;
	memmove(e->offer + i, e->offer + i + 1,
		(e->count - i - 1) * sizeof(struct offer *));
	e->count--;
	offer_free(x);
	return 0;
}

static int read_offer(struct bytes input, struct offer *x)
{
	uint16_t version = 0;
	uint8_t alarmed = 0;
	uint32_t code;
	struct bytes sealed;
	struct reader r;
	int rc;

	reader_init(&r, input);
	if (reader_u16(&r, &version) != 0)
		return ROWAN_E_CORRUPT;
	if (version > VERSION)
		return ROWAN_E_TOO_NEW;
	if (reader_u8(&r, &x->phase) != 0 || x->phase < OFFER_PUT ||
		x->phase > OFFER_ENDED || reader_u8(&r, &alarmed) != 0 ||
		alarmed > 1 || reader_array(&r, x->id.b, ID16_LEN) != 0 ||
		reader_array(&r, x->case_id.b, ID16_LEN) != 0 ||
		reader_array(&r, x->device.b, ID16_LEN) != 0 ||
		reader_array(&r, x->member.b, ID16_LEN) != 0 ||
		reader_u32(&r, &x->lifetime) != 0 ||
		reader_u64(&r, &x->act) != 0 || reader_u32(&r, &code) != 0 ||
		reader_u64(&r, &x->ended) != 0 ||
		reader_vec(&r, WIRE_BUNDLE_MAX, &sealed) != 0)
		return ROWAN_E_CORRUPT;
	x->alarmed = alarmed == 1;
	memcpy(&x->code, &code, sizeof code);
	rc = buf_copy(&x->sealed, sealed);
	if (rc == 0)
		rc = read_enrol(&r, &x->enrol);
	return rc == 0 && reader_end(&r) != 0 ? ROWAN_E_CORRUPT : rc;
}

static int load_offer(struct enrolment *e, uint64_t n, struct bytes row)
{
	struct offer *x = calloc(1, sizeof *x);
	int rc;

	if (x == NULL)
		return ROWAN_E_NOMEM;
	x->number = n;
	rc = read_offer(row, x);
	if (rc == 0)
		rc = append(e, x);
	if (rc != 0)
		offer_free(x);
	return rc;
}

struct offer *offer_find(struct enrolment *e, const struct id16 *id)
{
	for (size_t i = 0; i < e->count; i++)
		if (id16_eq(&e->offer[i]->id, id))
			return e->offer[i];
	return NULL;
}

struct offer *offer_numbered(struct enrolment *e, uint64_t number)
{
	for (size_t i = 0; i < e->count; i++)
		if (e->offer[i]->number == number)
			return e->offer[i];
	return NULL;
}

/* ---- all of it ----------------------------------------------------------- */

int enrolment_load(struct enrolment *e)
{
	struct buf mem;
	uint64_t n = 0;
	int rc = load_redeem(e);

	e->next = 1;
	for (uint64_t from = 0; rc == 0; from = n + 1) {
		rc = vault_next(e->o.vault, VAULT_INVITE, text("offer"), from,
			&n, &mem);
		if (rc == ROWAN_E_NOT_FOUND)
			return 0;
		if (rc == 0)
			rc = load_offer(e, n, buf_view(&mem));
		buf_wipe(&mem);
	}
	return rc;
}

void enrolment_unload(struct enrolment *e)
{
	struct redeem *r = &e->redeem;

	for (size_t i = 0; i < e->count; i++)
		offer_free(e->offer[i]);
	free(e->offer);
	e->offer = NULL;
	e->count = e->room = 0;
	r->active = false;
	invite_wipe(&r->invite);
	sodium_memzero(&r->nonce, sizeof r->nonce);
	enrol_wipe(&r->enrol);
}

int enrolment_keep_file(
	struct enrolment *e, struct bytes servers, struct bytes daemon_card)
{
	int rc = vault_put(
		e->o.vault, VAULT_INVITE, text("servers"), 0, servers);

	return rc != 0 ? rc
		       : vault_put(e->o.vault, VAULT_INVITE, text("daemon"), 0,
				 daemon_card);
}

int enrolment_file(struct enrolment *e, struct buf *ret_servers,
	struct buf *ret_daemon_card)
{
	int rc = vault_get(
		e->o.vault, VAULT_INVITE, text("servers"), 0, ret_servers);

	*ret_daemon_card = (struct buf){0};
	if (rc == 0)
		rc = vault_get(e->o.vault, VAULT_INVITE, text("daemon"), 0,
			ret_daemon_card);
	if (rc != 0)
		buf_wipe(ret_servers);
	return rc;
}
