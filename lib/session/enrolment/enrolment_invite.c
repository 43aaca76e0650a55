/*
 * Invites made and confirmed, as registrar: see enrolment.h.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "session/enrolment/enrolment_inner.h"

static const struct id16 none;

/* What a bundle is made of, while it is. */
struct making {
	struct enrolment *e;
	struct bundle bundle;
	struct invite invite;
	struct buf record[BUNDLE_RECORDS_MAX];
	struct buf servers_raw, file_card, logged_card;
	struct wire_servers servers;
};

static void making_wipe(struct making *m)
{
	for (size_t i = 0; i < BUNDLE_RECORDS_MAX; i++)
		buf_wipe(&m->record[i]);
	buf_wipe(&m->servers_raw);
	buf_wipe(&m->file_card);
	buf_wipe(&m->logged_card);
	invite_wipe(&m->invite);
}

/* ---- what is known ------------------------------------------------------- */

static int add_records(struct making *m)
{
	struct bundle *b = &m->bundle;

	for (size_t i = 0; i < BUNDLE_RECORDS_MAX; i++) {
		int rc = follow_record(m->e->parts.follow, i, &m->record[i]);

		if (rc == ROWAN_E_NOT_FOUND)
			break;
		if (rc == 0)
			rc = wire_record_decode(
				buf_view(&m->record[i]), &b->record[i]);
		if (rc != 0)
			return rc;
		b->record_count++;
	}
	return 0;
}

/* A daemon's card in the clinic's chain that binds this key, alive. */
static int logged_daemon(
	struct making *m, const struct wire_key *key, struct wire_card *ret)
{
	struct follow *f = m->e->parts.follow;
	struct id16 *all = calloc(ENROLMENT_DEVICES_MAX, sizeof *all);
	struct trust_card card;
	size_t len;
	int rc;

	if (all == NULL)
		return ROWAN_E_NOMEM;
	rc = follow_devices(f, NULL, all, ENROLMENT_DEVICES_MAX, &len);
	if (rc == ROWAN_E_LIMIT)
		rc = 0;
	for (size_t i = 0; rc == 0 && i < len; i++) {
		rc = follow_card(f, &all[i], &card, &m->logged_card);
		if (rc == 0 && card.card.role == WIRE_ROLE_DAEMON &&
			card.revoked == 0 &&
			memcmp(&card.card.transport_key, key, sizeof *key) ==
				0) {
			*ret = card.card;
			free(all);
			return 0;
		}
		buf_wipe(&m->logged_card);
	}
	free(all);
	return rc == 0 ? ROWAN_E_NOT_FOUND : rc;
}

static int add_daemon(struct making *m)
{
	const struct identity *me = m->e->o.me;
	struct bundle *b = &m->bundle;
	int rc = logged_daemon(m, &me->servers[0].key, &b->daemon);

	if (rc == ROWAN_E_NOT_FOUND)
		rc = wire_card_decode(buf_view(&m->file_card), &b->daemon);
	for (size_t i = 0; i < me->server_count; i++) {
		const struct identity_server *s = &me->servers[i];

		b->server[i].endpoint =
			bytes_of(s->endpoint, strlen(s->endpoint));
		b->server[i].key = s->key;
	}
	b->server_count = me->server_count;
	return rc;
}

/* "tcp://host:port" as an invite's text has it. */
static int take_endpoint(struct bytes from, char *ret, size_t size)
{
	size_t len = 0;

	for (size_t i = 6; i < from.len; i++) {
		uint8_t c = from.data[i];

		if (c == '[' || c == ']')
			continue;
		if (len + 1 == size)
			return ROWAN_E_LIMIT;
		ret[len++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
	}
	ret[len] = '\0';
	return 0;
}

static bool same_key(const struct wire_key *a, const struct wire_key *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

static bool serves_alone(const struct identity *me, const struct wire_key *key)
{
	for (size_t i = 0; i < me->server_count; i++)
		if (!same_key(&me->servers[i].key, key))
			return false;
	return true;
}

/*
 * The key of the enrolment port now. One that was the main port's, too, when
 * the file was written has gone over with that: to the key that serves us, or,
 * while we are served by the next one already, not yet. ROWAN_E_AGAIN before
 * the daemon has told which of these it is, or when one of them may serve that
 * the file does not know.
 */
static int enrol_key(const struct making *m, struct wire_key *ret)
{
	static const struct wire_key nobody;
	const struct wire_server *main = m->servers.main;
	const struct wire_key *now = &m->e->served, *other = NULL;
	bool shared = false;

	*ret = m->servers.enrol[0].key;
	for (size_t i = m->servers.main_count; i-- > 0;) {
		shared = shared || same_key(&main[i].key, ret);
		if (!same_key(&main[i].key, now))
			other = &main[i].key;
	}
	if (!shared)
		return 0;
	if (same_key(now, &nobody))
		return serves_alone(m->e->o.me, ret) ? 0 : ROWAN_E_AGAIN;
	if (other != NULL && m->e->which == ENROLMENT_KEY_UNTOLD)
		return ROWAN_E_AGAIN;
	*ret = other != NULL && m->e->which == ENROLMENT_KEY_NEXT ? *other
								  : *now;
	return 0;
}

static int add_endpoints(struct making *m)
{
	const struct wire_servers *s = &m->servers;
	struct invite *v = &m->invite;
	int rc = wire_servers_decode(buf_view(&m->servers_raw), &m->servers);

	if (rc == 0 && s->enrol_count == 0)
		rc = ROWAN_E_NOT_FOUND;
	if (rc != 0)
		return rc;
	rc = enrol_key(m, &v->server);
	/* One key stands in a text. */
	for (size_t i = 0; rc == 0 && i < s->enrol_count &&
			   v->endpoint_count < INVITE_ENDPOINTS_MAX;
		i++)
		if (memcmp(&s->enrol[i].key, &s->enrol[0].key,
			    sizeof s->enrol[i].key) == 0)
			rc = take_endpoint(s->enrol[i].endpoint,
				v->endpoint[v->endpoint_count++],
				sizeof v->endpoint[0]);
	return rc;
}

/* Somebody with a device already. */
static int add_colleague(struct making *m, const struct id16 *member)
{
	struct follow *f = m->e->parts.follow;
	struct bundle *b = &m->bundle;
	struct trust_card card;
	struct id16 device;
	struct buf raw;
	size_t len;
	int rc = follow_devices(f, member, &device, 1, &len);

	if (rc != 0 && rc != ROWAN_E_LIMIT)
		return rc;
	if (len == 0)
		return ROWAN_E_UNKNOWN;
	rc = follow_card(f, &device, &card, &raw);
	if (rc == 0 && (card.card.role != WIRE_ROLE_CASEWORKER ||
			       !bytes_eq(card.card.agency, b->agency)))
		rc = ROWAN_E_RULE;
	buf_wipe(&raw);
	b->member = *member;
	return rc;
}

/* Who is invited, to what. */
static int add_guest(struct making *m, const struct enrolment_offer *offer)
{
	struct follow *f = m->e->parts.follow;
	struct bundle *b = &m->bundle;
	const struct case_state *c;

	b->role = offer->role;
	b->agency = b->registrar.agency;
	b->clinic_number = follow_clinic(f)->number;
	b->clinic_head = follow_clinic(f)->head;
	randombytes_buf(b->member.b, sizeof b->member.b);
	if (id16_eq(&offer->case_id, &none)) {
		if (offer->role != WIRE_ROLE_CASEWORKER)
			return ROWAN_E_INVAL;
		return id16_eq(&offer->member, &none)
			       ? 0
			       : add_colleague(m, &offer->member);
	}
	if (!id16_eq(&offer->member, &none))
		return ROWAN_E_INVAL;
	c = follow_case(f, &offer->case_id);
	if (c == NULL)
		return ROWAN_E_UNKNOWN;
	if (offer->role != WIRE_ROLE_VICTIM)
		return ROWAN_E_INVAL;
	if (c->status != CASE_OPEN ||
		!case_assigned(c, &m->e->o.me->member, 0, follow_our_now(f, c)))
		return ROWAN_E_RULE;
	/* A further device of the same person. */
	if (!id16_eq(&c->victim, &none))
		b->member = c->victim;
	b->case_id = c->id;
	b->case_number = c->number;
	b->case_head = c->head;
	return 0;
}

static int make_bundle(struct making *m, const struct enrolment_offer *offer)
{
	struct enrolment *e = m->e;
	int rc;

	if ((rc = identity_card(e->o.me, &m->bundle.registrar)) ||
		(rc = enrolment_file(e, &m->servers_raw, &m->file_card)) ||
		(rc = add_records(m)) || (rc = add_daemon(m)) ||
		(rc = add_endpoints(m)) || (rc = add_guest(m, offer)))
		return rc;
	return bundle_check(&m->bundle);
}

/* ---- the invite ---------------------------------------------------------- */

static int keep(struct enrolment *e, struct offer *x)
{
	bool own;
	int rc = enrolment_open(e, &own);

	return rc == 0 ? enrolment_close(e, own, offer_add(e, x)) : rc;
}

static int make(struct making *m, const struct enrolment_offer *offer,
	struct offer *x, struct writer *w)
{
	struct enrol_offer o = {.bundle = &m->bundle,
		.secret = &m->invite.secret,
		.expires = enrolment_now(m->e) + offer->lifetime};
	char text[INVITE_TEXT_MAX + 1];
	int rc = make_bundle(m, offer);

	if (rc != 0)
		return rc;
	randombytes_buf(m->invite.secret.b, sizeof m->invite.secret.b);
	randombytes_buf(o.nonce.b, sizeof o.nonce.b);
	rc = enrol_registrar_begin(&x->enrol, &o, &x->sealed);
	if (rc == 0)
		rc = invite_write(&m->invite, text);
	x->id = x->enrol.invite;
	x->case_id = offer->case_id;
	x->member = m->bundle.member;
	x->lifetime = offer->lifetime;
	x->phase = OFFER_PUT;
	if (rc == 0) {
		writer_raw(w, text, strlen(text));
		rc = writer_status(w);
	}
	sodium_memzero(text, sizeof text);
	sodium_memzero(&o, sizeof o);
	return rc;
}

int enrolment_invite(struct enrolment *e, const struct enrolment_offer *offer,
	struct id16 *ret_id, struct writer *w)
{
	struct making *m;
	struct offer x = {0};
	size_t begin = w->len;
	int rc;

	memset(ret_id, 0, sizeof *ret_id);
	if (e->parts.follow == NULL)
		return ROWAN_E_STATE;
	if (offer->lifetime == 0 || offer->lifetime > WIRE_INVITE_LIFE_MAX)
		return ROWAN_E_INVAL;
	if (e->count >= ENROLMENT_INVITES_MAX)
		return ROWAN_E_QUOTA;
	if (enrolment_now(e) == 0)
		return ROWAN_E_AGAIN;
	m = calloc(1, sizeof *m);
	if (m == NULL)
		return ROWAN_E_NOMEM;
	m->e = e;
	rc = make(m, offer, &x, w);
	*ret_id = x.id;
	if (rc == 0)
		rc = keep(e, &x);
	buf_wipe(&x.sealed);
	enrol_wipe(&x.enrol);
	making_wipe(m);
	free(m);
	if (rc != 0) {
		memset(ret_id, 0, sizeof *ret_id);
		/* Its secret is of no use to anybody. */
		sodium_memzero(w->data + begin, w->len - begin);
		w->len = begin;
	}
	return rc;
}

/* ---- its end ------------------------------------------------------------- */

/* The card, as it was invited to and compared. */
static int grant(struct enrolment *e, const struct offer *x,
	const struct wire_consent *consent, struct buf *ret)
{
	const struct identity *me = e->o.me;
	struct issuer by = {.kind = WIRE_SIGNER_DEVICE,
		.device = me->device,
		.seed = me->signature_seed.b};
	struct wire_card own, card;
	struct writer w;
	int rc = identity_card(me, &own);

	if (rc == 0)
		rc = enrol_registrar_grant(&x->enrol, &card);
	if (rc != 0)
		return rc;
	attest_hash(own.raw, &by.hash);
	card.issued_at = card.not_before = enrolment_now(e);
	if (card.role == WIRE_ROLE_CASEWORKER)
		card.not_after = card.not_before + own.scope.validity_max;
	card.has_consent = consent != NULL;
	if (consent != NULL)
		card.consent = *consent;
	writer_init(&w, WIRE_CARD_MAX);
	rc = issue_sign(&by, &card, &w);
	if (rc == 0)
		rc = writer_finish(&w, ret);
	writer_wipe(&w);
	return rc;
}

static int log_card(struct enrolment *e, struct offer *x,
	const struct wire_consent *consent)
{
	struct wire_card card;
	struct buf raw = {0};
	int rc = grant(e, x, consent, &raw);

	if (rc == 0)
		rc = wire_card_decode(buf_view(&raw), &card);
	if (rc == 0)
		rc = acts_log_card(e->parts.acts, buf_view(&raw), &x->act);
	if (rc == 0)
		rc = acts_quiet(e->parts.acts, x->act, true);
	if (rc == 0) {
		x->device = card.device;
		x->phase = OFFER_LOGGING;
		rc = offer_put(e, x);
	}
	buf_wipe(&raw);
	return rc;
}

static int withdraw(struct enrolment *e, struct offer *x)
{
	x->phase = OFFER_WITHDRAWING;
	x->code = ROWAN_E_REFUSED;
	return offer_put(e, x);
}

int offer_conclude(struct enrolment *e, struct offer *x, bool same,
	const struct wire_consent *consent)
{
	bool own;
	int rc;

	if (e->parts.follow == NULL)
		return ROWAN_E_STATE;
	if (x == NULL)
		return ROWAN_E_NOT_FOUND;
	if (x->phase != OFFER_WATCH && (same || x->phase != OFFER_PUT))
		return ROWAN_E_STATE;
	if (same && x->enrol.step != ENROL_REVEALED)
		return ROWAN_E_STATE;
	rc = enrolment_open(e, &own);
	if (rc == 0)
		rc = enrolment_close(e, own,
			same ? log_card(e, x, consent) : withdraw(e, x));
	return rc;
}

int enrolment_confirm(struct enrolment *e, const struct id16 *id, bool same)
{
	return offer_conclude(e, offer_find(e, id), same, NULL);
}

int offer_end(struct enrolment *e, struct offer *x, int code)
{
	const struct event v = {.type = code == 0 ? ROWAN_EVENT_ENROLLED
						  : ROWAN_EVENT_ENROL_FAILED,
		.code = code,
		.time = enrolment_now(e),
		.case_id = x->case_id,
		.member = x->member,
		.device = x->device,
		.message = x->id};
	int rc;

	x->phase = OFFER_ENDED;
	x->ended = enrolment_now(e);
	x->looked = true;
	buf_wipe(&x->sealed);
	enrol_wipe(&x->enrol);
	rc = offer_put(e, x);
	return rc == 0 ? events_add(e->o.events, &v) : rc;
}
