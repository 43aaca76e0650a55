/*
 * An invitation for tests: see enrol_kit.h.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/enrol_kit.h"

static const char endpoint[] = "tcp://127.0.0.1:7410";

static void must(int rc)
{
	if (rc != 0)
		abort();
}

void enrol_kit_serve(
	struct enrol_kit *k, const uint8_t key[32], const char *where)
{
	struct bundle *b = &k->bundle;
	struct wire_card card;

	memcpy(k->daemon.transport_key.b, key, 32);
	world_card(&k->cast->w, &k->daemon, WIRE_ROLE_DAEMON, "clinic", &card);
	buf_wipe(&k->daemon_card);
	world_issue(&k->cast->w, &k->daemon, NULL, &card, &k->daemon_card);
	must(wire_card_decode(buf_view(&k->daemon_card), &b->daemon));
	b->server_count = 1;
	b->server[0].endpoint = bytes_of(where, strlen(where));
	b->server[0].key = k->daemon.transport_key;
}

void enrol_kit_start(struct enrol_kit *k, struct cast *cast, const char *name)
{
	struct world *w = &cast->w;
	struct bundle *b = &k->bundle;
	struct trust_card registrar;

	memset(k, 0, sizeof *k);
	k->cast = cast;
	world_person(&k->self, name);
	world_person(&k->daemon, "daemon");
	must(w->source.card(
		w, &cast->registrar.device, CLINIC_NEWEST, &registrar));
	must(buf_copy(&k->registrar_card, registrar.card.raw));
	memset(k->secret.b, 0x5e, sizeof k->secret.b);
	memcpy(k->secret.b, k->self.seed, 8);
	memcpy(k->nonce.b, k->self.seed, sizeof k->nonce.b);
	k->nonce.b[0] ^= 1;

	b->record_count = 1;
	must(wire_record_decode(buf_view(&w->record), &b->record[0]));
	must(wire_card_decode(buf_view(&k->registrar_card), &b->registrar));
	b->member = k->self.member;
	b->role = WIRE_ROLE_VICTIM;
	b->agency = bytes_of("advocacy", 8);
	b->case_id = cast->c->id;
	b->clinic_number = w->clinic.number;
	b->clinic_head = w->clinic.head;
	b->case_number = cast->c->number;
	b->case_head = cast->c->head;
	enrol_kit_serve(k, k->daemon.transport_key.b, endpoint);
}

void enrol_kit_stop(struct enrol_kit *k)
{
	buf_wipe(&k->daemon_card);
	buf_wipe(&k->registrar_card);
}

int enrol_kit_registrar(
	struct enrol_kit *k, struct enrol *ret, struct buf *ret_sealed)
{
	struct enrol_offer offer = {.bundle = &k->bundle,
		.secret = &k->secret,
		.nonce = k->nonce,
		.expires = k->cast->w.now + 3600};

	return enrol_registrar_begin(ret, &offer, ret_sealed);
}

int enrol_kit_device(
	struct enrol_kit *k, struct bytes sealed, struct enrol *ret)
{
	struct enrol_self self = {.seed = k->self.seed,
		.transport_key = k->self.transport_key,
		.device = k->self.device};

	memcpy(self.nonce.b, k->self.seed, sizeof self.nonce.b);
	self.nonce.b[0] ^= 2;
	return enrol_device_begin(ret, &k->secret, sealed, &self);
}

int enrol_kit_card(
	struct enrol_kit *k, const struct enrol *registrar, struct buf *ret)
{
	struct issuer by = {.kind = WIRE_SIGNER_DEVICE,
		.device = k->cast->registrar.device,
		.seed = k->cast->registrar.seed};
	struct wire_card card;
	struct writer w;
	int rc = enrol_registrar_grant(registrar, &card);

	*ret = (struct buf){NULL, 0};
	if (rc != 0)
		return rc;
	attest_hash(buf_view(&k->registrar_card), &by.hash);
	card.issued_at = card.not_before = k->cast->w.now;
	if (card.role == WIRE_ROLE_CASEWORKER)
		card.not_after = card.not_before + 86400;
	writer_init(&w, WIRE_CARD_MAX);
	rc = issue_sign(&by, &card, &w);
	if (rc == 0)
		rc = writer_finish(&w, ret);
	writer_wipe(&w);
	return rc;
}

void enrol_kit_chain(struct enrol_kit *k, struct bytes card, struct buf *ret)
{
	struct bytes raw[2] = {card, buf_view(&k->registrar_card)};
	struct writer w;

	writer_init(&w, 2 * WIRE_CARD_MAX + 16);
	must(wire_chain_encode(raw, 2, &w));
	must(writer_finish(&w, ret));
}
