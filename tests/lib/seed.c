/*
 * Keys and ids of seeded clinics.
 *
 * Trusts its caller. Knows no store, so that clients need not link one.
 */
#include "lib/seed.h"

#include <sodium.h>

#include "base/writer.h"

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
	struct id16 id = {{0}};
	uint8_t h[32];

	derive(label, a, b, h);
	memcpy(id.b, h, ID16_LEN);
	return id;
}

struct id16 seed_member(enum seed_role role, uint32_t index)
{
	return derive_id("member", role, index);
}

void seed_device(enum seed_role role, uint32_t index, struct seed_device *ret)
{
	ret->id = derive_id("device", role, index);
	ret->member = seed_member(role, index);
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

void seed_log_key(struct key32 *ret)
{
	derive("log", 0, 0, ret->b);
}
