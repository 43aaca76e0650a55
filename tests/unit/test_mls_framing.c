/*
 * Framing and what stands in it (RFC 9420 section 6), as hostile bytes: every
 * number outside its range, every list past its cap.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/pubkit.h"
#include "mls/public/object/extension.h"
#include "mls/public/group/message_check.h"

/* A PublicMessage of member 1 that removes leaf 2: where its parts stand. */
enum {
	AT_VERSION = 1,
	AT_WIRE_FORMAT = 3,
	AT_GROUP_ID = 4,     /* header and "kit" */
	AT_SENDER_TYPE = 16, /* behind eight bytes of epoch */
	AT_CONTENT_TYPE = 22 /* behind a leaf number and no data */
};

static int setup(void **state)
{
	static struct pubkit k;

	memset(&k, 0, sizeof k);
	pubkit_init(&k, 3, bytes_of(NULL, 0));
	*state = &k;
	return 0;
}

static int teardown(void **state)
{
	pubkit_wipe(*state);
	return 0;
}

static struct buf removal(struct pubkit *k)
{
	struct buf body = pubkit_remove(2);
	struct buf message = pubkit_message(
		k, pubkit_member(1), CONTENT_PROPOSAL, buf_view(&body), NULL);

	buf_wipe(&body);
	return message;
}

static int with_byte(struct pubkit *k, size_t at, uint8_t value)
{
	struct buf message = removal(k);

	message.data[at] = value;
	return pubkit_refuse(k, message);
}

static void test_numbers_out_of_range(void **state)
{
	struct pubkit *k = *state;
	struct mls_message_peek peek;
	struct buf message = removal(k);

	assert_int_equal(mls_message_peek(buf_view(&message), &peek), 0);
	assert_int_equal(peek.wire_format, WIRE_FORMAT_PUBLIC_MESSAGE);
	assert_int_equal(peek.epoch, 1);
	assert_int_equal(peek.sender.type, SENDER_MEMBER);
	assert_int_equal(peek.sender.index, 1);
	assert_int_equal(peek.content_type, CONTENT_PROPOSAL);
	assert_true(bytes_eq(peek.group_id, bytes_of("kit", 3)));
	message.data[AT_CONTENT_TYPE] = 9;
	assert_int_equal(
		mls_message_peek(buf_view(&message), &peek), ROWAN_E_MALFORMED);
	message.data[AT_CONTENT_TYPE] = CONTENT_PROPOSAL;
	message.data[AT_SENDER_TYPE] = 0;
	assert_int_equal(
		mls_message_peek(buf_view(&message), &peek), ROWAN_E_MALFORMED);
	for (size_t len = 0; len <= AT_CONTENT_TYPE; len++)
		assert_int_equal(
			mls_message_peek(bytes_of(message.data, len), &peek),
			ROWAN_E_MALFORMED);
	buf_wipe(&message);
	assert_int_equal(with_byte(k, AT_VERSION, 2), ROWAN_E_VERSION);
	assert_int_equal(with_byte(k, AT_WIRE_FORMAT, 6), ROWAN_E_MALFORMED);
	assert_int_equal(with_byte(k, AT_SENDER_TYPE, 0), ROWAN_E_MALFORMED);
	assert_int_equal(with_byte(k, AT_SENDER_TYPE, 5), ROWAN_E_MALFORMED);
	assert_int_equal(with_byte(k, AT_CONTENT_TYPE, 0), ROWAN_E_MALFORMED);
	assert_int_equal(with_byte(k, AT_CONTENT_TYPE, 4), ROWAN_E_MALFORMED);
	/* 2.1.2: "MUST be encoded in the minimum number of bits"; this one
	 * counts 3 in two bytes */
	assert_int_equal(with_byte(k, AT_GROUP_ID, 0x40), ROWAN_E_MALFORMED);
}

static void test_trailing_and_missing_bytes(void **state)
{
	struct pubkit *k = *state;
	struct buf message = removal(k);
	struct buf longer;

	assert_int_equal(buf_alloc(&longer, message.len + 1), 0);
	memcpy(longer.data, message.data, message.len);
	assert_int_equal(pubkit_refuse(k, longer), ROWAN_E_MALFORMED);
	for (size_t len = 0; len < message.len; len++) {
		struct buf shorter;

		assert_int_equal(
			buf_copy(&shorter, bytes_of(message.data, len)), 0);
		assert_int_equal(pubkit_refuse(k, shorter), ROWAN_E_MALFORMED);
	}
	buf_wipe(&message);
}

/* Larger than any message: refused before it is looked at. */
static void test_huge(void **state)
{
	const size_t len = MLS_MESSAGE_MAX + 1;
	uint8_t *data = calloc(len, 1);
	struct mls_message_peek peek;
	struct mls_message message;

	assert_non_null(data);
	assert_int_equal(mls_message_decode(bytes_of(data, len), &message),
		ROWAN_E_LIMIT);
	assert_int_equal(
		mls_message_peek(bytes_of(data, len), &peek), ROWAN_E_LIMIT);
	assert_int_equal(
		key_package_decode(bytes_of(data, len), &message.key_package),
		ROWAN_E_MALFORMED);
	free(data);
}

/* Only the two message formats have content. */
static void test_content_of_other_formats(void **state)
{
	struct pubkit *k = *state;
	struct authenticated_content *ac;
	struct buf message = removal(k);
	/* behind the version, without the membership tag */
	struct bytes raw = bytes_of(message.data + 2, message.len - 2 - 33);

	assert_int_equal(authenticated_content_decode(raw, &ac), 0);
	authenticated_content_unref(ac);
	message.data[AT_WIRE_FORMAT] = WIRE_FORMAT_WELCOME;
	assert_int_equal(
		authenticated_content_decode(raw, &ac), ROWAN_E_MALFORMED);
	assert_null(ac);
	buf_wipe(&message);
}

/* 12.1.8: from outside the group only as PublicMessage. */
static void test_outside_in_private(void **state)
{
	struct pubkit *k = *state;
	const struct epoch_view view = {.suite = k->suite,
		.context = k->group->context,
		.tree = k->group->tree,
		.policy = &k->policy};
	const struct sender newcomer = {SENDER_NEW_MEMBER_PROPOSAL, 0};
	const struct pubkit_wrong as = {.signer = &k->client[9],
		.wire_format = WIRE_FORMAT_PRIVATE_MESSAGE};
	struct buf body = pubkit_add(k, &k->client[9], NULL);
	struct buf message = pubkit_message(
		k, newcomer, CONTENT_PROPOSAL, buf_view(&body), &as);
	struct authenticated_content *ac;

	message.data[AT_WIRE_FORMAT] = WIRE_FORMAT_PRIVATE_MESSAGE;
	assert_int_equal(
		authenticated_content_decode(
			bytes_of(message.data + 2, message.len - 2), &ac),
		0);
	assert_int_equal(message_check(&view, ac), ROWAN_E_MLS_SENDER);
	authenticated_content_unref(ac);
	buf_wipe(&message);
	buf_wipe(&body);
}

/* 10: the key package's version "MUST" be that of the MLSMessage. */
static void test_key_package_version(void **state)
{
	struct pubkit *k = *state;
	const struct pubkit_package other = {.version = 2};
	struct buf package = pubkit_package(k, &k->client[9], &other);
	struct mls_message m;
	struct buf message;

	assert_int_equal(mls_message_wrap(WIRE_FORMAT_KEY_PACKAGE,
				 buf_view(&package), &message),
		0);
	assert_int_equal(
		mls_message_decode(buf_view(&message), &m), ROWAN_E_VERSION);
	assert_int_equal(m.wire_format, 0);
	buf_wipe(&message);
	buf_wipe(&package);
}

static void test_psk_ids(void **state)
{
	static const uint8_t types[][4] = {
		{0, 0, 0, 0}, {3, 0, 0, 0}, {2, 0, 0, 0}, {2, 4, 0, 0}};
	struct psk_id id;
	struct reader r;

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		reader_init(&r, bytes_of(types[i], sizeof types[i]));
		assert_int_equal(psk_id_read(&r, &id), ROWAN_E_MALFORMED);
		assert_int_equal(reader_left(&r), sizeof types[i]);
	}
}

/* 13.4: many extensions, all different; one past the cap. */
static void test_extension_lists(void **state)
{
	uint8_t list[3 * (MLS_EXTENSIONS_MAX + 1)] = {0};
	const size_t full = 3 * MLS_EXTENSIONS_MAX;

	for (size_t i = 0; i <= MLS_EXTENSIONS_MAX; i++)
		list[3 * i + 1] = (uint8_t)i;
	assert_int_equal(extension_list_check(bytes_of(list, full)), 0);
	assert_int_equal(extension_list_check(bytes_of(list, sizeof list)),
		ROWAN_E_LIMIT);
	list[1] = 1;
	assert_int_equal(extension_list_check(bytes_of(list, full)),
		ROWAN_E_MLS_EXTENSION);
	assert_int_equal(extension_list_check(bytes_of(list, full - 1)),
		ROWAN_E_MLS_EXTENSION);
}

static void test_external_sender_lists(void **state)
{
	uint8_t list[2 + 4 * (MLS_SENDERS_MAX + 1)] = {0};
	const size_t len = 4 * (MLS_SENDERS_MAX + 1);
	struct bytes senders;

	/* each: empty key, basic credential, empty identity */
	for (size_t i = 0; i <= MLS_SENDERS_MAX; i++)
		list[2 + 4 * i + 2] = CREDENTIAL_BASIC;
	list[0] = (uint8_t)(0x40 | len >> 8);
	list[1] = (uint8_t)len;
	assert_int_equal(
		external_senders_read(bytes_of(list, 2 + len), &senders),
		ROWAN_E_MLS_EXTENSION);
	list[0] = (uint8_t)(0x40 | (len - 4) >> 8);
	list[1] = (uint8_t)(len - 4);
	assert_int_equal(
		external_senders_read(bytes_of(list, 2 + len - 4), &senders),
		0);
	assert_int_equal(senders.len, len - 4);
	assert_int_equal(
		external_senders_read(bytes_of(list, 2 + len), &senders),
		ROWAN_E_MLS_EXTENSION);
}

/* What arrives from nobody who may send it is not judged as if it could. */
static void test_proposals_of_wrong_senders(void **state)
{
	struct pubkit *k = *state;
	const struct epoch_view view = {.suite = k->suite,
		.context = k->group->context,
		.tree = k->group->tree,
		.policy = &k->policy};
	static const struct sender senders[] = {{SENDER_EXTERNAL, 0},
		{SENDER_NEW_MEMBER_PROPOSAL, 0}, {SENDER_NEW_MEMBER_COMMIT, 0},
		{SENDER_MEMBER, 3}};
	struct buf raw = pubkit_update(k, &k->client[1], NULL);
	struct proposal update;

	assert_int_equal(proposal_decode(buf_view(&raw), &update), 0);
	for (size_t i = 0; i < sizeof senders / sizeof *senders; i++) {
		const struct proposal_item item = {
			.proposal = &update, .sender = senders[i]};

		assert_int_equal(
			proposal_check(&view, &item), ROWAN_E_MLS_SENDER);
	}
	proposal_wipe(&update);
	buf_wipe(&raw);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_numbers_out_of_range),
		TEST(test_trailing_and_missing_bytes),
		TEST(test_huge),
		TEST(test_content_of_other_formats),
		TEST(test_outside_in_private),
		TEST(test_key_package_version),
		TEST(test_psk_ids),
		TEST(test_extension_lists),
		TEST(test_external_sender_lists),
		TEST(test_proposals_of_wrong_senders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
