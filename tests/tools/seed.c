/*
 * seed FILE SENDERS MAILBOXES [IDLE]: provision a store for scripts, as
 * tests/lib/seed.h describes, and print what clients must know.
 *
 * Trusts its caller. For tests only: the keys are derived, not random.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/seed.h"

static void print_hex(const char *name, const uint8_t *b, size_t n)
{
	printf("%s=", name);
	for (size_t i = 0; i < n; i++)
		printf("%02x", b[i]);
	putchar('\n');
}

/* The first device of a role; by its number clients derive the others. */
static void print_device(const char *role, enum seed_role which)
{
	struct seed_device d;
	char name[64];

	seed_device(which, 0, &d);
	snprintf(name, sizeof name, "%s_id", role);
	print_hex(name, d.id.b, sizeof d.id.b);
	snprintf(name, sizeof name, "%s_public", role);
	print_hex(name, d.public, sizeof d.public);
	snprintf(name, sizeof name, "%s_secret", role);
	print_hex(name, d.secret, sizeof d.secret);
}

int main(int argc, char **argv)
{
	struct seed_clinic c = {0};
	struct seed_server s;
	struct key32 key;
	struct id16 id;
	int r;

	if (argc < 4) {
		fprintf(stderr, "usage: seed FILE SENDERS MAILBOXES [IDLE]\n");
		return 64;
	}
	c.senders = (uint32_t)strtoul(argv[2], NULL, 10);
	c.mailboxes = (uint32_t)strtoul(argv[3], NULL, 10);
	c.idle = argc > 4 ? (uint32_t)strtoul(argv[4], NULL, 10) : 0;
	r = seed_file(argv[1], &c);
	if (r) {
		fprintf(stderr, "seed: %s: %s\n", argv[1], rowan_strerror(r));
		return 1;
	}
	seed_store_key(&key);
	print_hex("store_key", key.b, sizeof key.b);
	seed_log_key(&key);
	print_hex("log_key", key.b, sizeof key.b);
	seed_server(0, &s);
	print_hex("transport_secret", s.secret, 32);
	print_hex("transport_public", s.public, 32);
	seed_server(1, &s);
	print_hex("enrol_secret", s.secret, 32);
	print_hex("enrol_public", s.public, 32);
	print_device("sender", SEED_SENDER);
	print_device("mailbox", SEED_MAILBOX);
	print_device("idle", SEED_IDLE);
	print_device("stranger", SEED_STRANGER);
	id = seed_channel(0, 0);
	print_hex("channel", id.b, sizeof id.b);
	id = seed_case(0);
	print_hex("case", id.b, sizeof id.b);
	return 0;
}
