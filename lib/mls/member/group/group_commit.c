/*
 * Making a commit (RFC 9420 section 12.4.1). See group.h.
 *
 * Everything is made beside the group; only at the end, when nothing can fail
 * any more, a message key is used up and the result is staged.
 */
#include <stdlib.h>

#include "mls/member/group/group.h"
#include "mls/member/treekem/treekem_path.h"
#include "mls/public/group/proposal_rules.h"

/*
 * How many proposals are judged, each time over, while those are found that
 * go together: whoever fills the cache with what does not must not keep a
 * committer busy for long. The rest is left for the next epoch.
 */
#define JUDGED_MAX (32 * (size_t)MLS_CACHE_MAX)

/* A commit on its way. */
struct committing {
	struct rowan_mls_group *g;
	const struct commit_making *in;
	struct leaf_policy policy;
	struct epoch_view view;
	struct buf *raw;	/* proposals by value */
	struct proposal *value; /* the same, decoded */
	size_t values;
	size_t judged; /* proposals, in all lists that were tried */
	struct proposal_list list;
	struct commit_stage *stage;
	struct treekem keys;
	struct treekem_made made;
	struct psk_id *psk_ids;
	struct psk *psks;
	size_t psks_n;
	struct epoch_start start;
	struct secret joiner;
	struct rowan_mls_group *next;
	struct authenticated_content *ac;
	struct buf commit, welcome, info;
};

static void committing_wipe(struct committing *c)
{
	for (size_t i = 0; i < c->values; i++) {
		if (c->value != NULL)
			proposal_wipe(&c->value[i]);
		if (c->raw != NULL)
			buf_wipe(&c->raw[i]);
	}
	free(c->value);
	free(c->raw);
	proposal_list_free(&c->list);
	commit_stage_free(c->stage);
	treekem_wipe(&c->keys);
	treekem_made_wipe(&c->made);
	psk_list_free(c->psks, c->psks_n);
	free(c->psk_ids);
	epoch_start_wipe(&c->start);
	secret_wipe(&c->joiner);
	rowan_mls_group_free(c->next);
	authenticated_content_unref(c->ac);
	buf_wipe(&c->commit);
	buf_wipe(&c->welcome);
	buf_wipe(&c->info);
}

static struct sender self(const struct committing *c)
{
	return (struct sender){SENDER_MEMBER, c->g->leaf};
}

/* Encode and decode what the options ask for: one definition of validity. */
static int take_values(struct committing *c)
{
	const struct rowan_mls_commit_options *o = c->in->options;
	size_t asked = o != NULL ? o->n : 0;
	size_t n = asked + c->in->extra_n;
	int rc = 0;

	if (n > MLS_PROPOSALS_MAX)
		return ROWAN_E_LIMIT;
	if (n == 0)
		return 0;
	c->raw = calloc(n, sizeof *c->raw);
	c->value = calloc(n, sizeof *c->value);
	c->values = n;
	if (c->raw == NULL || c->value == NULL)
		return ROWAN_E_NOMEM;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = i < asked ? group_encode_proposal(
					 c->g, &o->proposals[i], &c->raw[i])
			       : buf_copy(&c->raw[i], c->in->extra[i - asked]);
		if (rc == 0)
			rc = proposal_decode(
				buf_view(&c->raw[i]), &c->value[i]);
	}
	return rc;
}

static int add_values(struct committing *c, struct proposal_list *list)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < c->values; i++)
		rc = proposal_list_add(
			list, &(struct proposal_item){.proposal = &c->value[i],
				      .sender = self(c)});
	return rc;
}

static int add_pending(
	struct proposal_list *list, const struct cached_proposal *p)
{
	return proposal_list_add(
		list, &(struct proposal_item){
			      .proposal = &p->content->content.proposal,
			      .sender = p->content->content.sender,
			      .by_reference = true,
			      .content = p->content});
}

/* The pending proposals in ${keep}, by arrival, then those by value. */
static int build(
	struct committing *c, const bool *keep, struct proposal_list *list)
{
	size_t i = 0;
	int rc = 0;

	for (const struct cached_proposal *p = c->g->cache.first;
		rc == 0 && p != NULL; p = p->next, i++)
		if (keep[i])
			rc = add_pending(list, p);
	if (rc == 0)
		rc = add_values(c, list);
	if (rc != 0)
		proposal_list_free(list);
	return rc;
}

static bool same_psk(const struct psk_id *a, const struct psk_id *b)
{
	return a->type == b->type && bytes_eq(a->id, b->id) &&
	       (a->type != PSK_RESUMPTION ||
		       (a->usage == b->usage && a->psk_epoch == b->psk_epoch));
}

/*
 * 12.2 refuses the same PreSharedKeyID twice, and its nonce is part of that.
 * One PSK under two nonces would pass; it adds nothing, so it is not made.
 */
static int check_psks(const struct proposal_list *list)
{
	size_t i = 0, k;

	while ((i = proposal_list_next(list, PROPOSAL_PSK, i)) < list->n) {
		const struct psk_id *id = &list->v[i++].proposal->psk;

		for (k = proposal_list_next(list, PROPOSAL_PSK, i); k < list->n;
			k = proposal_list_next(list, PROPOSAL_PSK, k + 1))
			if (same_psk(id, &list->v[k].proposal->psk))
				return ROWAN_E_MLS_PROPOSAL_LIST;
	}
	return 0;
}

/* Begin a stage with this choice; one that fails leaves the last good one. */
static int judge(struct committing *c, const bool *keep)
{
	struct proposal_list list = {0};
	struct commit_stage *stage;
	int rc = build(c, keep, &list);

	c->judged += list.n;
	if (rc == 0 && (rc = check_psks(&list)) != 0)
		proposal_list_free(&list);
	if (rc == 0)
		rc = commit_stage_begin(&c->view, self(c), &list, &stage);
	if (rc != 0)
		return rc;
	commit_stage_free(c->stage);
	c->stage = stage;
	return 0;
}

/* A PSK somebody else has proposed and we do not know cannot be committed. */
static bool known_psk(const struct committing *c, const struct psk_id *id)
{
	struct psk *psk;
	int rc = group_psks(c->g->client, c->g, id, 1, &psk);

	if (rc == 0)
		psk_list_free(psk, 1);
	/* Out of memory is not unknown: that shows again, and is told. */
	return rc == 0 || rc == ROWAN_E_NOMEM;
}

/*
 * In which turn a pending proposal is asked. 12.2: of those for one leaf
 * "prefer any Remove received, or the most recent Update", and all others
 * "over the ReInit proposal".
 */
enum turn { TURN_REMOVE, TURN_UPDATE, TURN_OTHER, TURN_REINIT, TURN_NEVER };

static enum turn turn_of(
	const struct committing *c, const struct cached_proposal *p)
{
	const struct framed_content *f = &p->content->content;

	switch (f->proposal.type) {
	case PROPOSAL_REMOVE:
		return f->proposal.removed == c->g->leaf ? TURN_NEVER
							 : TURN_REMOVE;
	case PROPOSAL_UPDATE:
		/* 12.2: no "Update proposal generated by the committer" */
		return f->sender.type == SENDER_MEMBER &&
				       f->sender.index == c->g->leaf
			       ? TURN_NEVER
			       : TURN_UPDATE;
	case PROPOSAL_REINIT: return TURN_REINIT;
	case PROPOSAL_PSK:
		return known_psk(c, &f->proposal.psk) ? TURN_OTHER : TURN_NEVER;
	default: return TURN_OTHER;
	}
}

/* The pending proposals that may go in, by turn; updates latest first. */
static size_t queue(const struct committing *c, size_t *ret)
{
	const struct cached_proposal *p;
	size_t n = 0;

	for (int turn = TURN_REMOVE; turn <= TURN_REINIT; turn++) {
		size_t first = n;
		size_t i = 0;

		if (turn == TURN_REINIT && (n > 0 || c->values > 0))
			break;
		for (p = c->g->cache.first; p != NULL; p = p->next, i++)
			if (turn_of(c, p) == (enum turn)turn)
				ret[n++] = i;
		for (size_t last = n; turn == TURN_UPDATE && first + 1 < last;
			first++) {
			size_t other = ret[--last];

			ret[last] = ret[first];
			ret[first] = other;
		}
	}
	return n;
}

/*
 * Keep of ${n} proposals those that go with what is kept already: all of
 * them, or what is left of either half, until that has taken long enough.
 * Only memory can run out.
 */
static int choose_among(
	struct committing *c, bool *keep, const size_t *v, size_t n)
{
	int rc;

	if (n == 0 || c->judged > JUDGED_MAX)
		return 0;
	for (size_t i = 0; i < n; i++)
		keep[v[i]] = true;
	rc = judge(c, keep);
	if (rc == 0 || rc == ROWAN_E_NOMEM)
		return rc;
	for (size_t i = 0; i < n; i++)
		keep[v[i]] = false;
	if (n == 1)
		return 0;
	rc = choose_among(c, keep, v, n / 2);
	if (rc == 0)
		rc = choose_among(c, keep, v + n / 2, n - n / 2);
	return rc;
}

/* Begin the stage with the values and what goes with them. */
static int choose_pending(struct committing *c, size_t pending)
{
	bool *keep = calloc(pending + 1, sizeof *keep);
	size_t *order = calloc(pending + 1, sizeof *order);
	int rc = ROWAN_E_NOMEM;

	if (keep != NULL && order != NULL)
		rc = choose_among(c, keep, order, queue(c, order));
	/* Nothing goes in: then the values have to do alone. */
	if (rc == 0 && c->stage == NULL)
		rc = judge(c, keep);
	free(keep);
	free(order);
	return rc;
}

static int choose(struct committing *c)
{
	const struct rowan_mls_commit_options *o = c->in->options;
	size_t n = c->g->cache.n;
	int rc = take_values(c);

	if (rc != 0)
		return rc;
	if (n > 0 && (o == NULL || !o->ignore_pending))
		return choose_pending(c, n);
	if ((rc = add_values(c, &c->list)) != 0 ||
		(rc = check_psks(&c->list)) != 0)
		return rc;
	return commit_stage_begin(&c->view, self(c), &c->list, &c->stage);
}

static int make_path(struct committing *c)
{
	const struct rowan_mls_commit_options *o = c->in->options;
	const struct leaf_set added = {c->stage->added.v, c->stage->added.len};
	struct client_capabilities caps;
	struct leaf_node_params params;
	struct treekem_making making = {.host = &c->g->client->host,
		.leaf = c->g->leaf,
		.added = &added,
		.params = &params,
		.signature_priv = client_sk(c->g->client)};
	int rc;

	if (!c->stage->path_required && o != NULL && o->no_path)
		return 0;
	client_capabilities(c->g->client, &caps);
	client_leaf_params(c->g->client, &caps, &params);
	params.extensions = tree_leaf(c->g->tree, c->g->leaf)->extensions;
	rc = commit_stage_provisional(c->stage);
	if (rc != 0)
		return rc;
	making.context = c->stage->provisional;
	return treekem_make(&making, c->stage->tree, &c->keys, &c->made);
}

static int sign(struct committing *c, struct buf *ret)
{
	const struct rowan_mls_commit_options *o = c->in->options;
	struct hash_value ref;
	struct writer w;
	size_t mark;
	int rc;

	writer_init(&w, MLS_MESSAGE_MAX);
	mark = writer_open(&w);
	for (size_t i = 0; i < c->stage->list.n; i++) {
		const struct proposal_item *item = &c->stage->list.v[i];

		if (item->by_reference) {
			transcript_proposal_ref(
				c->g->suite, item->content, &ref);
			commit_write_reference(&w, hash_view(&ref));
		} else {
			commit_write_proposal(&w, item->proposal->raw);
		}
	}
	writer_close(&w, mark);
	commit_write_path(&w, buf_view(&c->made.path));
	rc = writer_status(&w);
	if (rc == 0)
		rc = group_sign(c->g, o != NULL ? &o->wire : NULL,
			CONTENT_COMMIT, writer_view(&w), ret);
	writer_wipe(&w);
	return rc;
}

static int next_epoch(struct committing *c)
{
	struct epoch_input in = {&c->g->secrets.init, &c->made.commit_secret,
		c->psks, c->psks_n};
	int rc = group_next(c->g, c->stage, &c->keys, &c->next);

	if (rc == 0)
		rc = group_epoch_start(c->next, &in, &c->start, &c->joiner);
	if (rc != 0)
		return rc;
	group_tag(c->next, &c->next->confirmation_tag);
	rc = commit_stage_interim(
		c->stage, hash_view(&c->next->confirmation_tag));
	c->next->interim = c->stage->interim;
	return rc;
}

static int frame(struct committing *c)
{
	struct buf signed_raw = {0};
	struct bytes tag;
	int rc = commit_stage_provisional(c->stage);

	if (rc == 0)
		rc = sign(c, &signed_raw);
	if (rc == 0)
		rc = commit_stage_confirm(c->stage, hash_view(&c->g->interim),
			buf_view(&signed_raw));
	if (rc == 0)
		rc = group_stage_psks(c->stage, &c->psk_ids, &c->psks_n);
	if (rc == 0)
		rc = group_psks(c->g->client,
			c->in->psks_of != NULL ? c->in->psks_of : c->g,
			c->psk_ids, c->psks_n, &c->psks);
	if (rc == 0)
		rc = next_epoch(c);
	if (rc == 0) {
		tag = hash_view(&c->next->confirmation_tag);
		rc = framing_finish(buf_view(&signed_raw), &tag, &c->ac);
	}
	buf_wipe(&signed_raw);
	return rc;
}

static int tell(struct committing *c)
{
	const struct rowan_mls_commit_options *o = c->in->options;
	const struct welcome_making making = {.next = c->next,
		.stage = c->stage,
		.made = &c->made,
		.start = &c->start,
		.joiner = &c->joiner,
		.psks = c->psk_ids,
		.psks_n = c->psks_n,
		.tree = o != NULL && o->tree};
	struct buf info;
	int rc = group_welcome(&making, &c->welcome);

	if (rc != 0 || o == NULL || !o->group_info)
		return rc;
	rc = group_info_make(c->next, o->tree, o->external_pub, &info);
	if (rc == 0)
		rc = mls_message_wrap(
			WIRE_FORMAT_GROUP_INFO, buf_view(&info), &c->info);
	buf_wipe(&info);
	return rc;
}

static int commit(struct committing *c)
{
	const struct rowan_mls_commit_options *o = c->in->options;
	int rc;

	group_view(c->g, &c->policy, &c->view);
	c->view.allow_reinit_psk = c->in->reinit;
	c->view.allow_branch_psk = c->in->branch;
	c->keys = *c->g->keys;
	if ((rc = choose(c)) != 0)
		return rc;
	treekem_forget(&c->keys, c->stage->tree);
	if ((rc = make_path(c)) != 0 || (rc = frame(c)) != 0 ||
		(rc = tell(c)) != 0)
		return rc;
	/* Last: it uses up a key. */
	return group_seal(c->g, o != NULL ? &o->wire : NULL, c->ac, &c->commit);
}

int group_commit(struct rowan_mls_group *g, const struct commit_making *making,
	struct rowan_mls_committed *ret)
{
	struct committing c = {.g = g, .in = making};
	int rc = group_usable(g);

	*ret = (struct rowan_mls_committed){{NULL, 0}, {NULL, 0}, {NULL, 0}};
	if (rc != 0)
		return rc;
	if (g->staged != NULL)
		return ROWAN_E_STATE;
	rc = commit(&c);
	if (rc == 0) {
		const struct bytes sent = buf_view(&c.commit);

		suite_hash(g->suite, &sent, 1, &g->staged_message);
		g->staged = c.next;
		c.next = NULL;
		ret->commit = client_give(c.commit);
		ret->welcome = client_give(c.welcome);
		ret->group_info = client_give(c.info);
		c.commit = c.welcome = c.info = (struct buf){0};
	}
	committing_wipe(&c);
	return rc;
}

int rowan_mls_commit(struct rowan_mls_group *group,
	const struct rowan_mls_commit_options *options,
	struct rowan_mls_committed *ret)
{
	const struct commit_making making = {.options = options};

	return group_commit(group, &making, ret);
}

void rowan_mls_committed_free(struct rowan_mls_committed *committed)
{
	if (committed == NULL)
		return;
	rowan_mls_buf_free(&committed->commit);
	rowan_mls_buf_free(&committed->welcome);
	rowan_mls_buf_free(&committed->group_info);
}
