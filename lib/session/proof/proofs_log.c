/*
 * Watching the log, and cosigning it: see proofs.h.
 *
 *	PROOF "W"/0	watch (tlog/watch.h), then uint64: cosigned up to
 *	PROOF "P"/0	the policy's text
 *	PROOF "S"/0	uint64: since when it has been stale at each look
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "session/proof/audit.h"
#include "session/proof/proofs_inner.h"
#include "tlog/cosignature.h"
#include "tlog/origin.h"
#include "wire/log.h"
#include "wire/op.h"

#define DEVICES_MAX 4096
#define PATIENCE_S  3600

/* The authority's clock, offline, against the daemon's. */
#define RESTORE_SKEW_S 3600

static struct bytes name(const char *what)
{
	return bytes_of(what, 1);
}

/* ---- at rest --------------------------------------------------------------
 */

static int load_policy(struct proofs *x)
{
	struct buf text;
	size_t line;
	int rc = vault_get(x->o.vault, VAULT_PROOF, name("P"), 0, &text);

	x->has_policy = false;
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
	rc = policy_parse(&x->policy, buf_view(&text), &line);
	buf_wipe(&text);
	x->has_policy = rc == 0;
	return rc == 0 ? 0 : ROWAN_E_CORRUPT;
}

static int load_stale(struct proofs *x)
{
	struct buf saved;
	struct reader r;
	int rc = vault_get(x->o.vault, VAULT_PROOF, name("S"), 0, &saved);

	x->stale = 0;
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
	reader_init(&r, buf_view(&saved));
	if (reader_u64(&r, &x->stale) != 0 || reader_end(&r) != 0)
		rc = ROWAN_E_CORRUPT;
	buf_wipe(&saved);
	return rc;
}

int proofs_log_load(struct proofs *x)
{
	struct buf saved;
	struct reader r;
	struct bytes watch;
	int rc = load_policy(x);

	if (rc == 0)
		rc = load_stale(x);
	watch_init(&x->watch);
	if (rc == 0)
		rc = conflicts_load(x);
	if (rc == 0)
		rc = vault_get(x->o.vault, VAULT_PROOF, name("W"), 0, &saved);
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
	reader_init(&r, buf_view(&saved));
	if (reader_view(&r, WATCH_SAVED_LEN, &watch) != 0 ||
		reader_u64(&r, &x->cosigned) != 0 || reader_end(&r) != 0)
		rc = ROWAN_E_CORRUPT;
	else
		rc = watch_load(&x->watch, watch);
	buf_wipe(&saved);
	return rc;
}

/*
 * Before anything follows from it: keep what was verified, as ${by} it was
 * signed, and up to where it was cosigned. NULL: nobody's note says this; what
 * is kept goes if it changes.
 */
static int save(struct proofs *x, const struct watch *w, uint64_t cosigned,
	const struct conflict_side *by)
{
	bool other = w->size != x->watch.size ||
		     !merkle_eq(&w->root, &x->watch.root);
	uint8_t mem[WATCH_SAVED_LEN + 8];
	struct writer out;
	int rc = vault_begin(x->o.vault);

	watch_save(w, mem);
	writer_init_fixed(&out, mem + WATCH_SAVED_LEN, 8);
	writer_u64(&out, cosigned);
	if (rc == 0)
		rc = vault_put(x->o.vault, VAULT_PROOF, name("W"), 0,
			bytes_of(mem, sizeof mem));
	if (rc == 0 && (by != NULL || other))
		rc = conflicts_note(x, by);
	rc = proofs_finish(x, rc);
	if (rc == 0) {
		x->watch = *w;
		x->cosigned = cosigned;
		x->noted = by != NULL || (x->noted && !other);
	}
	return rc;
}

int proofs_policy(struct proofs *x, struct bytes text)
{
	struct policy *p = malloc(sizeof *p);
	size_t line;
	int rc = p == NULL ? ROWAN_E_NOMEM : 0;

	if (rc == 0 && text.len > 0)
		rc = policy_parse(p, text, &line);
	/* Two that wait for each other's word would give none. */
	if (rc == 0 && text.len > 0 && proofs_is_witness(x))
		rc = ROWAN_E_SIGNER;
	if (rc == 0)
		rc = vault_begin(x->o.vault);
	if (rc == 0) {
		rc = text.len > 0 ? vault_put(x->o.vault, VAULT_PROOF,
					    name("P"), 0, text)
				  : vault_delete(x->o.vault, VAULT_PROOF,
					    name("P"), 0);
		rc = proofs_finish(x, rc);
	}
	if (rc == 0 && text.len > 0)
		x->policy = *p;
	if (rc == 0) {
		/* What was believed before need not be any more. */
		buf_wipe(&x->note);
		x->has_policy = text.len > 0;
		x->looking = true;
	}
	free(p);
	return rc;
}

/* ---- the log's key --------------------------------------------------------
 */

static int try_card(struct proofs *x, const struct id16 *device,
	struct bytes input, struct checkpoint *ret, struct note *ret_note,
	struct buf *ret_card, bool *ret_known)
{
	struct trust_card card;
	struct note_key key;
	struct buf raw;
	int rc = follow_card(x->o.follow, device, &card, &raw);

	if (rc != 0)
		return rc;
	rc = ROWAN_E_CRYPTO;
	*ret_known = *ret_known || card.card.role == WIRE_ROLE_DAEMON;
	if (card.card.role == WIRE_ROLE_DAEMON && card.revoked == 0)
		rc = origin_log(
			&card.card.clinic, card.card.signature_key.b, &key);
	if (rc == 0)
		rc = checkpoint_open(ret, ret_note, input, &key);
	if (rc == 0)
		rc = buf_copy(ret_card, card.card.raw);
	buf_wipe(&raw);
	return rc;
}

/* Enrolled by files and never connected: the card that came with them. */
static int try_file(struct proofs *x, struct bytes input,
	struct checkpoint *ret, struct note *ret_note, struct buf *ret_card)
{
	struct wire_card card;
	struct note_key key;
	struct buf raw;
	int rc = vault_get(
		x->o.vault, VAULT_INVITE, bytes_of("daemon", 6), 0, &raw);

	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_CRYPTO : rc;
	rc = wire_card_decode(buf_view(&raw), &card);
	if (rc == 0)
		rc = origin_log(&card.clinic, card.signature_key.b, &key);
	if (rc == 0)
		rc = checkpoint_open(ret, ret_note, input, &key);
	if (rc == 0)
		*ret_card = raw;
	else
		buf_wipe(&raw);
	return rc;
}

int proofs_open(struct proofs *x, struct bytes input, struct checkpoint *ret,
	struct note *ret_note, struct buf *ret_card)
{
	struct id16 *all = calloc(DEVICES_MAX, sizeof *all);
	bool known = false;
	size_t len = 0;
	int rc = all == NULL ? ROWAN_E_NOMEM
			     : follow_devices(x->o.follow, NULL, all,
				       DEVICES_MAX, &len);

	if (rc == ROWAN_E_LIMIT)
		rc = 0;
	if (rc == 0)
		rc = ROWAN_E_CRYPTO;
	/* The newest card first: keys change seldom. */
	for (size_t i = len; rc == ROWAN_E_CRYPTO && i-- > 0;)
		rc = try_card(
			x, &all[i], input, ret, ret_note, ret_card, &known);
	free(all);
	return rc == ROWAN_E_CRYPTO && !known
		       ? try_file(x, input, ret, ret_note, ret_card)
		       : rc;
}

/* ---- cosigning ------------------------------------------------------------
 */

bool proofs_is_witness(const struct proofs *x)
{
	struct wire_card card;

	return identity_card(x->o.me, &card) == 0 &&
	       card.role == WIRE_ROLE_WITNESS;
}

static void cosigned(void *ctx, const struct requests_outcome *o)
{
	struct proofs *x = ctx;

	x->busy = false;
	/* Another was signed meanwhile: that one at the next look. */
	if (o->rc == ROWAN_E_STALE && !x->again)
		x->looking = true;
}

static int ask(
	struct proofs *x, uint16_t op, struct writer *w, requests_done *done)
{
	const struct requests_new n = {
		.op = op, .body = writer_view(w), .done = done, .ctx = x};
	int rc = writer_status(w);

	if (rc == 0)
		rc = requests_start(x->o.requests, &n);
	x->busy = rc == 0;
	return rc == ROWAN_E_AGAIN ? 0 : rc;
}

int proofs_key(const struct proofs *x, struct note_key *ret,
	uint8_t ret_sk[crypto_sign_SECRETKEYBYTES])
{
	uint8_t pk[crypto_sign_PUBLICKEYBYTES];

	(void)crypto_sign_seed_keypair(pk, ret_sk, x->o.me->signature_seed.b);
	return origin_witness(&x->o.me->device, pk, ret);
}

/*
 * What was verified is in the vault before the word is given: a witness that
 * is killed here never says two things.
 */
int proofs_cosign(struct proofs *x, const struct watch *verified,
	const struct conflict_side *by, struct bytes text, struct writer *w)
{
	uint8_t sk[crypto_sign_SECRETKEYBYTES];
	uint64_t now = follow_now(x->o.follow);
	time_t here = time(NULL);
	struct note_key key;
	int rc = save(x, verified, verified->size, by);

	if (now == 0 && here > 0)
		now = (uint64_t)here;
	if (rc == 0)
		rc = proofs_key(x, &key, sk);
	if (rc == 0)
		rc = cosignature_sign(w, text, now, &key, sk);
	sodium_memzero(sk, sizeof sk);
	return rc;
}

static int cosign(struct proofs *x, struct bytes text, uint64_t size)
{
	struct wire_cosign c = {.size = size};
	struct writer line, w;
	int rc;

	writer_init(&line, WIRE_COSIGN_MAX);
	writer_init(&w, WIRE_COSIGN_MAX + 16);
	x->again = size == x->cosigned;
	rc = proofs_cosign(x, &x->watch, NULL, text, &line);
	c.line = writer_view(&line);
	if (rc == 0)
		rc = wire_cosign_encode(&c, &w);
	if (rc == 0)
		rc = ask(x, WIRE_OP_COSIGN, &w, cosigned);
	writer_wipe(&line);
	writer_wipe(&w);
	return rc;
}

/* ---- looking --------------------------------------------------------------
 */

static int put_stale(struct proofs *x, uint64_t since)
{
	uint8_t mem[8];
	struct writer w;
	int rc;

	if (since == x->stale)
		return 0;
	writer_init_fixed(&w, mem, sizeof mem);
	writer_u64(&w, since);
	rc = vault_begin(x->o.vault);
	if (rc == 0)
		rc = since != 0 ? vault_put(x->o.vault, VAULT_PROOF, name("S"),
					  0, writer_view(&w))
				: vault_delete(x->o.vault, VAULT_PROOF,
					  name("S"), 0);
	rc = proofs_finish(x, rc);
	if (rc == 0)
		x->stale = since;
	return rc;
}

/*
 * What is old may be news in a minute: of a daemon that was off over a weekend
 * the witnesses cosign after whoever looks first, and a clock that was set
 * right leaps. So it is an alarm an hour later, if it was never well since.
 */
static int stale(struct proofs *x)
{
	uint64_t now = follow_now(x->o.follow);
	int rc = x->stale == 0 ? put_stale(x, now) : 0;

	return rc == 0 && now >= x->stale + PATIENCE_S
		       ? proofs_alarm(x, WATCH_STALE)
		       : rc;
}

/* Nothing that could be believed was shown, and for how long already? */
static int nothing_shown(struct proofs *x)
{
	return x->watch.size > 0 && follow_now(x->o.follow) >
					    x->watch.time + PROOFS_STALE_S
		       ? stale(x)
		       : 0;
}

/* It holds: but is it of today? Whatever it says, somebody may hold it back. */
static int look_at_age(struct proofs *x, const struct checkpoint *c)
{
	uint64_t time = 0;

	if (watch_time(c, &time) != 0 ||
		follow_now(x->o.follow) > time + PROOFS_STALE_S)
		return stale(x);
	x->alarmed &= ~(1u << WATCH_STALE);
	return put_stale(x, 0);
}

static int step_on(struct proofs *x, const struct checkpoint *c)
{
	struct buf text = x->cosign;
	int rc = look_at_age(x, c);

	x->showing = true;
	x->cosign = (struct buf){NULL, 0};
	x->alarmed &= 1u << WATCH_STALE;
	x->conflicted = 0;
	buf_wipe(&x->note);
	x->note = x->given;
	x->given = (struct buf){NULL, 0};
	/* The same again: its word may not have arrived. */
	if (rc == 0 && text.len > 0 && c->size > 0 && c->size >= x->cosigned)
		rc = cosign(x, buf_view(&text), c->size);
	buf_wipe(&text);
	return rc;
}

/* The checkpoint that is being looked at. */
static struct conflict_side given(const struct proofs *x)
{
	return (struct conflict_side){
		buf_view(&x->given), buf_view(&x->given_card)};
}

/* An earlier one that more have cosigned: it must be a part of what we know. */
static int take_older(struct proofs *x, const struct merkle_proof *proof)
{
	if (merkle_proof_check_consistency(proof, x->grown.size, &x->grown.root,
		    x->watch.size, &x->watch.root) != 0)
		return ROWAN_E_CHAIN;
	x->showing = true;
	buf_wipe(&x->note);
	x->note = x->given;
	x->given = (struct buf){NULL, 0};
	return look_at_age(x, &x->grown);
}

static void copy_path(const struct wire_log_path *a, struct merkle_proof *ret)
{
	ret->len = a->count;
	memcpy(ret->hash, a->hash, a->count * sizeof ret->hash[0]);
}

static int take_proof(struct proofs *x, const struct wire_message *m,
	struct merkle_proof *ret)
{
	const struct conflict_side by = given(x);
	struct wire_log_path a;
	struct watch grown = x->watch;
	int rc = wire_log_path_decode(m, &a);

	if (rc != 0)
		return rc;
	copy_path(&a, ret);
	if (x->grown.size < x->watch.size)
		return take_older(x, ret);
	rc = watch_grow(&grown, &x->grown, ret);
	if (rc == 0)
		rc = save(x, &grown, x->cosigned, &by);
	return rc == 0 ? step_on(x, &x->grown) : rc;
}

/* ${rc} < 0 of our own: what was shown may be good, and is not kept. */
static void look_ended(struct proofs *x, int rc)
{
	x->broken =
		rc == ROWAN_E_FULL || rc == ROWAN_E_IO || rc == ROWAN_E_NOMEM
			? rc
			: 0;
	x->proving = x->in_look = false;
	x->shown = x->showing;
	x->showing = false;
	x->looks++;
}

/* It was called back. Whoever waits for one waits for the next. */
static void look_broken(struct proofs *x)
{
	x->proving = x->in_look = x->showing = false;
	x->looking = true;
	x->looks++;
	audit_look_again(x);
}

/* They do not go together, whatever else is given. */
static void contradicted(struct proofs *x, const struct merkle_proof *proof)
{
	const struct conflict_side other = given(x);
	int rc = proofs_conflict(x, WATCH_FORK, &other, proof);

	look_ended(x, rc);
	if (rc != 0 && x->fault == 0)
		x->fault = rc;
}

static void got_past(void *ctx, const struct requests_outcome *o)
{
	struct merkle_proof proof = {.len = 0};
	struct wire_log_path a;
	struct proofs *x = ctx;

	x->busy = false;
	if (o->rc == 0 && wire_log_path_decode(o->answer, &a) == 0)
		copy_path(&a, &proof);
	contradicted(x, &proof);
}

/*
 * The proof that does not fit tells with what the longer tree begins: but of a
 * tree of 2^n leaves another one does, and that is asked for.
 */
static int ask_past(struct proofs *x)
{
	const uint64_t told = merkle_proof_told(x->watch.size);
	const struct wire_log_consistency q = {told, x->grown.size};
	uint8_t mem[32];
	struct writer w;
	int rc;

	if (told == x->watch.size || told == 0 || told >= x->grown.size)
		return 0;
	writer_init_fixed(&w, mem, sizeof mem);
	rc = wire_log_consistency_encode(&q, &w);
	return rc == 0 ? ask(x, WIRE_OP_LOG_CONSISTENCY, &w, got_past) : rc;
}

static void got_proof(void *ctx, const struct requests_outcome *o)
{
	struct proofs *x = ctx;
	struct merkle_proof proof = {.len = 0};
	bool silent = o->rc == ROWAN_E_AGAIN || o->rc == ROWAN_E_STATE;
	int rc = o->rc == 0 || silent ? o->rc : ROWAN_E_REFUSED;

	x->busy = false;
	if (rc == 0)
		rc = take_proof(x, o->answer, &proof);
	/* Whoever signed both can show that they go together. */
	if (rc <= -300) {
		rc = ask_past(x);
		if (rc == 0 && !x->busy)
			contradicted(x, &proof);
		if (rc == 0)
			return;
	}
	if (rc == ROWAN_E_STATE) {
		look_broken(x);
		return;
	}
	look_ended(x, rc);
	if (rc != 0 && !silent && x->fault == 0)
		x->fault = rc;
}

static int ask_proof(struct proofs *x, const struct checkpoint *c)
{
	struct wire_log_consistency q = {x->watch.size, c->size};
	bool older = c->size < x->watch.size;
	uint8_t mem[32];
	struct writer w;
	int rc;

	/* The answer it stands in goes before the next one comes. */
	rc = buf_set(&x->extension, c->extension);
	if (rc != 0)
		return rc;
	x->proving = true;
	x->grown = *c;
	x->grown.origin = bytes_of(NULL, 0);
	x->grown.extension = buf_view(&x->extension);
	if (older)
		q = (struct wire_log_consistency){c->size, x->watch.size};
	writer_init_fixed(&w, mem, sizeof mem);
	rc = wire_log_consistency_encode(&q, &w);
	return rc == 0 ? ask(x, WIRE_OP_LOG_CONSISTENCY, &w, got_proof) : rc;
}

static int take_first(struct proofs *x, const struct checkpoint *c)
{
	static const struct merkle_proof none;
	const struct conflict_side by = given(x);
	struct watch first = x->watch;
	int rc = watch_grow(&first, c, &none);

	if (rc == 0)
		rc = save(x, &first, x->cosigned, &by);
	return rc == 0 ? step_on(x, c) : rc;
}

static int judge(struct proofs *x, const struct checkpoint *c)
{
	uint64_t now = follow_now(x->o.follow);
	enum watch_verdict v = watch_judge(&x->watch, c, now, PROOFS_STALE_S);
	const struct conflict_side by = given(x);
	int rc = 0;

	switch (v) {
	case WATCH_GROWN:
		return x->watch.size == 0 ? take_first(x, c) : ask_proof(x, c);
	case WATCH_SAME:
		if (!x->noted && x->watch.size > 0)
			rc = save(x, &x->watch, x->cosigned, &by);
		return rc == 0 ? step_on(x, c) : rc;
	/* An earlier one is the answer to who asked for cosignatures, or is a
	 * witness: the newest is not there any more. */
	case WATCH_OLDER:
		return c->size > 0 && (x->need > 0 || proofs_is_witness(x))
			       ? ask_proof(x, c)
			       : nothing_shown(x);
	case WATCH_STALE: return stale(x);
	default: return proofs_conflict(x, v, &by, NULL);
	}
}

int proofs_cosigned(
	const struct proofs *x, struct bytes daemon, const struct note *n)
{
	struct wire_card card;
	struct note_key key;
	int rc = x->has_policy ? wire_card_decode(daemon, &card) : 0;

	if (rc != 0 || !x->has_policy)
		return rc;
	rc = origin_log(&card.clinic, card.signature_key.b, &key);
	if (rc == 0 && !policy_log(&x->policy, &key))
		rc = ROWAN_E_NOT_FOUND;
	return rc == 0 ? policy_check(&x->policy, n, 0) : rc;
}

static void got_checkpoint(void *ctx, const struct requests_outcome *o);

static int ask_checkpoint(struct proofs *x, size_t cosignatures)
{
	struct wire_checkpoint q = {.cosignatures = (uint8_t)cosignatures};
	uint8_t mem[8];
	struct writer w;
	int rc;

	x->need = cosignatures;
	writer_init_fixed(&w, mem, sizeof mem);
	rc = wire_checkpoint_encode(&q, &w);
	return rc == 0 ? ask(x, WIRE_OP_CHECKPOINT, &w, got_checkpoint) : rc;
}

/* One after the other of those that are kept: a witness who has cosigned with
 * one of ours alone does not hide what ours have cosigned together. */
static int ask_next(struct proofs *x)
{
	size_t next = x->need < WIRE_CHECKPOINT_KEPT ? WIRE_CHECKPOINT_KEPT
						     : x->need + 1;
	int rc = x->need > 0 && next <= UINT8_MAX ? ask_checkpoint(x, next) : 0;

	x->proving = x->busy;
	return rc == 0 && !x->busy ? nothing_shown(x) : rc;
}

static int take_checkpoint(struct proofs *x, const struct wire_message *m)
{
	struct wire_checkpoint_answer a;
	struct buf card = {NULL, 0};
	struct checkpoint c;
	struct note n = {.count = 0};
	int rc = wire_checkpoint_answer_decode(m, &a);

	if (rc == 0)
		rc = proofs_open(x, a.note, &c, &n, &card);
	if (rc == 0)
		rc = proofs_cosigned(x, buf_view(&card), &n);
	if (rc == 0)
		rc = buf_set(&x->given_card, buf_view(&card));
	buf_wipe(&card);
	/* Others' words: ours may stand under an earlier one. */
	if (rc == ROWAN_E_NOT_FOUND)
		return ask_next(x);
	if (rc != 0)
		return rc;
	rc = buf_set(&x->given, a.note);
	buf_wipe(&x->cosign);
	if (rc == 0 && proofs_is_witness(x))
		rc = buf_copy(&x->cosign, n.text);
	return rc == 0 ? judge(x, &c) : rc;
}

static void got_checkpoint(void *ctx, const struct requests_outcome *o)
{
	struct proofs *x = ctx;
	int rc = o->rc;

	x->busy = x->proving = false;
	if (rc == ROWAN_E_STATE) {
		look_broken(x);
		return;
	}
	if (rc == ROWAN_E_AGAIN) {
		look_ended(x, 0);
		return;
	}
	if (rc == 0)
		rc = take_checkpoint(x, o->answer);
	else
		/* None with so many cosignatures. */
		rc = nothing_shown(x);
	if (rc != 0 && rc <= -300)
		rc = proofs_alarm(x, WATCH_FORK);
	if (rc != 0 && x->fault == 0)
		x->fault = rc;
	if (!x->proving)
		look_ended(x, rc);
}

static int keep_restore(
	struct proofs *x, const struct wire_statement *s, struct bytes raw)
{
	int rc = vault_begin(x->o.vault);

	if (rc == 0)
		rc = receipts_restored(
			x, s->u.restore.size, s->time + RESTORE_SKEW_S);
	if (rc == 0)
		rc = vault_put(x->o.vault, VAULT_PROOF, name("R"), 0, raw);
	return proofs_finish(x, rc);
}

/*
 * From the head that it names the log grows anew. It was signed after all that
 * it has lost: one that is older than what was verified undoes nothing.
 */
static int take_restore(struct proofs *x, struct bytes raw)
{
	struct watch back = x->watch;
	struct wire_statement s;
	int rc = wire_statement_decode(raw, &s);

	if (rc == 0 && x->watch.size > s.u.restore.size &&
		x->watch.time <= s.time + RESTORE_SKEW_S) {
		back.size = s.u.restore.size;
		memcpy(back.root.b, s.u.restore.root.b, sizeof back.root.b);
		rc = save(x, &back,
			x->cosigned < back.size ? x->cosigned : back.size,
			NULL);
		x->alarmed = x->conflicted = 0;
	}
	return rc == 0 ? keep_restore(x, &s, raw) : rc;
}

/* How many were taken already. */
static int taken_count(struct proofs *x, size_t *ret)
{
	struct buf taken, restore;
	bool found = false;
	int rc = vault_get(x->o.vault, VAULT_PROOF, name("R"), 0, &taken);

	*ret = 0;
	while (rc == 0 && !found) {
		rc = follow_restore(x->o.follow, (*ret)++, &restore);
		found = rc == 0 &&
			bytes_eq(buf_view(&taken), buf_view(&restore));
		buf_wipe(&restore);
	}
	buf_wipe(&taken);
	if (!found)
		*ret = 0;
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

/*
 * In the order in which they were heard of, once for each: taken again one
 * would let a daemon go back again. A device that was away may hear of several
 * at once, and what it verified last may stand between two.
 */
int proofs_restored(struct proofs *x)
{
	struct buf restore;
	size_t i;
	int rc = taken_count(x, &i);

	for (; rc == 0; i++) {
		rc = follow_restore(x->o.follow, i, &restore);
		if (rc == 0)
			rc = take_restore(x, buf_view(&restore));
		buf_wipe(&restore);
	}
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

int proofs_log_step(struct proofs *x)
{
	size_t need = 0;
	int rc;

	if (!x->looking)
		return 0;
	if (x->has_policy && !proofs_is_witness(x))
		need = policy_needs(&x->policy);
	rc = ask_checkpoint(x, need);
	if (rc == 0 && x->busy) {
		x->looking = false;
		x->in_look = true;
		x->asked_ms = x->now_ms;
	}
	return rc;
}
