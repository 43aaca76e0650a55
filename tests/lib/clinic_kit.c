/*
 * A clinic from files at a running daemon: see clinic_kit.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "lib/clinic_kit.h"
#include "wire/armour.h"
#include "wire/code.h"

static void must(bool truth)
{
	if (!truth)
		abort();
}

/* Append one block to a file. */
static void append(const char *path, uint8_t kind, struct bytes object)
{
	FILE *f = fopen(path, "a");
	struct writer w;

	must(f != NULL);
	writer_init(&w, 2 * ARMOUR_OBJECT_MAX);
	must(armour_write(kind, object, &w) == 0);
	must(fwrite(w.data, 1, w.len, f) == w.len);
	writer_wipe(&w);
	must(fclose(f) == 0);
}

static void sink(void *ctx, struct bytes statement)
{
	const struct clinic_kit *k = ctx;

	append(k->path, ARMOUR_STATEMENT, statement);
}

void clinic_kit_begin(struct clinic_kit *k, struct rowand_proc *d, uint64_t now)
{
	char record[ROWAND_PATH_MAX], setting[ROWAND_PATH_MAX + 32];

	must(sodium_init() >= 0);
	memset(k, 0, sizeof *k);
	k->d = d;
	must(snprintf(record, sizeof record, "%s/authority.txt", d->dir) > 0);
	must(snprintf(k->path, sizeof k->path, "%s/statements.txt", d->dir) >
		0);
	must(snprintf(setting, sizeof setting, "authority = \"%s\";\n",
		     record) > 0);
	rowand_set(d, setting);
	world_init_at(&k->cast.w, now);
	append(record, ARMOUR_AUTHORITY_RECORD, buf_view(&k->cast.w.record));
	k->cast.w.sink = sink;
	k->cast.w.sink_ctx = k;
	cast_enter(&k->cast);
	k->cast.w.sink = NULL;
	must(rowand_import(d, k->path) == 0);
}

void clinic_kit_wipe(struct clinic_kit *k)
{
	world_wipe(&k->cast.w);
}

void clinic_kit_device(const struct world_person *p, struct seed_device *ret)
{
	memset(ret, 0, sizeof *ret);
	ret->id = p->device;
	ret->member = p->member;
	memcpy(ret->public, p->transport_key.b, sizeof ret->public);
	memcpy(ret->secret, p->transport_secret, sizeof ret->secret);
}

struct relay_client *clinic_kit_connect(
	struct clinic_kit *k, const struct world_person *p)
{
	struct relay_client *c = NULL;
	struct seed_device device;
	struct relay_options o = {
		.kind = RELAY_LINK_RAW, .port = k->d->port, .device = &device};

	clinic_kit_device(p, &device);
	must(relay_open(&c, &o) == 0);
	must(relay_hello(c, NULL) == 0);
	return c;
}

static uint16_t call(struct relay_client *c, uint16_t op,
	const struct writer *body, struct wire_message *ret)
{
	struct relay_request q = {.op = op, .body = body};
	int rc = relay_call(c, &q, ret);

	if (rc == 0)
		return WIRE_OK;
	/* Anything but a refusal is not what tests are about. */
	must(rc == wire_code_error(relay_error(c).code));
	return relay_error(c).code;
}

uint16_t clinic_kit_put(
	struct relay_client *c, struct bytes raw, struct wire_chain_head *ret)
{
	struct wire_statement_put p = {raw};
	struct wire_chain_head head;
	struct wire_message m;
	struct writer w;
	uint16_t code;

	writer_init(&w, WIRE_FRAME_MAX);
	must(wire_statement_put_encode(&p, &w) == 0);
	code = call(c, WIRE_OP_STATEMENT_PUT, &w, &m);
	writer_wipe(&w);
	if (code == WIRE_OK)
		must(wire_chain_head_decode(&m, &head) == 0);
	if (code == WIRE_OK && ret != NULL)
		*ret = head;
	return code;
}

uint16_t clinic_kit_act(struct clinic_kit *k, struct relay_client *c,
	struct case_state *of_case, struct wire_statement *s,
	const struct world_person *signer)
{
	struct wire_chain_head head;
	struct buf raw;
	uint16_t code;

	world_sign(&k->cast.w, signer, s, &raw);
	code = clinic_kit_put(c, buf_view(&raw), &head);
	if (code == WIRE_OK) {
		must(world_submit(&k->cast.w, of_case, buf_view(&raw)) == 0);
		must(head.number == (of_case != NULL
						    ? of_case->number
						    : k->cast.w.clinic.number));
	}
	buf_wipe(&raw);
	return code;
}

uint16_t clinic_kit_fetch(struct relay_client *c, const struct id16 *chain,
	uint64_t after, struct wire_chain_answer *ret)
{
	struct wire_chain_fetch f = {*chain, after, WIRE_CHAIN_ITEMS_MAX};
	uint8_t mem[64];
	struct wire_message m;
	struct writer w;
	uint16_t code;

	writer_init_fixed(&w, mem, sizeof mem);
	must(wire_chain_fetch_encode(&f, &w) == 0);
	code = call(c, WIRE_OP_CHAIN_FETCH, &w, &m);
	if (code == WIRE_OK)
		must(wire_chain_answer_decode(&m, ret) == 0);
	return code;
}

static bool has_head(struct relay_client *c, const struct id16 *chain,
	uint64_t number, const struct wire_hash *head)
{
	static struct wire_chain_answer a;

	return clinic_kit_fetch(c, chain, number, &a) == WIRE_OK &&
	       a.newest.number == number &&
	       memcmp(&a.newest.head, head, sizeof *head) == 0;
}

bool clinic_kit_in_step(struct clinic_kit *k, struct relay_client *c)
{
	static const struct id16 chain;
	const struct clinic *clinic = &k->cast.w.clinic;

	return has_head(c, &chain, clinic->number, &clinic->head) &&
	       has_head(c, &k->cast.c->id, k->cast.c->number, &k->cast.c->head);
}
