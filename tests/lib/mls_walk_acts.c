/*
 * What happens in one epoch of a walk: messages, proposals, commits that
 * race or are lost, joins. See mls_walk.h.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/mls_walk.h"

#define BY_VALUE_MAX 6

/* Proposals being put together, and the memory they borrow from. */
struct wanted {
	struct rowan_mls_proposal v[BY_VALUE_MAX];
	struct rowan_mls_buf held[BY_VALUE_MAX];
	size_t n;
	struct rowan_mls_extension ext[2];
	uint8_t bytes[8];
};

static void wanted_free(struct wanted *x)
{
	for (size_t i = 0; i < x->n; i++)
		rowan_mls_buf_free(&x->held[i]);
}

static struct rowan_mls_wire wire(struct walk *w)
{
	return (struct rowan_mls_wire){
		.is_public = w->all_public || mls_rng_one_in(&w->rng, 2),
		.aad = {(const uint8_t *)"walk", 4},
	};
}

/* --- Kinds of proposals; false: not possible now -------------------------- */

static bool want_add(struct walk *w, struct wanted *x)
{
	struct walk_party *s = walk_stranger(w);
	int rc;

	if (s == NULL)
		return false;
	rc = rowan_mls_key_package(s->client, NULL, &x->held[x->n], NULL);
	if (!walk_want(w, rc == 0, "key package", rc))
		return false;
	s->asked = true;
	x->v[x->n] = (struct rowan_mls_proposal){.type = ROWAN_MLS_ADD,
		.key_package = walk_held(&x->held[x->n])};
	x->n++;
	w->count.adds++;
	return true;
}

static bool want_remove(struct walk *w, struct walk_party *by, struct wanted *x)
{
	uint32_t n = rowan_mls_group_member_count(by->group);
	uint32_t skip = mls_rng_below(&w->rng, n), leaf = 0;
	struct rowan_mls_member m;

	if (n < 3)
		return false;
	while (rowan_mls_group_next_member(by->group, &leaf, &m) && skip-- > 0)
		leaf++;
	if (m.leaf == rowan_mls_group_leaf(by->group))
		return false;
	x->v[x->n++] = (struct rowan_mls_proposal){
		.type = ROWAN_MLS_REMOVE, .leaf = m.leaf};
	w->count.removes++;
	return true;
}

static bool want_psk(struct walk *w, struct wanted *x)
{
	mls_rng_bytes(&w->rng, x->bytes, sizeof x->bytes);
	x->v[x->n++] = (struct rowan_mls_proposal){.type = ROWAN_MLS_PSK,
		.psk = {.type = ROWAN_MLS_PSK_EXTERNAL,
			.id = {x->bytes, sizeof x->bytes}}};
	w->count.psks++;
	return true;
}

/* An epoch that every member has been in, so only while nobody is added. */
static bool want_resumption(
	struct walk *w, struct walk_party *by, struct wanted *x)
{
	uint64_t from = 0, epoch = rowan_mls_group_epoch(by->group);

	for (unsigned i = 0; i < WALK_PARTIES; i++) {
		if (w->party[i].asked)
			return false;
		if (w->party[i].group != NULL && w->party[i].joined > from)
			from = w->party[i].joined;
	}
	if (epoch - from > 5)
		from = epoch - 5;
	x->v[x->n++] = (struct rowan_mls_proposal){.type = ROWAN_MLS_PSK,
		.psk = {.type = ROWAN_MLS_PSK_RESUMPTION,
			.epoch = from + mls_rng_below(&w->rng,
						(uint32_t)(epoch - from + 1))}};
	w->count.resumptions++;
	return true;
}

static bool want_context(struct walk *w, struct wanted *x)
{
	mls_rng_bytes(&w->rng, x->bytes, sizeof x->bytes);
	x->ext[0] = (struct rowan_mls_extension){5, walk_held(&w->senders)};
	x->ext[1] = (struct rowan_mls_extension){
		0xf001, {x->bytes, sizeof x->bytes}};
	x->v[x->n++] = (struct rowan_mls_proposal){
		.type = ROWAN_MLS_GROUP_CONTEXT_EXTENSIONS,
		.extensions = {x->ext, 2}};
	w->count.contexts++;
	return true;
}

static bool want_custom(struct walk *w, struct wanted *x)
{
	mls_rng_bytes(&w->rng, x->bytes, sizeof x->bytes);
	x->v[x->n++] = (struct rowan_mls_proposal){
		.type = 0xf002, .data = {x->bytes, sizeof x->bytes}};
	w->count.customs++;
	return true;
}

/* --- Acts ------------------------------------------------------------------
 */

static void say_something(struct walk *w)
{
	struct walk_party *p = walk_member(w);
	uint64_t number = ++w->numbers;
	struct rowan_mls_wire how = {.pad_until = 64};
	struct rowan_mls_buf message = {0};
	int rc;

	if (p == NULL)
		return;
	rc = rowan_mls_send(p->group,
		(struct rowan_mls_bytes){
			(const uint8_t *)&number, sizeof number},
		&how, &message);
	if (walk_want(w, rc == 0, "send", rc))
		walk_post(w, ROWAN_MLS_KIND_APPLICATION, p->id,
			rowan_mls_group_epoch(p->group), &message);
	w->count.messages++;
}

/* Section 15.2: nothing is sent while proposals are pending. */
static void try_to_speak(struct walk *w, struct walk_party *p)
{
	struct rowan_mls_buf message = {0};
	int rc;

	if (rowan_mls_pending_count(p->group) == 0)
		return;
	rc = rowan_mls_send(
		p->group, (struct rowan_mls_bytes){NULL, 0}, NULL, &message);
	(void)walk_want(w, rc == ROWAN_E_MLS_PENDING,
		"sent while proposals are pending", rc);
	rowan_mls_buf_free(&message);
}

/* Word for word what is on its way already: the members would refuse it. */
static bool said_before(
	const struct walk *w, uint64_t epoch, const struct rowan_mls_buf *m)
{
	for (size_t i = w->dropped; i < w->n_entries; i++)
		if (w->entry[i].epoch == epoch &&
			bytes_eq(buf_view(&w->entry[i].bytes),
				bytes_of(m->data, m->len)))
			return true;
	return false;
}

static void propose_from_outside(
	struct walk *w, struct walk_party *at, struct wanted *x)
{
	struct rowan_mls_outside o = {.group_id = rowan_mls_group_id(at->group),
		.epoch = rowan_mls_group_epoch(at->group)};
	struct rowan_mls_buf message = {0};
	bool ok;
	int rc;

	switch (mls_rng_below(&w->rng, 4)) {
	case 0: ok = want_add(w, x); break;
	case 1: ok = want_remove(w, at, x); break;
	case 2: ok = want_psk(w, x); break;
	default: ok = want_context(w, x); break;
	}
	if (!ok)
		return;
	rc = rowan_mls_external_propose(w->outside, &o, &x->v[0], &message);
	if (walk_want(w, rc == 0, "external proposal", rc)) {
		if (said_before(w, o.epoch, &message))
			rowan_mls_buf_free(&message);
		else
			walk_post(w, ROWAN_MLS_KIND_PROPOSAL, WALK_OUTSIDE,
				o.epoch, &message);
	}
	w->count.outside++;
}

/* A stranger asks to be let in. */
static void ask(struct walk *w, struct walk_party *at)
{
	struct walk_party *s = walk_stranger(w);
	struct rowan_mls_outside o = {.group_id = rowan_mls_group_id(at->group),
		.epoch = rowan_mls_group_epoch(at->group)};
	struct rowan_mls_buf package = {0}, message = {0};
	int rc;

	if (s == NULL)
		return;
	if ((rc = rowan_mls_key_package(s->client, NULL, &package, NULL)) == 0)
		rc = rowan_mls_external_add(
			s->client, &o, walk_held(&package), &message);
	if (walk_want(w, rc == 0, "external add", rc))
		walk_post(w, ROWAN_MLS_KIND_PROPOSAL, WALK_OUTSIDE, o.epoch,
			&message);
	s->asked = true;
	w->count.asked++;
	rowan_mls_buf_free(&package);
}

static void propose_as(struct walk *w, struct walk_party *p, struct wanted *x)
{
	struct rowan_mls_wire how = wire(w);
	struct rowan_mls_buf message = {0};
	bool ok = true;
	int rc;

	switch (mls_rng_below(&w->rng, 7)) {
	case 0:
	case 1: ok = want_add(w, x); break;
	case 2: ok = want_remove(w, p, x); break;
	case 3:
		x->v[x->n++].type = ROWAN_MLS_UPDATE;
		w->count.updates++;
		break;
	case 4: ok = want_psk(w, x); break;
	case 5: ok = want_context(w, x); break;
	default: ok = want_custom(w, x); break;
	}
	if (!ok)
		return;
	rc = rowan_mls_propose(p->group, &x->v[0], &how, &message, NULL);
	if (walk_want(w, rc == 0, "propose", rc))
		walk_post(w, ROWAN_MLS_KIND_PROPOSAL, p->id,
			rowan_mls_group_epoch(p->group), &message);
	w->count.proposals++;
}

static void propose(struct walk *w)
{
	struct walk_party *p = walk_member(w);
	struct wanted x = {0};

	if (p == NULL)
		return;
	if (mls_rng_one_in(&w->rng, 6))
		propose_from_outside(w, p, &x);
	else if (mls_rng_one_in(&w->rng, 8))
		ask(w, p);
	else
		propose_as(w, p, &x);
	try_to_speak(w, p);
	wanted_free(&x);
}

/* --- Commits -----------------------------------------------------------------
 */

static struct walk_party *party_of(
	struct walk *w, const struct rowan_mls_member *m)
{
	unsigned id = m->credential.content.data[3];

	return id < WALK_PARTIES ? &w->party[id] : NULL;
}

/* Everybody the Welcome is for joins. */
static void welcome(struct walk *w, struct walk_party *by,
	const struct rowan_mls_committed *c, bool tree)
{
	struct rowan_mls_buf outside = {0};
	struct rowan_mls_join_options o = {0};
	struct rowan_mls_group *group = NULL;
	struct rowan_mls_member m;
	uint32_t leaf;
	int rc = tree ? 0 : rowan_mls_group_tree(by->group, &outside);

	(void)walk_want(w, rc == 0, "tree", rc);
	o.tree = walk_held(&outside);
	for (leaf = 0;
		rowan_mls_group_next_member(by->group, &leaf, &m) && !w->failed;
		leaf++) {
		struct walk_party *p = party_of(w, &m);

		if (p == NULL || p->group != NULL)
			continue;
		rc = rowan_mls_join(
			p->client, walk_held(&c->welcome), &o, &group);
		if (walk_want(w, rc == 0, "join", rc))
			walk_joined(w, p, group);
	}
	rowan_mls_buf_free(&outside);
}

static void choose(struct walk *w, struct walk_party *p, struct wanted *x)
{
	if (mls_rng_one_in(&w->rng, 3))
		(void)want_add(w, x);
	if (mls_rng_one_in(&w->rng, 6))
		(void)want_add(w, x);
	if (mls_rng_one_in(&w->rng, 4))
		(void)want_remove(w, p, x);
	if (x->n == 0 && mls_rng_one_in(&w->rng, 4))
		(void)want_resumption(w, p, x);
	else if (mls_rng_one_in(&w->rng, 8))
		(void)want_psk(w, x);
	else if (mls_rng_one_in(&w->rng, 8))
		(void)want_context(w, x);
	else if (mls_rng_one_in(&w->rng, 8))
		(void)want_custom(w, x);
}

/* ${p} makes a commit of what is pending and of its own choice. */
static bool stage(struct walk *w, struct walk_party *p,
	struct rowan_mls_committed *ret, bool *ret_tree)
{
	struct wanted x = {0};
	struct rowan_mls_commit_options o = {.wire = wire(w)};
	int rc;

	choose(w, p, &x);
	o.proposals = x.v;
	o.n = x.n;
	o.tree = *ret_tree = mls_rng_one_in(&w->rng, 2);
	o.no_path = mls_rng_one_in(&w->rng, 3);
	rc = rowan_mls_commit(p->group, &o, ret);
	wanted_free(&x);
	return walk_want(w, rc == 0, "commit", rc);
}

static void take(struct walk *w, struct walk_party *p,
	struct rowan_mls_committed *c, bool tree)
{
	uint64_t epoch = rowan_mls_group_epoch(p->group);
	int rc = rowan_mls_merge_commit(p->group);

	if (!walk_want(w, rc == 0, "merge", rc))
		return;
	walk_post(w, ROWAN_MLS_KIND_COMMIT, p->id, epoch, &c->commit);
	walk_new_epoch(w, p->group);
	welcome(w, p, c, tree);
}

static void commit(struct walk *w)
{
	struct rowan_mls_committed one = {0}, two = {0};
	struct walk_party *p = walk_member(w), *rival;
	bool tree, rival_tree;

	if (p == NULL || !stage(w, p, &one, &tree))
		return;
	if (mls_rng_one_in(&w->rng, 6)) {
		/* The delivery service never hears of it. */
		rowan_mls_discard_commit(p->group);
		w->count.lost++;
		rowan_mls_committed_free(&one);
		commit(w);
		return;
	}
	rival = mls_rng_one_in(&w->rng, 3) ? walk_member(w) : p;
	if (rival != NULL && rival != p && stage(w, rival, &two, &rival_tree)) {
		w->count.races++;
		if (mls_rng_one_in(&w->rng, 2)) {
			rowan_mls_discard_commit(p->group);
			take(w, rival, &two, rival_tree);
		} else {
			/* The loser learns of it when it reads the winner. */
			if (mls_rng_one_in(&w->rng, 2))
				rowan_mls_discard_commit(rival->group);
			take(w, p, &one, tree);
		}
	} else if (!w->failed) {
		take(w, p, &one, tree);
	}
	rowan_mls_committed_free(&one);
	rowan_mls_committed_free(&two);
}

void walk_act(struct walk *w)
{
	unsigned n;

	if (mls_rng_one_in(&w->rng, 12)) {
		struct walk_party *p = walk_member(w);

		w->all_public = mls_rng_one_in(&w->rng, 2);
		if (p != NULL && w->all_public)
			walk_look_on(w, p);
	}
	for (n = mls_rng_below(&w->rng, 4); n > 0 && !w->failed; n--)
		say_something(w);
	if (!w->failed && mls_rng_one_in(&w->rng, 30))
		walk_branch(w);
	if (!w->failed && mls_rng_one_in(&w->rng, 40) && walk_reinit(w))
		return;
	if (!w->failed && mls_rng_one_in(&w->rng, 10) && walk_external_join(w))
		return;
	if (!w->failed && mls_rng_one_in(&w->rng, 14) && walk_resync(w))
		return;
	for (n = mls_rng_below(&w->rng, 5); n > 0 && !w->failed; n--)
		propose(w);
	if (!w->failed)
		commit(w);
}
