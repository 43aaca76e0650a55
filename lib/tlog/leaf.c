/*
 * Commitments of leaves: see leaf.h.
 */
#include <string.h>

#include <sodium.h>

#include "base/writer.h"
#include "tlog/leaf.h"

#define HOUR 3600

/* Each purpose has a word of its own, as BLAKE2b's personalization. */
#define LABEL_LEN crypto_generichash_blake2b_PERSONALBYTES
static const uint8_t label_salt[LABEL_LEN] = "rowan leaf salt";
static const uint8_t label_time[LABEL_LEN] = "rowan leaf time";
static const uint8_t label_leaf[LABEL_LEN] = "rowan leaf";

/*
 * A key of its own for each number, as crypto_kdf derives them: the number is
 * BLAKE2b's salt, and there is no message.
 */
static void derive(const uint8_t label[LABEL_LEN], const uint8_t key[32],
	uint64_t n, uint8_t ret[32])
{
	uint8_t number[crypto_generichash_blake2b_SALTBYTES] = {0};
	struct writer w;

	writer_init_fixed(&w, number, sizeof number);
	writer_u64(&w, n);
	(void)crypto_generichash_blake2b_salt_personal(
		ret, 32, NULL, 0, key, 32, number, label);
}

void leaf_salt(
	const struct key32 *secret, uint64_t number, struct wire_salt *ret)
{
	derive(label_salt, secret->b, number, ret->b);
}

void leaf_exact(
	const struct wire_salt *salt, uint64_t time, struct wire_hash *ret)
{
	derive(label_time, salt->b, time, ret->b);
}

void leaf_commit(const struct wire_salt *salt, struct bytes detail,
	struct wire_hash *ret)
{
	crypto_generichash_blake2b_state s;

	(void)crypto_generichash_blake2b_init_salt_personal(
		&s, NULL, 0, sizeof ret->b, NULL, label_leaf);
	(void)crypto_generichash_blake2b_update(&s, salt->b, sizeof salt->b);
	(void)crypto_generichash_blake2b_update(&s, detail.data, detail.len);
	(void)crypto_generichash_blake2b_final(&s, ret->b, sizeof ret->b);
}

void leaf_content(struct bytes data, struct wire_hash *ret)
{
	(void)crypto_generichash(
		ret->b, sizeof ret->b, data.data, data.len, NULL, 0);
}

/* Is the exact time the one of the detail, where one is told? */
static int check_time(
	const struct wire_opening *opening, const struct wire_detail *d)
{
	struct wire_hash exact;

	if (!opening->has_time)
		return 0;
	if (d->grain == WIRE_GRAIN_SECOND)
		return ROWAN_E_MALFORMED;
	leaf_exact(&opening->time_salt, opening->time, &exact);
	return opening->time / HOUR * HOUR == d->time &&
			       memcmp(&exact, &d->exact, sizeof exact) == 0
		       ? 0
		       : ROWAN_E_CRYPTO;
}

int leaf_rebuild(const struct wire_opening *opening, uint8_t ret[WIRE_LEAF_LEN],
	struct wire_detail *ret_detail)
{
	struct wire_leaf leaf;
	int rc = wire_detail_read(opening->detail, ret_detail);

	memset(ret, 0, WIRE_LEAF_LEN);
	if (rc == 0)
		rc = check_time(opening, ret_detail);
	if (rc == 0) {
		leaf = (struct wire_leaf){.act = ret_detail->act,
			.grain = ret_detail->grain,
			.time = ret_detail->time};
		leaf_commit(&opening->salt, opening->detail, &leaf.commitment);
		rc = wire_leaf_write(&leaf, ret);
	}
	if (rc != 0)
		memset(ret_detail, 0, sizeof *ret_detail);
	return rc;
}

int leaf_times_add(struct leaf_times *t, uint64_t number, struct bytes leaf)
{
	struct wire_leaf l;
	int rc = wire_leaf_read(leaf, &l);
	uint64_t end;

	if (rc != 0)
		return rc;
	end = l.grain == WIRE_GRAIN_HOUR && l.time <= UINT64_MAX - HOUR
		      ? l.time + (HOUR - 1)
		      : l.time;
	if (end < t->latest && !t->backdated) {
		t->backdated = true;
		t->leaf = number;
	}
	if (l.time > t->latest)
		t->latest = l.time;
	return 0;
}
