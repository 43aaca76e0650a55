/*
 * Our own commits: key packages are claimed and checked, the commit is
 * staged, kept and sent. It is taken in when it comes back (channel_open.c).
 * See channel_inner.h.
 */
#include <stdlib.h>

#include "session/channel/channel_inner.h"
#include "wire/op.h"

#define BODY_MAX       512
#define HOLD_FIRST_MS  500
#define HOLD_TIMES_MAX 11
#define REF_NAME       (1 + WIRE_HASH_LEN)
#define FAILED_MAX     6

/* ---- holds ---- */

bool channel_held(const struct channel *c, const struct id16 *device)
{
	for (size_t i = 0; i < c->hold_count; i++)
		if (id16_eq(&c->hold[i].device, device))
			return c->hold[i].until_ms > c->x->now_ms;
	return c->hold_ms > c->x->now_ms;
}

static struct channel_hold *hold_of(
	struct channel *c, const struct id16 *device)
{
	size_t i = 0;

	while (i < c->hold_count && !id16_eq(&c->hold[i].device, device))
		i++;
	if (i == c->hold_count && i == c->hold_cap) {
		size_t cap = c->hold_cap == 0 ? 8 : 2 * c->hold_cap;
		struct channel_hold *p = realloc(c->hold, cap * sizeof *p);

		if (p == NULL)
			return NULL;
		c->hold = p;
		c->hold_cap = cap;
	}
	if (i == c->hold_count)
		c->hold[c->hold_count++] =
			(struct channel_hold){.device = *device};
	return &c->hold[i];
}

/* Longer each time, up to ${ms}. */
static void put_on_hold(
	struct channel *c, const struct id16 *device, uint64_t ms)
{
	struct channel_hold *h = hold_of(c, device);
	uint64_t first = HOLD_FIRST_MS;

	if (h == NULL) {
		c->hold_ms = c->x->now_ms + ms;
		return;
	}
	first <<= h->times;
	if (h->times < HOLD_TIMES_MAX)
		h->times++;
	h->until_ms = c->x->now_ms + (first < ms ? first : ms);
}

/* It is in: whatever it takes to add it works. */
static void unhold(struct channel *c, const struct id16 *device)
{
	for (size_t i = 0; i < c->hold_count; i++)
		if (id16_eq(&c->hold[i].device, device))
			c->hold[i--] = c->hold[--c->hold_count];
}

static void claimed_drop(struct channel *c, size_t i)
{
	buf_wipe(&c->claimed[i].package);
	c->claimed[i] = c->claimed[--c->claimed_count];
	memset(&c->claimed[c->claimed_count], 0, sizeof *c->claimed);
}

void channel_claims_drop(struct channel *c)
{
	while (c->claimed_count > 0)
		claimed_drop(c, c->claimed_count - 1);
}

/* Who is in it now needs no package any more. */
void channel_claims_done(struct channel *c)
{
	for (size_t i = c->claimed_count; i-- > 0;)
		if (channel_seen(c, &c->claimed[i].device) != NULL) {
			unhold(c, &c->claimed[i].device);
			claimed_drop(c, i);
		}
}

/* ---- claims ---- */

static struct bytes ref_name(const struct wire_hash *ref, uint8_t mem[REF_NAME])
{
	mem[0] = 'u';
	memcpy(mem + 1, ref->b, WIRE_HASH_LEN);
	return bytes_of(mem, REF_NAME);
}

/* Is it what was asked for? ROWAN_E_AGAIN: its card is being fetched. */
static int check_package(struct channel *c, const struct id16 *device,
	const struct wire_key_claimed *got, struct wire_hash *ret_ref)
{
	struct rowan_mls_buf ref = {NULL, 0};
	struct channels *x = c->x;
	uint8_t mem[REF_NAME];
	int rc = channel_client(x);

	x->unsure = false;
	memset(&x->judged, 0, sizeof x->judged);
	if (rc == 0)
		rc = rowan_mls_key_package_check(
			x->client, channel_mls(got->data), &ref);
	if ((rc == 0 || rc == ROWAN_E_MLS_CREDENTIAL) &&
		!id16_eq(&x->judged, device))
		rc = ROWAN_E_MLS_KEY_PACKAGE;
	else if (rc == 0 && ref.len != sizeof ret_ref->b)
		rc = ROWAN_E_MLS_KEY_PACKAGE;
	else if (rc == ROWAN_E_MLS_CREDENTIAL && x->unsure)
		rc = ROWAN_E_AGAIN;
	if (rc == 0) {
		memcpy(ret_ref->b, ref.data, sizeof ret_ref->b);
		/* A single-use one that we have used before. */
		if ((got->flags & WIRE_KEY_LAST_RESORT) == 0 &&
			vault_next(x->o.vault, VAULT_MLS,
				ref_name(ret_ref, mem), 0, &(uint64_t){0},
				NULL) == 0)
			rc = ROWAN_E_MLS_KEY_PACKAGE;
	}
	rowan_mls_buf_free(&ref);
	return rc;
}

static int alarm_package(struct channel *c, const struct id16 *device)
{
	int rc = vault_begin(c->x->o.vault);

	return rc != 0 ? rc
		       : channel_commit(
				 c->x, channel_alarm(c, ROWAN_ALARM_KEY_PACKAGE,
					       device));
}

static int take_package(struct channel *c, const struct id16 *device,
	const struct wire_key_claimed *got)
{
	struct channel_claimed *p = &c->claimed[c->claimed_count];
	uint64_t ms = CHANNEL_HOLD_MS;
	int rc;

	if (got->error.code != WIRE_OK) {
		if (got->error.retry_ms > 0)
			ms = got->error.retry_ms;
		put_on_hold(c, device, ms);
		return 0;
	}
	if (c->claimed_count == CHANNEL_CLAIMED_MAX)
		return 0;
	rc = check_package(c, device, got, &p->ref);
	if (rc == ROWAN_E_AGAIN) {
		put_on_hold(c, device, CHANNEL_PAUSE_MS);
		return 0;
	}
	if (rc <= -300) {
		put_on_hold(c, device, CHANNEL_HOLD_MS);
		return alarm_package(c, device);
	}
	if (rc == 0)
		rc = buf_copy(&p->package, got->data);
	if (rc != 0)
		return rc;
	p->device = *device;
	p->last_resort = (got->flags & WIRE_KEY_LAST_RESORT) != 0;
	c->claimed_count++;
	return 0;
}

static void got_packages(void *ctx, const struct requests_outcome *o)
{
	struct wire_key_claim_answer a;
	struct channel *c = ctx;
	int rc = o->rc;

	c->asked = false;
	if (c->x->ending)
		return;
	channel_later(c, rc == 0 ? 0 : CHANNEL_PAUSE_MS);
	if (rc == 0)
		rc = wire_key_claim_answer_decode(o->answer, &a);
	if (rc == 0 && a.count != c->asked_count)
		rc = ROWAN_E_MALFORMED;
	for (size_t i = 0; rc == 0 && i < a.count; i++)
		rc = take_package(c, &c->asked_for[i], &a.results[i]);
	/* Nobody of them, then: the rest is done without. */
	for (size_t i = 0; rc <= -300 && i < c->asked_count; i++)
		put_on_hold(c, &c->asked_for[i], CHANNEL_HOLD_MS);
	if (rc != 0 && rc > ROWAN_E_AGAIN)
		c->x->error = rc;
}

int channel_claim(struct channel *c, const struct channel_need *need)
{
	struct wire_key_claim claim = {.channel = c->id};
	uint8_t mem[BODY_MAX];
	struct writer w;
	int rc;

	for (size_t i = 0; i < need->add_count; i++) {
		bool have = false;

		for (size_t k = 0; k < c->claimed_count; k++)
			have = have ||
			       id16_eq(&c->claimed[k].device, &need->add[i]);
		if (!have && claim.count < WIRE_CLAIMS_MAX)
			claim.devices[claim.count++] = need->add[i];
	}
	writer_init_fixed(&w, mem, sizeof mem);
	rc = wire_key_claim_encode(&claim, &w);
	if (rc != 0)
		return rc;
	memcpy(c->asked_for, claim.devices,
		claim.count * sizeof *claim.devices);
	c->asked_count = claim.count;
	return channel_ask(c, &(struct requests_new){.op = WIRE_OP_KEY_CLAIM,
				      .body = writer_view(&w),
				      .once = true,
				      .done = got_packages});
}

/* ---- staging ---- */

int channel_marks_now(struct channel *c, struct wire_heads *ret)
{
	const struct case_state *of =
		follow_case(c->x->o.follow, &c->row.case_id);
	const struct clinic *clinic = follow_clinic(c->x->o.follow);

	if (of == NULL || clinic == NULL)
		return ROWAN_E_STATE;
	*ret = (struct wire_heads){
		clinic->number, clinic->head, of->number, of->head};
	return 0;
}

static const struct channel_claimed *package_of(
	const struct channel *c, const struct id16 *device)
{
	for (size_t i = 0; i < c->claimed_count; i++)
		if (id16_eq(&c->claimed[i].device, device))
			return &c->claimed[i];
	return NULL;
}

/* What was once committed is not taken again. */
static int remember(struct channel *c, const struct channel_claimed *p)
{
	uint8_t mem[REF_NAME];

	return p->last_resort
		       ? 0
		       : vault_put(c->x->o.vault, VAULT_MLS,
				 ref_name(&p->ref, mem), 0, bytes_of("", 1));
}

static int commit(struct channel *c, const struct channel_need *need,
	struct wire_heads *marks, struct rowan_mls_committed *ret)
{
	struct rowan_mls_proposal *p =
		calloc(need->remove_count + need->add_count + 1, sizeof *p);
	struct rowan_mls_commit_options o = {
		.proposals = p, .tree = true, .wire = {.is_public = true}};
	uint8_t mem[128];
	struct writer w;
	int rc = channel_marks_now(c, marks);

	if (p == NULL)
		return ROWAN_E_NOMEM;
	for (size_t i = 0; i < need->remove_count; i++)
		p[o.n++] = (struct rowan_mls_proposal){
			.type = ROWAN_MLS_REMOVE, .leaf = need->remove[i]};
	for (size_t i = 0; i < need->add_count; i++) {
		const struct channel_claimed *have =
			package_of(c, &need->add[i]);

		if (have == NULL)
			continue;
		p[o.n++] = (struct rowan_mls_proposal){.type = ROWAN_MLS_ADD,
			.key_package = channel_mls(buf_view(&have->package))};
	}
	writer_init_fixed(&w, mem, sizeof mem);
	if (rc == 0)
		rc = wire_heads_put(&w, marks);
	o.wire.aad = channel_mls(writer_view(&w));
	if (rc == 0)
		rc = rowan_mls_commit(c->group, &o, ret);
	free(p);
	return rc;
}

/* A frame each. */
static bool can_be_sent(const struct rowan_mls_committed *made)
{
	return made->commit.len <= WIRE_FRAME_MAX &&
	       made->welcome.len <= WIRE_FRAME_MAX;
}

int channel_stage(struct channel *c, const struct channel_need *need)
{
	struct rowan_mls_committed made = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
	struct wire_heads marks;
	int rc = channel_load(c);

	if (rc != 0)
		return rc;
	rc = commit(c, need, &marks, &made);
	if (rc == 0 && !can_be_sent(&made))
		rc = ROWAN_E_LIMIT;
	/* A package that will not do: without it, then. */
	if (rc <= -300) {
		rowan_mls_discard_commit(c->group);
		rowan_mls_committed_free(&made);
		for (size_t i = 0; i < need->add_count; i++)
			put_on_hold(c, &need->add[i], CHANNEL_HOLD_MS);
		channel_claims_drop(c);
		channel_later(c, CHANNEL_PAUSE_MS);
		return 0;
	}
	if (rc == 0)
		rc = vault_begin(c->x->o.vault);
	if (rc != 0) {
		rowan_mls_discard_commit(c->group);
		rowan_mls_committed_free(&made);
		return rc;
	}
	rc = channel_staged_keep(c, &made, &marks);
	for (size_t i = 0; rc == 0 && i < need->add_count; i++)
		if (package_of(c, &need->add[i]) != NULL)
			rc = remember(c, package_of(c, &need->add[i]));
	rowan_mls_committed_free(&made);
	rc = channel_commit(c->x, rc);
	return rc == 0 ? channel_send_staged(c) : rc;
}

/* ---- sent ---- */

/*
 * It will not be accepted; whatever it was for is looked at anew: whoever was
 * to come not at once, for each time costs a package.
 */
static int give_up(struct channel *c)
{
	int rc = channel_load(c);

	for (size_t i = 0; i < c->claimed_count; i++)
		put_on_hold(c, &c->claimed[i].device, CHANNEL_HOLD_MS);
	if (rc == 0)
		rc = vault_begin(c->x->o.vault);
	if (rc == 0)
		rc = channel_commit(c->x, channel_staged_drop(c));
	channel_claims_drop(c);
	c->known = c->settled = false;
	c->moved = true;
	if (c->failures < FAILED_MAX)
		c->failures++;
	channel_later(c, (uint64_t)1000 << c->failures);
	follow_catch_up(c->x->o.follow, &c->row.case_id);
	return rc;
}

static void committed(void *ctx, const struct requests_outcome *o)
{
	struct channel *c = ctx;
	struct wire_group_state s;
	int rc = o->rc;

	c->asked = false;
	if (c->x->ending)
		return;
	/* It may have come through the mailbox first. */
	channel_later(c, c->staged ? CHANNEL_PAUSE_MS : 0);
	if (rc == 0)
		rc = wire_group_state_decode(o->answer, &s);
	if (rc == 0) {
		/* The group moves when it comes through the mailbox. */
		c->state = s;
		c->known = true;
	} else if (rc == ROWAN_E_AGAIN) {
		c->sent_staged = false;
	} else if (rc != ROWAN_E_STALE && c->staged) {
		rc = give_up(c);
		if (rc != 0)
			c->x->error = rc;
	}
}

int channel_send_staged(struct channel *c)
{
	struct wire_commit commit = {.channel = c->id};
	struct channel_staged s;
	struct bytes frames[2];
	uint8_t body[BODY_MAX];
	struct buf mem = {0};
	struct writer w;
	int rc = channel_staged_read(c, &mem, &s);

	if (rc != 0)
		return rc;
	writer_init_fixed(&w, body, sizeof body);
	frames[0] = commit.commit = s.commit;
	frames[1] = commit.welcome = s.welcome;
	rc = wire_commit_encode(&commit, &w);
	if (rc == 0)
		rc = channel_ask(
			c, &(struct requests_new){.op = WIRE_OP_COMMIT,
				   .body = writer_view(&w),
				   .frames = frames,
				   .frame_count = s.welcome.len > 0 ? 2 : 1,
				   .done = committed});
	c->sent_staged = rc == 0 && c->asked;
	buf_wipe(&mem);
	return rc;
}
