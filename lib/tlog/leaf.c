/*
 * Commitments of leaves: see leaf.h.
 */
#include <string.h>

#include <sodium.h>

#include "base/writer.h"
#include "tlog/leaf.h"

#define HOUR 3600

/* Each purpose begins its message with a word of its own. */
#define LABEL_LEN 16
static const char label_salt[LABEL_LEN] = "rowan leaf salt";
static const char label_time[LABEL_LEN] = "rowan leaf time";
static const char label_leaf[LABEL_LEN] = "rowan leaf";

static void number_message(
	const char label[LABEL_LEN], uint64_t n, uint8_t ret[LABEL_LEN + 8])
{
	struct writer w;

	writer_init_fixed(&w, ret, LABEL_LEN + 8);
	writer_raw(&w, label, LABEL_LEN);
	writer_u64(&w, n);
}

void leaf_salt(
	const struct key32 *secret, uint64_t number, struct wire_salt *ret)
{
	uint8_t message[LABEL_LEN + 8];

	number_message(label_salt, number, message);
	(void)crypto_generichash(ret->b, sizeof ret->b, message, sizeof message,
		secret->b, sizeof secret->b);
}

void leaf_exact(
	const struct wire_salt *salt, uint64_t time, struct wire_hash *ret)
{
	uint8_t message[LABEL_LEN + 8];

	number_message(label_time, time, message);
	(void)crypto_generichash(ret->b, sizeof ret->b, message, sizeof message,
		salt->b, sizeof salt->b);
}

void leaf_commit(const struct wire_salt *salt, struct bytes detail,
	struct wire_hash *ret)
{
	crypto_generichash_state s;

	(void)crypto_generichash_init(
		&s, salt->b, sizeof salt->b, sizeof ret->b);
	(void)crypto_generichash_update(
		&s, (const uint8_t *)label_leaf, LABEL_LEN);
	(void)crypto_generichash_update(&s, detail.data, detail.len);
	(void)crypto_generichash_final(&s, ret->b, sizeof ret->b);
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

int leaf_open(struct bytes leaf, const struct wire_opening *opening,
	struct wire_detail *ret)
{
	uint8_t again[WIRE_LEAF_LEN];
	int rc = leaf_rebuild(opening, again, ret);

	if (rc == 0 && !bytes_eq(leaf, bytes_of(again, sizeof again)))
		rc = ROWAN_E_CRYPTO;
	if (rc != 0)
		memset(ret, 0, sizeof *ret);
	return rc;
}
