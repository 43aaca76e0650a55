/*
 * Commands about the clinic's devices: statements from files, lists, invites,
 * quotas, keys. What is signed is judged as if a device had brought it;
 * whoever may use rowanctl may not sign anything by that.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include <sodium.h>

#include "clinic/export.h"
#include "clinic/import.h"
#include "clinic/source.h"
#include "clock/clock.h"
#include "ctl/call.h"
#include "journal/journal.h"
#include "ops/ops.h"
#include "wire/card.h"
#include "wire/lookup.h"
#include "wire/statement.h"

#define ROWS_MAX     20000
#define EXPORT_BYTES (512 * 1024) /* of text in one answer, about */

/* ---- statements ---- */

struct bring {
	struct bytes text;
	uint8_t only;
	bool dry, good; /* ...and it would have been taken */
	bool waits;	/* a restore does, and keeps its place */
	struct import_result done;
};

/* As for a statement that a device brought: it takes effect, and is told. */
static int took(void *cookie, const struct acts_result *done)
{
	struct notice n = {
		.chain = done->chain, .newest = done->head, .all = true};
	struct ops *o = cookie;
	int rc = done->revoked ? ops_revoked(o, &done->device) : 0;

	if (rc == 0 && done->erased)
		rc = ops_erased(o, &done->chain);

	if (rc == 0 && id16_eq(&done->chain, &source_clinic_chain))
		rc = subs_notice(&o->subs, &n);
	return rc;
}

static int bring(void *cookie, struct ops *o)
{
	struct bring *b = cookie;
	struct buf restore = {NULL, 0};
	struct import in = {.store = o->store,
		.now = o->now,
		.only = b->only,
		.took = b->dry ? NULL : took,
		.cookie = o};
	int rc;

	/* Put in now, it would take the place of what was lost. */
	b->waits =
		o->returning.phase == RETURNING_CLINIC && !o->returning.refused;
	if (b->waits)
		in.floats = &restore;
	rc = import_text(&in, b->text, &b->done);
	b->waits = restore.len > 0;
	buf_wipe(&restore);
	/* A dry run is taken back by whoever runs the job. */
	b->good = rc == 0;
	return rc == 0 && b->dry ? ROWAN_E_REFUSED : rc;
}

static void take_statements(struct ctl_call *c, uint8_t only)
{
	struct bring b = {.text = c->q.content,
		.only = only,
		.dry = (c->q.flags & CTL_DRY_RUN) != 0};
	int rc = ctl_act(c, bring, &b);

	if (rc == 0 || (b.dry && b.good && rc == ROWAN_E_REFUSED)) {
		ctl_say(c->a, EX_OK, "%zu %staken, %zu known%s", b.done.taken,
			b.dry ? "would be " : "", b.done.known,
			b.waits ? "; the restore waits for its place" : "");
	} else if (b.waits) {
		ctl_say(c->a, EX_TEMPFAIL,
			"statement %zu stands behind the restore, which waits "
			"until devices have given back what was lost (rowanctl "
			"health): nothing was taken; try again when it stands",
			b.done.at);
	} else if (rc == ROWAN_E_NOT_FOUND && b.done.at == 0) {
		ctl_say(c->a, EX_DATAERR, "there is no statement in it");
	} else if (rc == ROWAN_E_STALE) {
		ctl_say(c->a, EX_DATAERR,
			"statement %zu: others came first; nothing was taken. "
			"rowanctl cards export, carry it to the authority "
			"(rowan authority follow), and bring what it makes",
			b.done.at);
	} else if (rc == ROWAN_E_RULE && b.done.ahead > 0) {
		ctl_say(c->a, EX_DATAERR,
			"statement %zu was signed %llu minutes ahead of the "
			"time "
			"here (rowanctl clock show); nothing was taken. If the "
			"authority's clock was wrong, set it right, rowanctl "
			"cards export, carry it there (rowan authority "
			"follow), and bring what it makes",
			b.done.at, (unsigned long long)(b.done.ahead / 60));
	} else if (b.done.at > 0) {
		ctl_say(c->a, EX_DATAERR,
			"statement %zu: %s; nothing of this file was taken",
			b.done.at,
			rc == ROWAN_E_REFUSED && only != 0
				? "it revokes nothing"
				: rowan_strerror(rc));
	} else {
		ctl_fail(c, rc);
	}
}

void ctl_import(struct ctl_call *c)
{
	take_statements(c, 0);
}

/*
 * The clinic's chain from statement ${number} on, as much of it as goes into
 * one answer: the armoured text, and where to go on.
 */
void ctl_export(struct ctl_call *c)
{
	uint64_t number = c->q.number == 0 ? 1 : c->q.number;
	struct writer w;
	int rc = 0;

	writer_init(&w, CTL_VALUE_MAX);
	while (rc == 0 && w.len < EXPORT_BYTES) {
		rc = export_statement(c->rd, &source_clinic_chain, number, &w);
		number += rc == 0;
	}
	writer_u8(&w, 0);
	if (writer_status(&w) != 0 || (rc != 0 && rc != ROWAN_E_NOT_FOUND)) {
		ctl_fail(c, rc != 0 ? rc : writer_status(&w));
	} else {
		ctl_row(c->a);
		ctl_text(c->a, "statements", (const char *)w.data);
		ctl_number(c->a, "next", rc == 0 ? number : 0);
		ctl_number(c->a, "count", number - 1);
	}
	writer_wipe(&w);
}

void ctl_revoke(struct ctl_call *c)
{
	take_statements(c, WIRE_ST_REVOKE);
}

/* ---- lists ---- */

static void id_field(
	struct ctl_answer *a, const char *name, const struct id16 *id)
{
	char hex[2 * ID16_LEN + 1];

	ctl_text(a, name, sodium_bin2hex(hex, sizeof hex, id->b, ID16_LEN));
}

static const char *role_name(uint8_t role)
{
	switch (role) {
	case WIRE_ROLE_CASEWORKER: return "caseworker";
	case WIRE_ROLE_VICTIM: return "victim";
	case WIRE_ROLE_DAEMON: return "daemon";
	case WIRE_ROLE_WITNESS: return "witness";
	}
	return "?";
}

static bool add_right(char *text, size_t size, bool any, const char *name)
{
	size_t len = strlen(text);

	snprintf(text + len, size - len, "%s%s", any ? "," : "", name);
	return true;
}

static void rights_field(struct ctl_answer *a, uint32_t rights)
{
	char text[64] = "";
	bool any = false;

	if (rights & WIRE_RIGHT_ENROL)
		any = add_right(text, sizeof text, any, "enrol");
	if (rights & WIRE_RIGHT_COORDINATE)
		any = add_right(text, sizeof text, any, "coordinate");
	if (rights & WIRE_RIGHT_DUTY)
		any = add_right(text, sizeof text, any, "duty");
	if (rights & WIRE_RIGHT_AUDIT)
		any = add_right(text, sizeof text, any, "audit");
	ctl_text(a, "rights", any ? text : "-");
}

static const char *standing(const struct store_device *d, uint64_t now)
{
	if (d->revoked)
		return "revoked";
	if (now < d->from)
		return "not yet";
	return d->until != 0 && now >= d->until ? "expired" : "in force";
}

static bool wanted(struct ctl_call *c, const struct store_device *d)
{
	struct bytes n = c->q.name;
	const char *role = role_name(d->role);

	return n.len == 0 || bytes_eq(n, bytes_of(role, strlen(role)));
}

static uint64_t now_of(struct ctl_call *c)
{
	return clock_read(c->o->clock).now / 1000;
}

static void end_list(struct ctl_call *c, int rc)
{
	if (rc == ROWAN_E_NOT_FOUND)
		return;
	if (rc != 0)
		ctl_fail(c, rc);
	else
		ctl_say(c->a, EX_OK, "the first %u only", ROWS_MAX);
}

void ctl_cards(struct ctl_call *c)
{
	uint64_t now = now_of(c);
	struct store_device d;
	int64_t row = 0;
	int rc = 0;

	while (c->a->count < ROWS_MAX &&
		(rc = store_device_next(c->rd, &row, &d)) == 0) {
		struct store_standing s;

		if (!wanted(c, &d))
			continue;
		if (store_standing_get(c->rd, &d.id, &s) != 0)
			s = (struct store_standing){0};
		ctl_row(c->a);
		id_field(c->a, "device", &d.id);
		ctl_text(c->a, "role", role_name(d.role));
		ctl_text(c->a, "agency", d.agency);
		rights_field(c->a, d.rights);
		ctl_time(c->a, "from", d.from);
		ctl_time(c->a, "until", d.until);
		ctl_number(c->a, "statement", s.logged);
		ctl_text(c->a, "standing", standing(&d, now));
	}
	end_list(c, rc);
}

void ctl_devices(struct ctl_call *c)
{
	uint64_t now = now_of(c);
	struct store_device d;
	int64_t row = 0;
	int rc = 0;

	while (c->a->count < ROWS_MAX &&
		(rc = store_device_next(c->rd, &row, &d)) == 0) {
		char in_log[JOURNAL_PSEUDONYM_LEN] = "";
		struct store_stock stock = {0};
		uint64_t waiting = 0;

		if (!wanted(c, &d))
			continue;
		(void)!store_waiting(c->rd, &d.id, &waiting);
		(void)!store_package_count(c->rd, &d.id, &stock);
		ctl_row(c->a);
		id_field(c->a, "device", &d.id);
		id_field(c->a, "member", &d.member);
		ctl_text(c->a, "role", role_name(d.role));
		ctl_text(c->a, "agency", d.agency);
		ctl_text(c->a, "standing", standing(&d, now));
		ctl_number(c->a, "waiting", waiting);
		ctl_number(c->a, "key_packages", stock.available);
		/* The log says nothing of victims' devices. */
		if (d.role != WIRE_ROLE_VICTIM)
			journal_pseudonym(&d.id, in_log);
		ctl_text(c->a, "in_log", in_log);
	}
	end_list(c, rc);
}

/* ---- invites ---- */

void ctl_invites(struct ctl_call *c)
{
	bool all = (c->q.flags & CTL_ALL) != 0;
	struct store_invite_row i;
	int64_t row = 0;
	int rc = 0;

	while (c->a->count < ROWS_MAX &&
		(rc = store_invite_next(c->rd, &row, &i)) == 0) {
		if (i.ended && !all)
			continue;
		ctl_row(c->a);
		ctl_number(c->a, "invite", (uint64_t)row);
		id_field(c->a, "registrar", &i.owner);
		ctl_text(c->a, "state", i.ended ? "ended" : "open");
		ctl_time(c->a, i.ended ? "forgotten" : "until", i.until);
	}
	end_list(c, rc);
}

static int end_invite(void *cookie, struct ops *o)
{
	const uint64_t *row = cookie;

	return *row > INT64_MAX ? ROWAN_E_NOT_FOUND
				: store_invite_end(o->store, (int64_t)*row);
}

void ctl_invite_end(struct ctl_call *c)
{
	int rc = ctl_act(c, end_invite, &c->q.number);

	if (rc == 0)
		ctl_say(c->a, EX_OK,
			"the invite has ended; its registrar sees it");
	else if (rc == ROWAN_E_NOT_FOUND)
		ctl_say(c->a, EX_DATAERR,
			"not found: there is no such open invite");
	else
		ctl_fail(c, rc);
}

/* ---- quotas ---- */

static void limit(struct ctl_call *c, const char *name, uint64_t value)
{
	ctl_row(c->a);
	ctl_text(c->a, "limit", name);
	ctl_number(c->a, "value", value);
}

static void limits(struct ctl_call *c, const struct config *k)
{
	limit(c, "rate_requests", k->rate_requests);
	limit(c, "rate_messages", k->rate_messages);
	limit(c, "rate_bytes", k->rate_bytes);
	limit(c, "claims_by", k->claims_by);
	limit(c, "claims_of", k->claims_of);
	limit(c, "mailbox", k->mailbox);
	limit(c, "mailbox_urgent", k->mailbox_urgent);
	limit(c, "key_packages", k->key_packages);
	limit(c, "blob_bytes", k->blob_bytes);
	limit(c, "blob_total", k->blob_total);
	limit(c, "blobs_open", k->blobs_open);
	limit(c, "invites", k->invites);
}

static void use(struct ctl_call *c, const struct config *k,
	const struct store_device *d)
{
	struct store_usage blobs = {0};
	uint64_t waiting = 0;
	uint32_t invites = 0;

	(void)!store_waiting(c->rd, &d->id, &waiting);
	(void)!store_blob_usage(c->rd, &d->id, &blobs);
	(void)!store_invite_count(c->rd, &d->id, &invites);
	ctl_row(c->a);
	id_field(c->a, "device", &d->id);
	ctl_number(c->a, "waiting", waiting);
	ctl_number(c->a, "waiting_most", k->mailbox);
	ctl_number(c->a, "blob_bytes", blobs.chunks * 65536);
	ctl_number(c->a, "blob_bytes_most", k->blob_total);
	ctl_number(c->a, "invites", invites);
	ctl_number(c->a, "invites_most", k->invites);
}

/* Without a name the limits; with the id of a device what it uses of them. */
void ctl_quotas(struct ctl_call *c)
{
	struct server_state s;
	struct store_device d;
	struct id16 id;
	size_t len;
	int rc = ctl_state(c, &s);

	if (rc != 0) {
		ctl_fail(c, rc);
		return;
	}
	if (c->q.name.len == 0) {
		limits(c, &s.config);
		return;
	}
	if (sodium_hex2bin(id.b, ID16_LEN, (const char *)c->q.name.data,
		    c->q.name.len, NULL, &len, NULL) != 0 ||
		len != ID16_LEN || c->q.name.len != 2 * ID16_LEN) {
		ctl_say(c->a, EX_USAGE, "a device is 32 hexadecimal digits");
		return;
	}
	rc = store_device_by_id(c->rd, &id, &d);
	if (rc == 0)
		use(c, &s.config, &d);
	else
		ctl_fail(c, rc);
}

/* ---- keys ---- */

/* The log key that the card binds. */
static void log_key_field(struct ctl_call *c, const struct id16 *device)
{
	char hex[2 * KEY32_LEN + 1];
	struct wire_chain chain;
	struct buf raw;

	if (store_device_card(c->rd, device, &raw) == 0 &&
		wire_chain_decode(buf_view(&raw), &chain) == 0)
		ctl_text(c->a, "log",
			sodium_bin2hex(hex, sizeof hex,
				chain.card[0].signature_key.b, KEY32_LEN));
	buf_wipe(&raw);
}

void ctl_keys(struct ctl_call *c)
{
	static const char *const names[ZAP_PORTS] = {[ZAP_MAIN] = "current",
		[ZAP_NEXT] = "next",
		[ZAP_ENROL] = "enrolment"};
	uint64_t now = now_of(c);

	for (int p = 0; p < ZAP_PORTS; p++) {
		const struct key32 *key = &c->o->publics[p];
		char hex[2 * KEY32_LEN + 1];
		struct store_device d;

		if (sodium_is_zero(key->b, KEY32_LEN))
			continue;
		ctl_row(c->a);
		ctl_text(c->a, "key", names[p]);
		ctl_text(c->a, "public",
			sodium_bin2hex(hex, sizeof hex, key->b, KEY32_LEN));
		if (store_device_by_key(c->rd, key, &d) == 0) {
			ctl_text(c->a, "card", standing(&d, now));
			ctl_time(c->a, "from", d.from);
			ctl_time(c->a, "until", d.until);
			log_key_field(c, &d.id);
		} else {
			ctl_text(c->a, "card", "none");
		}
	}
}
