/*
 * Provisioning a store offline.
 *
 * Trusts its caller: enrolment and statements do this in earnest. Never part
 * of the daemon.
 */
#include "lib/seed.h"

#include <sodium.h>

#include "store/store.h"

#define BATCH		4096 /* rows a transaction */
#define ROLE_CASEWORKER 1

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
		.member = seed_member(SEED_SENDER, sender)};
	struct store_assignment b = {
		.member = seed_member(SEED_MAILBOX, mailbox)};
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

	if (sodium_init() < 0)
		return ROWAN_E_INTERNAL;
	seed_store_key(&key);
	o.key = &key;
	r = store_open(&st, &o);
	if (r)
		return r;
	r = seed_put(st, clinic);
	store_close(st);
	return r;
}
