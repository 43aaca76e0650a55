/*
 * A member and whatever arrives: the first byte chooses between a message for
 * its group, a Welcome, a GroupInfo to join by, a saved group and a saved
 * client. A refused message leaves the saved group as it was; a group that
 * loads is saved again as it was.
 */
#include <stdlib.h>
#include <string.h>

#include <rowan/mls.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t state = 1; /* of the random numbers: always the same */

static uint64_t host_clock(void *ctx)
{
	return 1000000;
}

static int host_random(void *ctx, uint8_t *ret, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		ret[i] = (uint8_t)(state >> 56);
	}
	return 0;
}

static int host_validate(void *ctx, const struct rowan_mls_claim *claim)
{
	return 0;
}

static const struct rowan_mls_options *options(void)
{
	static struct rowan_mls_options o = {.host = {.clock = host_clock,
						     .random = host_random,
						     .validate = host_validate},
		.credential = {ROWAN_MLS_BASIC, {(const uint8_t *)"ann", 3}},
		.keep_epochs = 1};

	return &o;
}

static struct rowan_mls *client(void)
{
	static struct rowan_mls *c;
	struct rowan_mls_buf package;

	if (c != NULL)
		return c;
	if (rowan_mls_new(options(), &c) != 0 ||
		rowan_mls_key_package(c, NULL, &package, NULL) != 0)
		abort();
	rowan_mls_buf_free(&package);
	return c;
}

static struct rowan_mls_group *group(void)
{
	static struct rowan_mls_group *g;

	if (g == NULL &&
		rowan_mls_group_create(client(),
			(struct rowan_mls_bytes){(const uint8_t *)"fuzz", 4},
			(struct rowan_mls_extensions){NULL, 0}, &g) != 0)
		abort();
	return g;
}

static void save(struct rowan_mls_group *g, struct rowan_mls_buf *ret)
{
	if (rowan_mls_group_save(g, ret) != 0)
		abort();
}

static void same(const struct rowan_mls_buf *a, struct rowan_mls_bytes b)
{
	if (a->len != b.len || memcmp(a->data, b.data, b.len) != 0)
		abort();
}

static void message(struct rowan_mls_bytes in)
{
	struct rowan_mls_received *received;
	struct rowan_mls_buf before, after;
	int rc;

	save(group(), &before);
	rc = rowan_mls_process(group(), in, &received);
	rowan_mls_received_free(received);
	save(group(), &after);
	if (rc != 0)
		same(&after, (struct rowan_mls_bytes){before.data, before.len});
	rowan_mls_buf_free(&before);
	rowan_mls_buf_free(&after);
}

static void welcome(struct rowan_mls_bytes in)
{
	struct rowan_mls_group *g;

	if (rowan_mls_join(client(), in, NULL, &g) == 0)
		rowan_mls_group_free(g);
}

static void info(struct rowan_mls_bytes in)
{
	struct rowan_mls_buf commit;
	struct rowan_mls_group *g;

	if (rowan_mls_external_join(client(), in, NULL, &g, &commit) != 0)
		return;
	rowan_mls_buf_free(&commit);
	rowan_mls_group_free(g);
}

static void saved_group(struct rowan_mls_bytes in)
{
	struct rowan_mls_group *g;
	struct rowan_mls_buf again;

	if (rowan_mls_group_load(client(), in, &g) != 0)
		return;
	save(g, &again);
	same(&again, in);
	rowan_mls_buf_free(&again);
	rowan_mls_group_free(g);
}

static void saved_client(struct rowan_mls_bytes in)
{
	struct rowan_mls_buf again;
	struct rowan_mls *c;

	if (rowan_mls_load(options(), in, &c) != 0)
		return;
	if (rowan_mls_save(c, &again) != 0)
		abort();
	same(&again, in);
	rowan_mls_buf_free(&again);
	rowan_mls_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const what[])(struct rowan_mls_bytes) = {
		message, welcome, info, saved_group, saved_client};

	if (size > 0)
		what[data[0] % 5]((struct rowan_mls_bytes){data + 1, size - 1});
	return 0;
}
