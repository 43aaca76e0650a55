/*
 * Provisioning a store offline.
 *
 * Trusts its caller: this is what trust will do once statements exist. Never
 * part of the daemon.
 */
#include "lib/seed.h"

#include <sodium.h>

#include "base/writer.h"
#include "store/store.h"

#define BATCH		4096 /* rows a transaction */
#define ROLE_CASEWORKER 1

/* 32 bytes that belong to a label and two numbers. */
static void derive(const char *label, uint32_t a, uint32_t b, uint8_t ret[32])
{
	uint8_t input[64];
	struct writer w;

	writer_init_fixed(&w, input, sizeof input);
	writer_raw(&w, "rowan seed ", 11);
	writer_raw(&w, label, strlen(label));
	writer_u8(&w, 0);
	writer_u32(&w, a);
	writer_u32(&w, b);
	crypto_generichash(ret, 32, input, w.len, NULL, 0);
}

static struct id16 derive_id(const char *label, uint32_t a, uint32_t b)
{
	struct id16 id;
	uint8_t h[32];

	derive(label, a, b, h);
	memcpy(id.b, h, ID16_LEN);
	return id;
}

void seed_device(enum seed_role role, uint32_t index, struct seed_device *ret)
{
	ret->id = derive_id("device", role, index);
	ret->member = derive_id("member", role, index);
	derive("transport", role, index, ret->secret);
	crypto_scalarmult_base(ret->public, ret->secret);
}

struct id16 seed_channel(uint32_t sender, uint32_t mailbox)
{
	return derive_id("channel", sender, mailbox);
}

struct id16 seed_case(uint32_t sender)
{
	return derive_id("case", sender, 0);
}

void seed_server(int port, struct seed_server *ret)
{
	derive("server", (uint32_t)port, 0, ret->secret);
	crypto_scalarmult_base(ret->public, ret->secret);
}

void seed_store_key(struct key32 *ret)
{
	derive("store", 0, 0, ret->b);
}

/* Close the open transaction and open the next, every BATCH rows. */
static int row(struct store *st, size_t *rows)
{
	int r;

	if (++*rows % BATCH)
		return 0;
	r = store_commit(st);
	return r ? r : store_begin(st, 1);
}

static int put_device(struct store *st, enum seed_role role, uint32_t index)
{
	struct store_device d = {.role = ROLE_CASEWORKER, .agency = "advocacy"};
	struct seed_device s;

	seed_device(role, index, &s);
	d.id = s.id;
	d.member = s.member;
	memcpy(d.transport.b, s.public, sizeof s.public);
	return store_device_put(st, &d, bytes_of(NULL, 0));
}

static int put_devices(
	struct store *st, enum seed_role role, uint32_t n, size_t *rows)
{
	for (uint32_t i = 0; i < n; i++) {
		int r = put_device(st, role, i);

		if (r == 0)
			r = row(st, rows);
		if (r)
			return r;
	}
	return 0;
}

static int put_channel(struct store *st, uint32_t sender, uint32_t mailbox)
{
	struct store_channel c = {.id = seed_channel(sender, mailbox),
		.case_id = seed_case(sender),
		.kind = 1};
	struct store_assignment a = {
		.member = derive_id("member", SEED_SENDER, sender)};
	struct store_assignment b = {
		.member = derive_id("member", SEED_MAILBOX, mailbox)};
	int r = store_channel_put(st, &c);

	if (r == 0)
		r = store_assign(st, &c.id, &a);
	return r ? r : store_assign(st, &c.id, &b);
}

static int put_channels(
	struct store *st, const struct seed_clinic *clinic, size_t *rows)
{
	for (uint32_t s = 0; s < clinic->senders; s++) {
		struct store_case c = {.id = seed_case(s)};
		int r = store_case_put(st, &c);

		for (uint32_t m = 0; r == 0 && m < clinic->mailboxes; m++) {
			r = put_channel(st, s, m);
			if (r == 0)
				r = row(st, rows);
		}
		if (r)
			return r;
	}
	return 0;
}

int seed_put(struct store *st, const struct seed_clinic *clinic)
{
	size_t rows = 0;
	int r = store_begin(st, 1);

	if (r)
		return r;
	r = put_devices(st, SEED_SENDER, clinic->senders, &rows);
	if (r == 0)
		r = put_devices(st, SEED_MAILBOX, clinic->mailboxes, &rows);
	if (r == 0)
		r = put_devices(st, SEED_IDLE, clinic->idle, &rows);
	if (r == 0)
		r = put_channels(st, clinic, &rows);
	if (r) {
		store_abort(st);
		return r;
	}
	return store_commit(st);
}

int seed_file(const char *path, const struct seed_clinic *clinic)
{
	struct store_options o = {.path = path,
		.mailbox_max = 1000,
		.mailbox_reserve = 10,
		.skip_check = true};
	struct store *st = NULL;
	struct key32 key;
	int r;

	seed_store_key(&key);
	o.key = &key;
	r = store_open(&st, &o);
	if (r)
		return r;
	r = seed_put(st, clinic);
	store_close(st);
	return r;
}
