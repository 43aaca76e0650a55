/*
 * The rarer acts of a walk: external commits, successors and parts of a
 * group. See mls_walk.h.
 */
#include <string.h>

#include "lib/mls_walk.h"

/* ${s} joins with the help of ${at}'s GroupInfo. */
static void join_from_outside(struct walk *w, struct walk_party *s,
	struct walk_party *at, bool resync)
{
	uint8_t id[4];
	struct rowan_mls_psk_id psk = {
		.type = ROWAN_MLS_PSK_EXTERNAL, .id = {id, sizeof id}};
	struct rowan_mls_group_info_options info = {
		.external_pub = true, .tree = mls_rng_one_in(&w->rng, 2)};
	struct rowan_mls_external_join_options o = {.resync = resync,
		.psks = &psk,
		.psks_n = mls_rng_below(&w->rng, 2)};
	struct rowan_mls_buf gi = {0}, tree = {0}, commit = {0};
	struct rowan_mls_group *group = NULL;
	uint64_t epoch = rowan_mls_group_epoch(at->group);
	int rc;

	mls_rng_bytes(&w->rng, id, sizeof id);
	rc = rowan_mls_group_info(at->group, &info, &gi);
	if (rc == 0 && !info.tree)
		rc = rowan_mls_group_tree(at->group, &tree);
	o.tree = walk_held(&tree);
	if (rc == 0)
		rc = rowan_mls_external_join(
			s->client, walk_held(&gi), &o, &group, &commit);
	if (walk_want(w, rc == 0, resync ? "resync" : "external join", rc)) {
		walk_post(w, ROWAN_MLS_KIND_COMMIT, s->id, epoch, &commit);
		walk_new_epoch(w, group);
		walk_joined(w, s, group);
	}
	rowan_mls_buf_free(&gi);
	rowan_mls_buf_free(&tree);
	rowan_mls_buf_free(&commit);
}

bool walk_external_join(struct walk *w)
{
	struct walk_party *s = walk_stranger(w), *at = walk_member(w);

	if (s == NULL || at == NULL)
		return false;
	join_from_outside(w, s, at, false);
	w->count.external++;
	return true;
}

bool walk_resync(struct walk *w)
{
	struct walk_party *p = walk_member(w), *at = walk_member(w);

	if (p == NULL || at == NULL || p == at)
		return false;
	walk_leave(p);
	join_from_outside(w, p, at, true);
	w->count.resyncs++;
	return true;
}

/* --- Successors and parts ----------------------------------------------------
 */

/* Key packages of those who go along. */
struct company {
	struct walk_party *party[WALK_PARTIES];
	struct rowan_mls_buf held[WALK_PARTIES];
	struct rowan_mls_bytes package[WALK_PARTIES];
	struct rowan_mls_group *group[WALK_PARTIES];
	size_t n;
};

static void company_add(struct walk *w, struct company *c, struct walk_party *p)
{
	int rc = rowan_mls_key_package(p->client, NULL, &c->held[c->n], NULL);

	(void)walk_want(w, rc == 0, "key package", rc);
	c->package[c->n] = walk_held(&c->held[c->n]);
	c->party[c->n++] = p;
}

static void company_free(struct company *c)
{
	for (size_t i = 0; i < c->n; i++) {
		rowan_mls_buf_free(&c->held[i]);
		rowan_mls_group_free(c->group[i]);
	}
}

/* ${by} makes the group, the company joins it; all must agree. */
static void resume(struct walk *w, struct walk_party *by, struct company *c,
	struct rowan_mls_resume_options *o, struct rowan_mls_group **ret)
{
	struct rowan_mls_buf welcome = {0};
	struct rowan_mls_join_options join = {0};
	int rc;

	*ret = NULL;
	o->key_packages = c->package;
	o->n = c->n;
	o->tree = true;
	rc = rowan_mls_resume(by->group, o, ret, &welcome);
	(void)walk_want(w, rc == 0, "resume", rc);
	for (size_t i = 0; i < c->n && !w->failed; i++) {
		join.resuming = c->party[i]->group;
		rc = rowan_mls_join(c->party[i]->client, walk_held(&welcome),
			&join, &c->group[i]);
		(void)walk_want(w, rc == 0, "join a resumed group", rc);
		if (rc == 0)
			(void)walk_want(w,
				bytes_eq(
					walk_out(
						rowan_mls_group_epoch_authenticator(
							c->group[i])),
					walk_out(
						rowan_mls_group_epoch_authenticator(
							*ret))),
				"resumed group: authenticators differ", 0);
	}
	rowan_mls_buf_free(&welcome);
}

void walk_branch(struct walk *w)
{
	uint8_t id[8];
	struct rowan_mls_resume_options o = {
		.kind = ROWAN_MLS_RESUME_BRANCH, .group_id = {id, sizeof id}};
	struct walk_party *by = walk_member(w);
	struct rowan_mls_group *group = NULL;
	struct company c = {0};

	if (by == NULL)
		return;
	mls_rng_bytes(&w->rng, id, sizeof id);
	for (unsigned i = 0; i < WALK_PARTIES && c.n < 3; i++) {
		struct walk_party *p = &w->party[i];

		if (p == by || p->group == NULL)
			continue;
		walk_sync(w, p);
		if (p->group != NULL)
			company_add(w, &c, p);
	}
	if (c.n > 0 && !w->failed) {
		resume(w, by, &c, &o, &group);
		w->count.branches++;
	}
	rowan_mls_group_free(group);
	company_free(&c);
}

/* Close the group: everybody reads the ReInit. */
static bool close_group(struct walk *w, struct walk_party *by)
{
	uint8_t id[8];
	struct rowan_mls_extension ext = {5, walk_held(&w->senders)};
	struct rowan_mls_proposal p = {.type = ROWAN_MLS_REINIT,
		.group_id = {id, sizeof id},
		.extensions = {&ext, 1}};
	struct rowan_mls_commit_options o = {
		.proposals = &p, .n = 1, .ignore_pending = true};
	struct rowan_mls_committed c = {0};
	uint64_t epoch = rowan_mls_group_epoch(by->group);
	struct rowan_mls_buf none = {0};
	int rc;

	mls_rng_bytes(&w->rng, id, sizeof id);
	o.wire.is_public = w->all_public;
	rc = rowan_mls_commit(by->group, &o, &c);
	if (rc == 0)
		rc = rowan_mls_merge_commit(by->group);
	if (walk_want(w, rc == 0, "commit a ReInit", rc)) {
		walk_post(w, ROWAN_MLS_KIND_COMMIT, by->id, epoch, &c.commit);
		walk_new_epoch(w, by->group);
		for (unsigned i = 0; i < WALK_PARTIES; i++)
			walk_sync(w, &w->party[i]);
		rc = rowan_mls_send(by->group,
			(struct rowan_mls_bytes){NULL, 0}, NULL, &none);
		(void)walk_want(w, rc == ROWAN_E_MLS_REINIT,
			"sent in a closed group", rc);
		rowan_mls_buf_free(&none);
	}
	rowan_mls_committed_free(&c);
	return !w->failed;
}

bool walk_reinit(struct walk *w)
{
	struct rowan_mls_resume_options o = {.kind = ROWAN_MLS_RESUME_REINIT};
	struct walk_party *by = walk_member(w);
	struct rowan_mls_group *group = NULL;
	struct company c = {0};

	for (unsigned i = 0; i < WALK_PARTIES && !w->failed; i++)
		walk_sync(w, &w->party[i]);
	if (by == NULL || w->failed || by->group == NULL ||
		rowan_mls_group_member_count(by->group) < 2)
		return false;
	if (!close_group(w, by))
		return false;
	for (unsigned i = 0; i < WALK_PARTIES; i++)
		if (&w->party[i] != by && w->party[i].group != NULL)
			company_add(w, &c, &w->party[i]);
	resume(w, by, &c, &o, &group);
	if (!w->failed) {
		w->generation++;
		w->count.reinits++;
		rowan_mls_public_free(w->beside);
		w->beside = NULL;
		w->all_public = false;
		walk_new_epoch(w, group);
		walk_leave(by);
		walk_joined(w, by, group);
		group = NULL;
		for (size_t i = 0; i < c.n; i++) {
			walk_leave(c.party[i]);
			walk_joined(w, c.party[i], c.group[i]);
			c.group[i] = NULL;
		}
	}
	rowan_mls_group_free(group);
	company_free(&c);
	return true;
}
