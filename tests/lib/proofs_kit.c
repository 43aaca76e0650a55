/*
 * A device and the log: see proofs_kit.h.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/double_line.h"
#include "lib/proofs_kit.h"
#include "lib/seed.h"
#include "log/entry.h"
#include "tlog/origin.h"
#include "trust/attest.h"

#define STEPS	200
#define REST_MS 60000

static void aborted(void *ctx)
{
	struct proofs_kit *k = ctx;

	if (!k->full)
		abort();
	events_aborted(k->d.events);
}

static void start(struct proofs_kit *k)
{
	const struct proofs_options o = {.vault = k->d.kit.vault,
		.events = k->d.events,
		.requests = k->d.q,
		.follow = k->d.follow,
		.me = &k->d.me,
		.aborted = aborted,
		.ctx = k};

	double_must(proofs_new(&k->proofs, &o));
	follow_time(k->d.follow, relay_double_now(k->clinic.d), false);
	proofs_online(k->proofs, true);
}

static void enrol(
	struct proofs_kit *k, const struct world_person *p, uint8_t role)
{
	struct world *w = &k->clinic.cast.w;
	struct wire_card card;

	world_card(w, p, role, "clinic", &card);
	double_must(world_enrol(w, p, NULL, &card));
}

void proofs_kit_witness(
	struct proofs_kit *k, struct world_person *p, const char *name)
{
	world_person(p, name);
	enrol(k, p, WIRE_ROLE_WITNESS);
}

void proofs_kit_begin(struct proofs_kit *k)
{
	struct key32 key;

	memset(k, 0, sizeof *k);
	double_clinic_begin(&k->clinic);
	seed_log_key(&key);
	world_person(&k->server, "the daemon");
	memcpy(k->server.seed, key.b, sizeof k->server.seed);
	attest_key(k->server.seed, &k->server.signature_key);
	enrol(k, &k->server, WIRE_ROLE_DAEMON);
	proofs_kit_witness(k, &k->witness, "a witness");
}

void proofs_kit_end(struct proofs_kit *k)
{
	if (k->proofs != NULL)
		proofs_kit_leave(k);
	double_clinic_end(&k->clinic);
}

void proofs_kit_as(struct proofs_kit *k, const struct world_person *p)
{
	device_kit_begin(&k->d, &k->clinic, p, false);
	device_kit_settle(&k->d);
	start(k);
}

void proofs_kit_leave(struct proofs_kit *k)
{
	proofs_free(k->proofs);
	k->proofs = NULL;
	device_kit_end(&k->d);
}

void proofs_kit_again(struct proofs_kit *k)
{
	proofs_free(k->proofs);
	device_kit_again(&k->d);
	device_kit_settle(&k->d);
	start(k);
}

void proofs_kit_settle(struct proofs_kit *k)
{
	for (int i = 0; i < STEPS; i++) {
		k->now_ms += 1100;
		double_must(proofs_step(k->proofs, k->now_ms));
		device_kit_settle(&k->d);
		if (proofs_wait(k->proofs, k->now_ms) > REST_MS)
			return;
	}
	abort();
}

void proofs_kit_look(struct proofs_kit *k)
{
	proofs_look(k->proofs);
	proofs_kit_settle(k);
}

void proofs_kit_turn(struct proofs_kit *k)
{
	relay_double_pass(k->clinic.d, PROOFS_LOOK_MS);
	follow_time(k->d.follow, relay_double_now(k->clinic.d), false);
	k->now_ms += PROOFS_LOOK_MS;
	proofs_kit_settle(k);
}

void proofs_kit_log(struct proofs_kit *k, int n)
{
	struct log_entry e = {.act = WIRE_ACT_ADMIN};
	struct store *st = relay_double_begin(k->clinic.d);

	e.time = relay_double_now(k->clinic.d);
	for (int i = 0; i < n; i++)
		double_must(entry_add(st, &e, NULL));
	relay_double_commit(k->clinic.d);
}

void proofs_kit_happen(struct proofs_kit *k)
{
	proofs_kit_log(k, 20);
	relay_double_pass(k->clinic.d, 2000);
	device_kit_catch_up(&k->d);
}

uint64_t proofs_kit_seen(struct proofs_kit *k)
{
	struct watch w;

	proofs_watch(k->proofs, &w);
	return w.size;
}

enum conflict_verdict proofs_kit_kept(struct proofs_kit *k, uint64_t n)
{
	struct conflict *c = malloc(sizeof *c);
	enum conflict_verdict v = CONFLICT_FORM;
	struct anchor anchor;
	struct wire_key key;
	struct buf file;

	if (c == NULL)
		abort();
	attest_key(k->clinic.cast.w.authority, &key);
	anchor_init(&anchor);
	anchor_pin(&anchor, &key);
	if (proofs_conflicts(k->proofs, n, &file) == 0) {
		v = conflict_check(c, buf_view(&file), &anchor);
		buf_wipe(&file);
	}
	free(c);
	return v;
}

void proofs_kit_policy(struct proofs_kit *k, const struct world_person *p)
{
	char vkey[256] = {0}, text[512];
	struct note_key key;
	struct writer w;

	double_must(origin_witness(&p->device, p->signature_key.b, &key));
	writer_init_fixed(&w, vkey, sizeof vkey - 1);
	note_key_format(&key, &w);
	snprintf(text, sizeof text, "witness a %s\nquorum a\n", vkey);
	double_must(proofs_policy(k->proofs, bytes_of(text, strlen(text))));
}

int proofs_kit_setup(void **state)
{
	struct proofs_kit *k = *state;

	proofs_kit_begin(k);
	proofs_kit_as(k, &k->clinic.cast.advocate);
	return 0;
}

int proofs_kit_teardown(void **state)
{
	proofs_kit_end(*state);
	return 0;
}
