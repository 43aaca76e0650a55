/*
 * All channels of a device: see channel.h. Found, looked at, and stepped one
 * after the other.
 */
#include <stdlib.h>

#include <sodium.h>

#include "session/channel/channel_inner.h"

#define CASES_MAX    4096
#define STEPS_MAX    8	 /* channels in one step */
#define LOOK_AGAIN_S 600 /* the daemon would say MEMBERSHIP meanwhile */
#define RECOUNT_MS   2000
#define CODE_GROUPS  12 /* of five digits */

/* ---- found ---- */

static int grow(struct channels *x)
{
	size_t cap = x->cap == 0 ? 16 : 2 * x->cap;
	struct channel **p;

	if (x->count < x->cap)
		return 0;
	p = realloc(x->list, cap * sizeof *p);
	if (p == NULL)
		return ROWAN_E_NOMEM;
	x->list = p;
	x->cap = cap;
	return 0;
}

static int add(struct channels *x, const struct id16 *id,
	const struct case_state *of, uint8_t kind, struct channel **ret)
{
	struct channel *c;
	int rc = grow(x);

	if (rc != 0)
		return rc;
	c = calloc(1, sizeof *c);
	if (c == NULL)
		return ROWAN_E_NOMEM;
	c->x = x;
	c->id = *id;
	c->row.case_id = of->id;
	c->row.kind = kind;
	rc = channel_read_row(c);
	if (rc == 0)
		rc = idmap_put(&x->map, id, c);
	if (rc != 0) {
		free(c);
		return rc;
	}
	x->list[x->count++] = c;
	*ret = c;
	return 0;
}

static int reread(struct channel *c)
{
	int rc;

	if (!c->reread)
		return 0;
	rc = channel_read_row(c);
	if (rc == 0)
		c->reread = false;
	return rc;
}

int channel_find(
	struct channels *x, const struct id16 *id, struct channel **ret)
{
	const struct case_state *of;
	uint8_t kind;

	*ret = idmap_get(&x->map, id);
	if (*ret != NULL)
		return reread(*ret);
	of = follow_case_of(x->o.follow, id, &kind);
	return of == NULL ? ROWAN_E_NOT_FOUND : add(x, id, of, kind, ret);
}

/* What the statements say of the channel; NULL for nothing. */
const struct case_channel *channel_stated(struct channel *c)
{
	uint8_t kind;
	const struct case_state *of =
		follow_case_of(c->x->o.follow, &c->id, &kind);

	return of == NULL ? NULL : case_channel(of, kind);
}

bool channel_mine(struct channel *c)
{
	return follow_may(c->x->o.follow, &c->id, &c->x->o.me->device) == 0;
}

/* Does it, or did it, take part? Else there is nothing to keep of it. */
static bool concerns(struct channels *x, const struct id16 *id)
{
	uint8_t mem[CHANNEL_NAME];
	uint64_t n;

	return idmap_get(&x->map, id) != NULL ||
	       follow_may(x->o.follow, id, &x->o.me->device) == 0 ||
	       vault_next(x->o.vault, VAULT_MLS, channel_name('c', id, mem), 0,
		       &n, NULL) == 0;
}

/* The channels of a case in which this device takes part, or did. */
static int meet(struct channels *x, const struct id16 *case_id)
{
	const struct case_state *of = follow_case(x->o.follow, case_id);
	struct id16 ids[WIRE_CASE_CHANNELS_MAX];
	size_t n = 0;
	int rc = 0;

	if (of == NULL)
		return 0;
	for (; n < of->channel_count; n++)
		ids[n] = of->channels[n].channel;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct channel *c;

		if (!concerns(x, &ids[i]))
			continue;
		rc = channel_find(x, &ids[i], &c);
		if (rc == 0)
			channel_changed(c);
	}
	return rc;
}

static int meet_all(struct channels *x)
{
	struct id16 *cases = calloc(CASES_MAX, sizeof *cases);
	size_t n = 0;
	int rc = cases == NULL
			 ? ROWAN_E_NOMEM
			 : follow_cases(x->o.follow, cases, CASES_MAX, &n);

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = meet(x, &cases[i]);
	free(cases);
	return rc;
}

int channels_new(struct channels **ret, const struct channels_options *options)
{
	struct channels *x = calloc(1, sizeof *x);
	int rc;

	*ret = NULL;
	if (x == NULL)
		return ROWAN_E_NOMEM;
	x->o = *options;
	if (x->o.patience == 0)
		x->o.patience = CHANNEL_PATIENCE_S;
	idmap_init(&x->map);
	rc = channel_client(x);
	if (rc == 0)
		rc = meet_all(x);
	if (rc != 0)
		channels_free(x);
	else
		*ret = x;
	return rc;
}

void channels_free(struct channels *x)
{
	if (x == NULL)
		return;
	x->ending = true;
	requests_cancel(x->o.requests, x);
	for (size_t i = 0; i < x->count; i++) {
		struct channel *c = x->list[i];

		requests_cancel(x->o.requests, c);
		channel_claims_drop(c);
		channel_unload(c);
		free(c->hold);
		free(c);
	}
	free(x->list);
	idmap_wipe(&x->map);
	rowan_mls_free(x->client);
	free(x);
}

/* ---- told ---- */

void channels_online(struct channels *x, bool current)
{
	x->online = current;
}

void channels_changed(struct channels *x, const struct id16 *case_id)
{
	static const struct id16 clinic;
	int rc = id16_eq(case_id, &clinic) ? meet_all(x) : meet(x, case_id);

	if (rc != 0) {
		x->error = rc;
		x->refresh = true;
		x->refresh_ms = x->now_ms + CHANNEL_PAUSE_MS;
	}
	/* After a readmission there are none left. */
	if (!x->packages.asked) {
		x->packages.known = false;
		if (x->packages.due_ms > x->now_ms + RECOUNT_MS)
			x->packages.due_ms = x->now_ms + RECOUNT_MS;
	}
}

void channels_time(struct channels *x, uint64_t now)
{
	if (now > x->now)
		x->now = now;
}

uint64_t channels_now(const struct channels *x)
{
	return x->now;
}

const struct id16 *channels_self(const struct channels *x)
{
	return &x->o.me->device;
}

void channels_aborted(struct channels *x)
{
	channel_client_drop(x);
	for (size_t i = 0; i < x->count; i++) {
		struct channel *c = x->list[i];

		c->reread = true;
		c->settled = false;
		c->dirty = c->older_dirty = false;
		c->due_ms = x->now_ms + CHANNEL_PAUSE_MS;
	}
	x->packages.known = false;
}

int channel_commit(struct channels *x, int rc)
{
	if (rc == 0)
		rc = channels_keep(x);
	if (rc == 0)
		rc = vault_commit(x->o.vault);
	else
		vault_abort(x->o.vault);
	if (rc != 0) {
		channels_aborted(x);
		events_aborted(x->o.events);
	}
	return rc;
}

int channels_keep(struct channels *x)
{
	int rc = channel_client_keep(x);

	for (size_t i = 0; rc == 0 && i < x->count; i++)
		rc = channel_keep(x->list[i]);
	return rc;
}

int channels_forget(struct channels *x)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < x->count; i++) {
		struct channel *c = x->list[i];

		rc = reread(c);
		if (rc == 0)
			rc = channel_drop_older(c);
		if (rc == 0)
			rc = channel_drop_group(c);
		if (rc == 0)
			channel_stand(c, CHANNEL_WAITING);
		if (rc == 0)
			rc = channel_keep(c);
	}
	if (rc == 0)
		rc = channel_packages_forget(x);
	return rc == 0 ? channel_client_forget(x) : rc;
}

/* ---- stepped ---- */

void channel_later(struct channel *c, uint64_t ms)
{
	uint64_t at = ms == CHANNEL_NEVER ? ms : c->x->now_ms + ms;

	c->due_ms = at;
}

uint32_t channel_below(struct channels *x, uint32_t n)
{
	return x->o.below != NULL ? x->o.below(x->o.ctx, n)
				  : randombytes_uniform(n);
}

static void tell_moved(struct channels *x)
{
	for (size_t i = 0; i < x->count; i++) {
		struct channel *c = x->list[i];

		if (!c->moved)
			continue;
		c->moved = false;
		if (x->o.moved != NULL)
			x->o.moved(x->o.ctx, &c->id);
	}
}

/* Heads that a member told us and that follow could not judge at once. */
static int ask_heard(struct channel *c)
{
	int rc;

	if (!c->heard || follow_busy(c->x->o.follow))
		return 0;
	rc = follow_heard(c->x->o.follow, &c->row.case_id, &c->heard_clinic,
		&c->heard_case);
	if (rc == ROWAN_E_AGAIN)
		return 0;
	c->heard = false;
	return rc == ROWAN_E_CHAIN ? 0 : rc;
}

static int step_one(struct channel *c)
{
	int rc = reread(c);

	/* Assignments end and cards expire by themselves. */
	if (rc == 0 && c->settled && c->x->now >= c->looked_s + LOOK_AGAIN_S) {
		c->settled = false;
		if (c->due_ms > c->x->now_ms)
			c->due_ms = c->x->now_ms;
	}
	if (rc == 0)
		rc = ask_heard(c);
	if (rc != 0 || c->asked || c->due_ms > c->x->now_ms)
		return rc;
	rc = channel_sync(c);
	if (rc != 0)
		channel_later(c, CHANNEL_PAUSE_MS);
	return rc;
}

int channels_step(struct channels *x, uint64_t now_ms)
{
	int rc = x->error, rc2 = 0;
	size_t n = x->count;

	x->now_ms = now_ms;
	x->error = 0;
	if (x->refresh && x->refresh_ms <= now_ms) {
		x->refresh = false;
		channels_changed(x, &(struct id16){{0}});
	}
	tell_moved(x);
	if (!x->online)
		return rc;
	rc2 = channel_packages_step(x);
	for (size_t i = 0, done = 0; rc2 == 0 && i < n && done < STEPS_MAX;
		i++) {
		struct channel *c = x->list[x->turn++ % x->count];

		done += c->due_ms <= now_ms && !c->asked;
		rc2 = step_one(c);
	}
	tell_moved(x);
	return rc != 0 ? rc : rc2;
}

uint64_t channels_wait(const struct channels *x, uint64_t now_ms)
{
	uint64_t least = UINT64_MAX;

	if (x->error != 0)
		return 0;
	if (x->refresh)
		least = x->refresh_ms > now_ms ? x->refresh_ms - now_ms : 0;
	for (size_t i = 0; i < x->count; i++) {
		const struct channel *c = x->list[i];
		uint64_t left = CHANNEL_NEVER;

		if (c->moved)
			return 0;
		if (!x->online || c->asked)
			continue;
		if (c->due_ms != CHANNEL_NEVER)
			left = c->due_ms > now_ms ? c->due_ms - now_ms : 0;
		if (c->settled && left > LOOK_AGAIN_S * 1000)
			left = LOOK_AGAIN_S * 1000;
		if (left < least)
			least = left;
	}
	if (x->online) {
		uint64_t left = channel_packages_wait(x);

		least = left < least ? left : least;
	}
	return least;
}

int channel_ask(struct channel *c, const struct requests_new *n)
{
	struct requests_new own = *n;
	int rc;

	own.ctx = c;
	rc = requests_start(c->x->o.requests, &own);
	if (rc == 0)
		c->asked = true;
	/* Others fill the line now. */
	if (rc == ROWAN_E_AGAIN) {
		channel_later(c, 1000);
		rc = 0;
	}
	return rc;
}

/* ---- events ---- */

int channel_event(struct channel *c, uint16_t type, const struct id16 *device,
	uint64_t count, int32_t code)
{
	struct event e = {.type = type,
		.code = code,
		.time = c->x->now,
		.case_id = c->row.case_id,
		.channel = c->id,
		.count = count};

	if (device != NULL) {
		e.device = *device;
		e.member = channel_member_of(c->x, device);
	}
	return events_add(c->x->o.events, &e);
}

int channel_alarm(
	struct channel *c, enum rowan_alarm alarm, const struct id16 *device)
{
	return channel_event(c, ROWAN_EVENT_ALARM, device, 0, (int32_t)alarm);
}

/* ---- looked at ---- */

int channels_info(struct channels *x, const struct id16 *channel,
	struct channel_info *ret)
{
	const struct case_channel *stated;
	struct channel *c;
	int rc = channel_find(x, channel, &c);

	memset(ret, 0, sizeof *ret);
	if (rc != 0)
		return rc;
	if (!c->kept && !channel_mine(c))
		return ROWAN_E_NOT_FOUND;
	stated = channel_stated(c);
	ret->case_id = c->row.case_id;
	ret->kind = c->row.kind;
	ret->generation =
		stated != NULL ? stated->generation : c->row.generation;
	ret->epoch = c->row.epoch;
	ret->frozen = c->row.stand == CHANNEL_FROZEN;
	ret->joined = (c->row.stand == CHANNEL_IN || ret->frozen) &&
		      c->row.generation == ret->generation;
	return 0;
}

int channels_devices(struct channels *x, const struct id16 *channel,
	struct id16 *ret, size_t max, size_t *ret_len)
{
	struct channel *c;
	int rc = channel_find(x, channel, &c);

	*ret_len = 0;
	if (rc != 0)
		return rc;
	if (c->row.stand != CHANNEL_IN && c->row.stand != CHANNEL_FROZEN)
		return 0;
	for (size_t i = 0; i < c->row.seen_count; i++) {
		if (*ret_len == max)
			return ROWAN_E_LIMIT;
		ret[(*ret_len)++] = c->row.seen[i].device;
	}
	return 0;
}

int channels_others(struct channels *x, const struct id16 *channel,
	const struct id16 *members, size_t count, bool *ret)
{
	const struct trust_source *src = follow_source(x->o.follow);
	struct trust_card card;
	struct id16 member;
	struct channel *c;
	int rc = channel_find(x, channel, &c);

	*ret = false;
	for (size_t i = 0; rc == 0 && !*ret && i < c->row.seen_count; i++) {
		rc = src->card(
			src->ctx, &c->row.seen[i].device, CLINIC_NEWEST, &card);
		if (rc != 0)
			break;
		member = card.card.member;
		*ret = !id16_eq(&member, &x->o.me->member) &&
		       !id16_among(&member, members, count);
	}
	return rc;
}

struct id16 channels_member(struct channels *x, const struct id16 *device)
{
	return channel_member_of(x, device);
}

int channels_missing(struct channels *x, const struct id16 *channel,
	const struct id16 *members, size_t count,
	struct id16 ret[CHANNEL_DEVICES_MAX], size_t *ret_len)
{
	struct channel_entitled e = {0, NULL};
	struct channel *c;
	int rc = channel_find(x, channel, &c);

	*ret_len = 0;
	if (rc == 0)
		rc = channel_entitled(c, &e);
	for (size_t i = 0; rc == 0 && i < e.count; i++) {
		const struct id16 *device = &e.device[i];
		struct id16 member;

		if (channel_seen(c, device) != NULL ||
			id16_among(device, c->state.away, c->state.away_count))
			continue;
		member = channel_member_of(x, device);
		if (*ret_len < CHANNEL_DEVICES_MAX &&
			(id16_eq(&member, &x->o.me->member) ||
				id16_among(&member, members, count)))
			ret[(*ret_len)++] = *device;
	}
	free(e.device);
	return rc;
}

/* Five bytes for five digits: modulo 10^5 hardly any is likelier. */
static void digits(const uint8_t hash[64], char *ret)
{
	for (size_t i = 0; i < CODE_GROUPS; i++) {
		const uint8_t *p = hash + 5 * i;
		uint64_t v = (uint64_t)p[0] << 32 | (uint64_t)p[1] << 24 |
			     (uint64_t)p[2] << 16 | (uint64_t)p[3] << 8 | p[4];

		v %= 100000;
		for (int k = 4; k >= 0; k--, v /= 10)
			ret[6 * i + (size_t)k] = (char)('0' + v % 10);
		ret[6 * i + 5] = ' ';
	}
	ret[6 * CODE_GROUPS - 1] = '\0';
}

int channels_code(struct channels *x, const struct id16 *channel,
	char ret[CHANNEL_CODE_LEN])
{
	static const char label[] = "Rowan 1.0 channel code";
	crypto_generichash_state st;
	struct rowan_mls_bytes a;
	uint8_t hash[64];
	struct channel *c;
	int rc = channel_find(x, channel, &c);

	memset(ret, 0, CHANNEL_CODE_LEN);
	if (rc == 0 && c->row.stand != CHANNEL_IN)
		rc = ROWAN_E_STATE;
	if (rc == 0)
		rc = channel_load(c);
	if (rc != 0)
		return rc;
	a = rowan_mls_group_epoch_authenticator(c->group);
	crypto_generichash_init(&st, NULL, 0, sizeof hash);
	crypto_generichash_update(
		&st, (const uint8_t *)label, sizeof label - 1);
	crypto_generichash_update(&st, c->id.b, ID16_LEN);
	crypto_generichash_update(&st, a.data, a.len);
	crypto_generichash_final(&st, hash, sizeof hash);
	digits(hash, ret);
	return 0;
}
