/*
 * Export and import: see history.h.
 */
#include <string.h>

#include <sodium.h>

#include "session/message/history.h"
#include "session/message/messages_inner.h"

#define VERSION 1
#define SIGNED	"rowan history 1"
#define SIG_LEN crypto_sign_BYTES

enum item { ITEM_FIRST = 0, ITEM_MESSAGE = 1, ITEM_LAST = 2 };

/* A hash over the items so far. */
struct tally {
	crypto_generichash_state hash;
	uint64_t count; /* messages */
};

static void tally_init(struct tally *t)
{
	crypto_generichash_init(&t->hash, NULL, 0, WIRE_HASH_LEN);
	t->count = 0;
}

static void tally_add(struct tally *t, struct bytes item)
{
	uint8_t len[4] = {(uint8_t)(item.len >> 24), (uint8_t)(item.len >> 16),
		(uint8_t)(item.len >> 8), (uint8_t)item.len};

	crypto_generichash_update(&t->hash, len, sizeof len);
	crypto_generichash_update(&t->hash, item.data, item.len);
}

/* What is signed. */
#define TBS_LEN (sizeof SIGNED - 1 + WIRE_HASH_LEN)
static void tally_tbs(struct tally *t, uint8_t ret[TBS_LEN])
{
	memcpy(ret, SIGNED, sizeof SIGNED - 1);
	crypto_generichash_final(
		&t->hash, ret + sizeof SIGNED - 1, WIRE_HASH_LEN);
}

/* ---- out ---- */

struct out {
	const struct history_options *o;
	struct history_out *file;
	struct tally tally;
};

static int put(struct out *out, struct writer *w)
{
	int rc = writer_status(w);

	if (rc == 0) {
		tally_add(&out->tally, writer_view(w));
		rc = history_out_put(out->file, writer_view(w), false);
	}
	writer_wipe(w);
	return rc;
}

static int put_first(struct out *out)
{
	struct writer w;

	writer_init(&w, HISTORY_ITEM_MAX);
	writer_u8(&w, ITEM_FIRST);
	writer_u16(&w, VERSION);
	writer_vec(&w, buf_view(&out->o->me->chain));
	return put(out, &w);
}

static int put_message(struct out *out, const struct messages_row *m)
{
	struct writer w;
	size_t mark;
	int rc;

	writer_init(&w, HISTORY_ITEM_MAX);
	writer_u8(&w, ITEM_MESSAGE);
	writer_raw(&w, m->channel.b, ID16_LEN);
	writer_u64(&w, m->place);
	mark = writer_open(&w);
	rc = messages_row_encode(m, &w);
	writer_close(&w, mark);
	out->tally.count++;
	if (rc == 0)
		return put(out, &w);
	writer_wipe(&w);
	return rc;
}

static int put_channel(struct out *out, const struct id16 *channel)
{
	struct messages_row m;
	uint64_t place = 0;
	int rc;

	while ((rc = messages_next(out->o->messages, channel, place, &m)) ==
		0) {
		place = m.place;
		rc = put_message(out, &m);
		messages_row_wipe(&m);
		if (rc != 0)
			return rc;
	}
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

static int put_channels(struct out *out)
{
	const struct messages *x = out->o->messages;
	const struct messages_channel *c;
	size_t pos = 0;
	int rc = 0;

	while (rc == 0 && (c = idmap_next(&x->channels, &pos)) != NULL)
		rc = put_channel(out, &c->id);
	return rc;
}

static int put_last(struct out *out)
{
	uint8_t pk[crypto_sign_PUBLICKEYBYTES], sk[crypto_sign_SECRETKEYBYTES];
	uint8_t tbs[TBS_LEN], sig[SIG_LEN], mem[1 + 8 + SIG_LEN];
	struct writer w;

	(void)crypto_sign_seed_keypair(pk, sk, out->o->me->signature_seed.b);
	tally_tbs(&out->tally, tbs);
	(void)crypto_sign_detached(sig, NULL, tbs, sizeof tbs, sk);
	sodium_memzero(sk, sizeof sk);
	writer_init_fixed(&w, mem, sizeof mem);
	writer_u8(&w, ITEM_LAST);
	writer_u64(&w, out->tally.count);
	writer_raw(&w, sig, sizeof sig);
	return history_out_put(out->file, writer_view(&w), true);
}

int history_export(const struct history_options *o, const char *path,
	const struct history_lock *lock, const struct id16 *channel)
{
	struct out out = {.o = o};
	int rc = messages_fresh(o->messages);

	if (rc == 0 && o->me->chain.len == 0)
		rc = ROWAN_E_STATE;
	if (rc == 0)
		rc = history_out_new(&out.file, path, lock);
	if (rc != 0)
		return rc;
	tally_init(&out.tally);
	(void)((rc = put_first(&out)) ||
		(rc = channel != NULL ? put_channel(&out, channel)
				      : put_channels(&out)) ||
		(rc = put_last(&out)) || (rc = history_out_finish(out.file)));
	history_out_free(out.file);
	sodium_memzero(&out, sizeof out);
	return rc;
}

/* ---- in ---- */

struct in {
	const struct history_options *o;
	struct history_in *file;
	struct tally tally;
	struct wire_key key; /* of whoever exported */
	struct id16 member, device;
	uint64_t taken;
};

static int take_first(struct in *in, struct reader *r)
{
	struct wire_chain chain;
	struct bytes raw;
	uint16_t version;
	struct id16 device;
	int rc = reader_u16(r, &version);

	if (rc == 0 && version != VERSION)
		rc = version > VERSION ? ROWAN_E_TOO_NEW : ROWAN_E_MALFORMED;
	if (rc == 0)
		rc = reader_vec(r, IDENTITY_CHAIN_MAX, &raw);
	if (rc == 0)
		rc = reader_end(r);
	if (rc == 0)
		rc = wire_chain_decode(raw, &chain);
	if (rc != 0)
		return rc;
	in->key = chain.card[0].signature_key;
	in->member = chain.card[0].member;
	in->device = chain.card[0].device;
	rc = in->o->judge(in->o->ctx, raw, &in->key, &device);
	/* It was the clinic's when it exported; that it no longer is, is why.
	 */
	if (rc == ROWAN_E_REVOKED || rc == ROWAN_E_EXPIRED)
		return 0;
	if (rc == 0 && !id16_eq(&device, &in->device))
		rc = ROWAN_E_CRYPTO;
	return rc == 0 || rc == ROWAN_E_AGAIN || rc == ROWAN_E_NOMEM ||
			       rc == ROWAN_E_IO || rc == ROWAN_E_CORRUPT
		       ? rc
		       : ROWAN_E_CRYPTO;
}

/* As it stands here now: nothing of it is under way or news. */
static void settle(const struct in *in, struct messages_row *m)
{
	bool own = id16_eq(&m->member, &in->o->messages->member);

	m->blob_count = 0;
	m->expires = 0;
	if (!id16_eq(&in->member, &in->o->messages->member)) {
		m->flags =
			MESSAGES_HANDED | (m->flags & (uint8_t)MESSAGES_URGENT);
		m->member = in->member;
		m->device = in->device;
		m->state = ROWAN_STATE_SEEN;
		return;
	}
	if ((m->flags & MESSAGES_HANDED) != 0 || !own)
		m->flags &= (uint8_t)~MESSAGES_OWN;
	if ((m->flags & MESSAGES_OWN) == 0)
		m->state = ROWAN_STATE_SEEN;
	else if (m->state == ROWAN_STATE_WAITING)
		m->state = ROWAN_STATE_FAILED;
}

/* Names and bars as this member knew them, where nothing newer is known. */
static int apply(struct messages *x, const struct messages_row *m)
{
	const struct messages_said said = {
		m->place >> MESSAGES_TIME_BITS, false};
	bool changed;

	if ((m->flags & MESSAGES_HANDED) != 0)
		return 0;
	if (m->content.type == CONTENT_BAR)
		return messages_bar_put(
			x, &m->case_id, &m->content.u.bar, said, &changed);
	if (m->content.type == CONTENT_NAME)
		return messages_name_put(x, &m->channel, &m->member,
			m->content.u.name, said, &changed);
	return 0;
}

static int take_row(struct in *in, struct messages_row *m, uint64_t place)
{
	struct messages *x = in->o->messages;
	uint64_t time = place >> MESSAGES_TIME_BITS;
	struct messages_index at;
	int rc = messages_index_get(x, &m->content.id, &at);

	if (rc != ROWAN_E_NOT_FOUND)
		return rc;
	/* A time to come is nobody's to claim. */
	if (x->now != 0 && time > x->now)
		time = x->now;
	settle(in, m);
	rc = messages_insert(x, m, time);
	if (rc == 0)
		rc = apply(x, m);
	in->taken++;
	return rc;
}

static int take_message(struct in *in, struct reader *r)
{
	struct messages_row m = {0};
	struct id16 channel;
	struct bytes raw;
	struct buf mem = {0};
	uint64_t place = 0;
	int rc;

	(void)((rc = reader_array(r, channel.b, ID16_LEN)) ||
		(rc = reader_u64(r, &place)) ||
		(rc = reader_vec(r, MESSAGES_ROW_MAX, &raw)) ||
		(rc = reader_end(r)) || (rc = buf_copy(&mem, raw)) ||
		(rc = messages_row_decode(&mem, place, &m)));
	if (rc == 0 && !id16_eq(&m.channel, &channel))
		rc = ROWAN_E_MALFORMED;
	in->tally.count++;
	if (rc == 0)
		rc = take_row(in, &m, place);
	messages_row_wipe(&m);
	return rc;
}

static int take_last(struct in *in, struct reader *r)
{
	uint8_t tbs[TBS_LEN], sig[SIG_LEN];
	uint64_t count = 0;
	int rc;

	(void)((rc = reader_u64(r, &count)) ||
		(rc = reader_array(r, sig, sizeof sig)) ||
		(rc = reader_end(r)));
	if (rc == 0 && count != in->tally.count)
		rc = ROWAN_E_MALFORMED;
	tally_tbs(&in->tally, tbs);
	if (rc == 0 && crypto_sign_verify_detached(
			       sig, tbs, sizeof tbs, in->key.b) != 0)
		rc = ROWAN_E_CRYPTO;
	return rc;
}

static int take_item(struct in *in, struct bytes item, bool first, bool last)
{
	uint8_t kind = 0;
	struct reader r;
	int rc;

	reader_init(&r, item);
	rc = reader_u8(&r, &kind);
	if (rc == 0 && ((kind == ITEM_FIRST) != first ||
			       (kind == ITEM_LAST) != last || kind > ITEM_LAST))
		rc = ROWAN_E_MALFORMED;
	if (rc != 0)
		return rc;
	if (!last)
		tally_add(&in->tally, item);
	if (first)
		return take_first(in, &r);
	return last ? take_last(in, &r) : take_message(in, &r);
}

static int take_all(struct in *in)
{
	bool first = true, last = false;
	struct buf item;
	int rc = 0;

	for (; rc == 0 && !last; first = false) {
		rc = history_in_next(in->file, &item, &last);
		if (rc == 0)
			rc = take_item(in, buf_view(&item), first, last);
		buf_wipe(&item);
	}
	return rc;
}

int history_import(const struct history_options *o, const char *path,
	const struct history_lock *lock, uint64_t *ret)
{
	struct in in = {.o = o};
	int rc;

	*ret = 0;
	/* Argon2id before the transaction, not in it. */
	rc = history_in_new(&in.file, path, lock);
	if (rc == 0)
		rc = messages_begin(o->messages);
	if (rc == 0) {
		tally_init(&in.tally);
		rc = messages_finish(o->messages, take_all(&in));
	}
	history_in_free(in.file);
	if (rc == 0)
		*ret = in.taken;
	sodium_memzero(&in, sizeof in);
	return rc;
}
