/*
 * The walk's world: parties, the delivery service, and how messages are
 * read. See mls_walk.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "lib/mls_walk.h"

#define ENTRIES_MAX 200000
#define NOW	    1700000000

bool walk_want(struct walk *w, bool ok, const char *what, int rc)
{
	if (!ok && !w->failed) {
		w->failed = true;
		snprintf(w->why, sizeof w->why, "epoch %llu: %s (%d: %s)",
			(unsigned long long)w->epoch, what, rc,
			rowan_strerror(rc));
	}
	return ok;
}

/* --- What the application supplies ------------------------------------- */

static uint64_t host_clock(void *ctx)
{
	return NOW;
}

static int host_random(void *ctx, uint8_t *ret, size_t len)
{
	struct walk *w = ctx;

	mls_rng_bytes(&w->rng, ret, len);
	return 0;
}

static int host_validate(void *ctx, const struct rowan_mls_claim *claim)
{
	return 0;
}

/* Everybody knows every external PSK: its value is a hash of its id. */
static int host_psk(
	void *ctx, struct rowan_mls_bytes id, uint8_t *ret, size_t *len)
{
	*len = crypto_hash_sha256_BYTES;
	return crypto_hash_sha256(ret, id.data, id.len);
}

static const uint16_t extension_types[] = {0xf001};
static const uint16_t proposal_types[] = {0xf002};

static struct rowan_mls *client(struct walk *w, unsigned id)
{
	uint8_t identity[4] = {'w', 'k', (uint8_t)(id >> 8), (uint8_t)id};
	struct rowan_mls_options o = {
		.host = {w, host_clock, host_random, host_validate, host_psk},
		.credential = {ROWAN_MLS_BASIC, {identity, sizeof identity}},
		.extensions = {extension_types, 1},
		.proposals = {proposal_types, 1},
		.keep_epochs = WALK_KEEP,
	};
	struct rowan_mls *ret = NULL;
	int rc = rowan_mls_new(&o, &ret);

	(void)walk_want(w, rc == 0, "new client", rc);
	return ret;
}

/* --- The delivery service ---------------------------------------------- */

/* The public group takes a handshake, or gives up on a private one. */
static void beside(struct walk *w, const struct walk_entry *e)
{
	struct rowan_mls_public_received *r;
	struct rowan_mls_peeked peek;
	int rc;

	if (w->beside == NULL || e->kind == ROWAN_MLS_KIND_APPLICATION)
		return;
	rc = rowan_mls_peek(walk_in(buf_view(&e->bytes)), &peek);
	if (!walk_want(w, rc == 0, "peek", rc))
		return;
	if (peek.wire_format != ROWAN_MLS_PUBLIC_MESSAGE) {
		rowan_mls_public_free(w->beside);
		w->beside = NULL;
		return;
	}
	rc = rowan_mls_public_process(
		w->beside, walk_in(buf_view(&e->bytes)), &r);
	if (walk_want(w, rc == 0, "public group: process", rc)) {
		rc = rowan_mls_public_accept(w->beside, r);
		(void)walk_want(w, rc == 0, "public group: accept", rc);
		w->count.followed++;
	}
	rowan_mls_public_received_free(r);
}

void walk_post(struct walk *w, enum rowan_mls_kind kind, unsigned sender,
	uint64_t epoch, struct rowan_mls_buf *message)
{
	struct walk_entry *e;

	if (!walk_want(w, w->n_entries < ENTRIES_MAX, "too many messages", 0)) {
		rowan_mls_buf_free(message);
		return;
	}
	e = &w->entry[w->n_entries++];
	*e = (struct walk_entry){
		{message->data, message->len}, kind, sender, epoch, w->numbers};
	message->data = NULL;
	message->len = 0;
	beside(w, e);
}

/* Free what everybody has read. */
static void drop_read(struct walk *w)
{
	size_t least = w->n_entries;

	for (unsigned i = 0; i < WALK_PARTIES; i++)
		if (w->party[i].group != NULL && w->party[i].next < least)
			least = w->party[i].next;
	/* This epoch's stay, to be compared with what is proposed again. */
	while (least > w->dropped && w->entry[least - 1].epoch >= w->epoch)
		least--;
	for (; w->dropped < least; w->dropped++)
		buf_wipe(&w->entry[w->dropped].bytes);
}

void walk_new_epoch(struct walk *w, const struct rowan_mls_group *group)
{
	struct rowan_mls_bytes a = rowan_mls_group_epoch_authenticator(group);

	w->epoch = rowan_mls_group_epoch(group);
	w->seen[w->epoch % WALK_EPOCHS].epoch = w->epoch;
	(void)walk_want(w, a.len == 32, "length of the authenticator", 0);
	memcpy(w->seen[w->epoch % WALK_EPOCHS].authenticator, a.data, 32);
	if (rowan_mls_group_member_count(group) > w->count.most)
		w->count.most = rowan_mls_group_member_count(group);
	if (w->beside != NULL)
		(void)walk_want(w,
			bytes_eq(walk_out(rowan_mls_public_context(w->beside)),
				walk_out(rowan_mls_group_context(group))),
			"public group: another context", 0);
	for (unsigned i = 0; i < WALK_PARTIES; i++)
		w->party[i].asked = false;
}

/* ${p} stands in the same epoch as whoever was there first. */
static void agree(struct walk *w, const struct walk_party *p)
{
	uint64_t epoch = rowan_mls_group_epoch(p->group);
	struct bytes got =
		walk_out(rowan_mls_group_epoch_authenticator(p->group));

	(void)walk_want(w,
		w->seen[epoch % WALK_EPOCHS].epoch == epoch &&
			bytes_eq(got, bytes_of(w->seen[epoch % WALK_EPOCHS]
						       .authenticator,
					      32)),
		"epoch authenticators differ", 0);
}

/* --- Reading ------------------------------------------------------------ */

/* Is ${message} with a bit changed refused, and nothing of ${p} changed? */
static void damage(struct walk *w, struct walk_party *p, struct bytes message)
{
	struct rowan_mls_buf before = {0}, after = {0};
	struct rowan_mls_received *r = NULL;
	struct buf bad;
	int rc;

	if (buf_copy(&bad, message) != 0 ||
		rowan_mls_group_save(p->group, &before) != 0)
		abort();
	bad.data[mls_rng_below(&w->rng, (uint32_t)bad.len)] ^=
		(uint8_t)(1u << mls_rng_below(&w->rng, 8));
	rc = rowan_mls_process(p->group, walk_in(buf_view(&bad)), &r);
	(void)walk_want(w, rc != 0, "a damaged message was accepted", rc);
	rowan_mls_received_free(r);
	if (rowan_mls_group_save(p->group, &after) != 0)
		abort();
	(void)walk_want(w,
		bytes_eq(walk_out(walk_held(&before)),
			walk_out(walk_held(&after))),
		"a refused message changed the group", rc);
	w->count.damaged++;
	rowan_mls_buf_free(&before);
	rowan_mls_buf_free(&after);
	buf_wipe(&bad);
}

static void read_data(struct walk *w, struct walk_party *p,
	struct bytes message, uint64_t number)
{
	struct rowan_mls_received *r = NULL;
	int rc = rowan_mls_process(p->group, walk_in(message), &r);
	struct rowan_mls_bytes data;

	if (!walk_want(w, rc == 0, "application data", rc))
		return;
	data = rowan_mls_received_data(r);
	(void)walk_want(w,
		data.len == sizeof number &&
			memcmp(data.data, &number, sizeof number) == 0,
		"application data differs", 0);
	rowan_mls_received_free(r);
	if (mls_rng_one_in(&w->rng, 4)) {
		rc = rowan_mls_process(p->group, walk_in(message), &r);
		(void)walk_want(w, rc == ROWAN_E_MLS_REPLAY,
			"a replayed message was not refused", rc);
		rowan_mls_received_free(r);
	}
}

/* Read some of what was held back, in any order. */
static void read_late(struct walk *w, struct walk_party *p)
{
	while (p->group != NULL && p->n_late > 0 &&
		mls_rng_one_in(&w->rng, 2)) {
		size_t i = mls_rng_below(&w->rng, (uint32_t)p->n_late);
		struct walk_late l = p->late[i];
		struct rowan_mls_received *r = NULL;

		p->late[i] = p->late[--p->n_late];
		if (rowan_mls_group_epoch(p->group) <= l.epoch + WALK_KEEP) {
			read_data(w, p, buf_view(&l.bytes), l.number);
		} else {
			int rc = rowan_mls_process(
				p->group, walk_in(buf_view(&l.bytes)), &r);

			(void)walk_want(w, rc == ROWAN_E_MLS_WRONG_EPOCH,
				"a message of a forgotten epoch", rc);
			rowan_mls_received_free(r);
		}
		w->count.late++;
		buf_wipe(&l.bytes);
	}
}

static void hold_back(
	struct walk *w, struct walk_party *p, const struct walk_entry *e)
{
	struct walk_late *l = &p->late[p->n_late++];

	*l = (struct walk_late){.epoch = e->epoch, .number = e->number};
	if (buf_copy(&l->bytes, buf_view(&e->bytes)) != 0)
		abort();
}

void walk_leave(struct walk_party *p)
{
	rowan_mls_group_free(p->group);
	p->group = NULL;
	while (p->n_late > 0)
		buf_wipe(&p->late[--p->n_late].bytes);
}

/* After a commit that removed ${p} it can do nothing more. */
static void removed(struct walk *w, struct walk_party *p)
{
	struct rowan_mls_buf none = {0};
	int rc = rowan_mls_send(
		p->group, (struct rowan_mls_bytes){NULL, 0}, NULL, &none);

	(void)walk_want(w, rc == ROWAN_E_MLS_REMOVED,
		"a removed member was not told so", rc);
	rowan_mls_buf_free(&none);
	walk_leave(p);
}

static void read_handshake(
	struct walk *w, struct walk_party *p, const struct walk_entry *e)
{
	struct rowan_mls_received *r = NULL;
	bool gone;
	int rc = rowan_mls_process(p->group, walk_in(buf_view(&e->bytes)), &r);

	if (!walk_want(w, rc == 0,
		    e->kind == ROWAN_MLS_KIND_COMMIT ? "process a commit"
						     : "process a proposal",
		    rc))
		return;
	(void)walk_want(w, rowan_mls_received_kind(r) == e->kind, "kind", 0);
	gone = rowan_mls_received_removed(r);
	rc = rowan_mls_accept(p->group, r);
	(void)walk_want(w, rc == 0, "accept", rc);
	rowan_mls_received_free(r);
	if (gone)
		removed(w, p);
	else if (e->kind == ROWAN_MLS_KIND_COMMIT)
		agree(w, p);
}

static void read_entry(
	struct walk *w, struct walk_party *p, const struct walk_entry *e)
{
	if (e->sender == p->id)
		return;
	if (mls_rng_one_in(&w->rng, 16))
		damage(w, p, buf_view(&e->bytes));
	if (e->kind != ROWAN_MLS_KIND_APPLICATION)
		read_handshake(w, p, e);
	else if (p->n_late < WALK_LATE && mls_rng_one_in(&w->rng, 3))
		hold_back(w, p, e);
	else
		read_data(w, p, buf_view(&e->bytes), e->number);
}

/* Save, forget, and go on with what was loaded. */
static void reload(struct walk *w, struct walk_party *p)
{
	struct rowan_mls_buf one = {0}, two = {0};
	struct rowan_mls_group *again = NULL;
	int rc;

	if ((rc = rowan_mls_group_save(p->group, &one)) == 0 &&
		(rc = rowan_mls_group_save(p->group, &two)) == 0)
		(void)walk_want(w,
			bytes_eq(walk_out(walk_held(&one)),
				walk_out(walk_held(&two))),
			"two saves differ", 0);
	if (rc == 0)
		rc = rowan_mls_group_load(p->client, walk_held(&one), &again);
	if (walk_want(w, rc == 0, "save and load", rc)) {
		rowan_mls_group_free(p->group);
		p->group = again;
	}
	rowan_mls_buf_free(&one);
	rowan_mls_buf_free(&two);
	w->count.reloads++;
}

void walk_sync(struct walk *w, struct walk_party *p)
{
	while (p->group != NULL && p->next < w->n_entries && !w->failed)
		read_entry(w, p, &w->entry[p->next++]);
	if (p->group != NULL && !w->failed) {
		read_late(w, p);
		if (mls_rng_one_in(&w->rng, 8))
			reload(w, p);
	}
}

/* --- Who ---------------------------------------------------------------- */

struct walk_party *walk_member(struct walk *w)
{
	unsigned start = mls_rng_below(&w->rng, WALK_PARTIES);

	for (unsigned i = 0; i < WALK_PARTIES && !w->failed; i++) {
		struct walk_party *p = &w->party[(start + i) % WALK_PARTIES];

		walk_sync(w, p);
		if (p->group != NULL)
			return p;
	}
	(void)walk_want(w, false, "nobody is left", 0);
	return NULL;
}

struct walk_party *walk_stranger(struct walk *w)
{
	unsigned start = mls_rng_below(&w->rng, WALK_PARTIES);

	for (unsigned i = 0; i < WALK_PARTIES; i++) {
		struct walk_party *p = &w->party[(start + i) % WALK_PARTIES];

		if (p->group == NULL && !p->asked)
			return p;
	}
	return NULL;
}

void walk_joined(
	struct walk *w, struct walk_party *p, struct rowan_mls_group *group)
{
	p->group = group;
	p->joined = rowan_mls_group_epoch(group);
	p->next = w->n_entries;
	agree(w, p);
}

void walk_look_on(struct walk *w, struct walk_party *p)
{
	struct rowan_mls_public_options o = {
		.host = {w, host_clock, host_random, host_validate, NULL}};
	struct rowan_mls_group_info_options info = {.tree = true};
	struct rowan_mls_buf gi = {0};
	int rc;

	rowan_mls_public_free(w->beside);
	w->beside = NULL;
	rc = rowan_mls_group_info(p->group, &info, &gi);
	if (walk_want(w, rc == 0, "group info", rc)) {
		rc = rowan_mls_public_new(&o, walk_held(&gi),
			(struct rowan_mls_bytes){NULL, 0}, &w->beside);
		(void)walk_want(w, rc == 0, "public group", rc);
	}
	rowan_mls_buf_free(&gi);
}

/* --- The walk ------------------------------------------------------------ */

static void start(struct walk *w)
{
	struct rowan_mls_group *group = NULL;
	struct rowan_mls_claim claim = {.external = true};
	struct rowan_mls_extension ext = {.type = 5};
	static const uint8_t name[] = "outside";
	int rc;

	for (unsigned i = 0; i < WALK_PARTIES; i++) {
		w->party[i].id = i;
		w->party[i].client = client(w, i);
	}
	w->outside = client(w, WALK_OUTSIDE);
	if (w->failed)
		return;
	claim.credential = (struct rowan_mls_credential){
		ROWAN_MLS_BASIC, {name, sizeof name}};
	claim.signature_key = rowan_mls_signature_key(w->outside);
	rc = rowan_mls_external_senders(&claim, 1, &w->senders);
	(void)walk_want(w, rc == 0, "external senders", rc);
	ext.data = walk_held(&w->senders);
	rc = rowan_mls_group_create(w->party[0].client,
		(struct rowan_mls_bytes){NULL, 0},
		(struct rowan_mls_extensions){&ext, 1}, &group);
	if (!walk_want(w, rc == 0, "create", rc))
		return;
	walk_new_epoch(w, group);
	walk_joined(w, &w->party[0], group);
}

static void finish(struct walk *w)
{
	for (unsigned i = 0; i < WALK_PARTIES; i++) {
		walk_leave(&w->party[i]);
		rowan_mls_free(w->party[i].client);
	}
	rowan_mls_free(w->outside);
	rowan_mls_buf_free(&w->senders);
	rowan_mls_public_free(w->beside);
	for (; w->dropped < w->n_entries; w->dropped++)
		buf_wipe(&w->entry[w->dropped].bytes);
	free(w->entry);
	w->entry = NULL;
}

/* Some read now, some later, nobody much later. */
static void deliver(struct walk *w)
{
	for (unsigned i = 0; i < WALK_PARTIES; i++) {
		struct walk_party *p = &w->party[i];

		if (p->group == NULL)
			continue;
		if (mls_rng_one_in(&w->rng, 3) ||
			w->epoch - rowan_mls_group_epoch(p->group) > 5)
			walk_sync(w, p);
	}
	drop_read(w);
}

void walk_run(uint64_t seed, unsigned epochs, struct walk *ret)
{
	struct walk *w = ret;

	*w = (struct walk){.rng = {.seed = seed}};
	w->entry = calloc(ENTRIES_MAX, sizeof *w->entry);
	if (w->entry == NULL)
		abort();
	start(w);
	while (w->count.epochs < epochs && !w->failed) {
		walk_act(w);
		deliver(w);
		w->count.epochs++;
	}
	for (unsigned i = 0; i < WALK_PARTIES && !w->failed; i++)
		walk_sync(w, &w->party[i]);
	finish(w);
}
