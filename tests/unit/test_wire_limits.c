/*
 * What each family refuses: unknown flags and values, wrong order, overlaps,
 * zero counts, one more than every limit; and encoders that refuse the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/blob.h"
#include "wire/chain.h"
#include "wire/code.h"
#include "wire/envelope.h"
#include "wire/hello.h"
#include "wire/invite.h"
#include "wire/key.h"
#include "wire/lookup.h"
#include "wire/op.h"

#define BODY_MAX WIRE_FRAME_MAX
#define BAD	 ROWAN_E_MALFORMED
#define BIG	 ROWAN_E_LIMIT

static uint8_t zeros[WIRE_FRAME_MAX];
static struct bytes opaque[WIRE_ENVELOPES_MAX]; /* frames of the message */

/*
 * Write by script: 1 2 4 8 an integer of so many bytes, i an id made of one
 * byte, v a vector of so many zero bytes, ( and ) around a vector.
 */
static void put_args(struct writer *w, const char *script, va_list args)
{
	size_t marks[4], depth = 0;

	for (; *script != '\0'; script++)
		switch (*script) {
		case '1': writer_u8(w, (uint8_t)va_arg(args, int)); break;
		case '2': writer_u16(w, (uint16_t)va_arg(args, int)); break;
		case '4': writer_u32(w, va_arg(args, uint32_t)); break;
		case '8': writer_u64(w, va_arg(args, uint64_t)); break;
		case 'v':
			writer_vec(w, bytes_of(zeros, va_arg(args, size_t)));
			break;
		case 'i': {
			int b = va_arg(args, int);

			for (int i = 0; i < ID16_LEN; i++)
				writer_u8(w, (uint8_t)b);
			break;
		}
		case '(': marks[depth++] = writer_open(w); break;
		case ')': writer_close(w, marks[--depth]); break;
		default: break;
		}
}

static int decode(uint16_t op, size_t frames, struct bytes body)
{
	struct bytes all[2 + WIRE_ENVELOPES_MAX];
	struct wire_header h = {op == WIRE_OP_HELLO ? 0 : 1, op, 5};
	uint8_t header[WIRE_HEADER_LEN];
	struct wire_message m;
	struct writer out;
	int rc;

	wire_header_encode(&h, header);
	all[0] = bytes_of(header, sizeof header);
	all[1] = body;
	for (size_t i = 0; i < frames; i++)
		all[2 + i] = opaque[i].len > 0 ? opaque[i] : bytes_of("e", 1);
	rc = wire_message_assemble(all, 2 + frames, &m);
	if (rc != 0)
		return rc;
	writer_init(&out, BODY_MAX);
	rc = wire_op_recode(&m, &out);
	if (rc == 0)
		assert_true(bytes_eq(writer_view(&out), body));
	writer_wipe(&out);
	return rc;
}

/* Operation ${op} with ${frames} opaque frames and this body: ${rc}. */
static void check(
	int line, int want, int op, size_t frames, const char *script, ...)
{
	struct writer w;
	va_list args;
	int rc;

	writer_init(&w, BODY_MAX);
	va_start(args, script);
	put_args(&w, script, args);
	va_end(args);
	assert_int_equal(writer_status(&w), 0);
	rc = decode((uint16_t)op, frames, writer_view(&w));
	if (rc != want)
		fail_msg("line %d: %d instead of %d", line, rc, want);
	writer_wipe(&w);
}

#define CHECK(want, op, frames, ...)                                           \
	check(__LINE__, want, op, frames, __VA_ARGS__)
#define ANSWER(op) ((op) | WIRE_ANSWER)
#define U32(v)	   ((uint32_t)(v))
#define U64(v)	   ((uint64_t)(v))

/* A vector of ${n} times ${item}, each longer than the one before in n. */
static void check_many(int line, int want, int op, const char *item, size_t n)
{
	static uint8_t mem[BODY_MAX];
	struct writer w;
	size_t mark;
	int rc;

	writer_init_fixed(&w, mem, sizeof mem);
	if (op == WIRE_OP_KEY_CLAIM)
		writer_raw(&w, zeros, ID16_LEN);
	mark = writer_open(&w);
	for (size_t i = 0; i < n; i++)
		for (const char *p = item; *p != '\0'; p++)
			switch (*p) {
			case '0': writer_u8(&w, 0); break;
			case 'n': writer_u64(&w, 2 * i + 1); break;
			case 'z': writer_raw(&w, zeros, 8); break;
			case 'v': writer_vec(&w, bytes_of("p", 1)); break;
			case 'k': writer_u8(&w, 1); break;
			case 'a': writer_vec(&w, bytes_of("police", 6)); break;
			default: break;
			}
	writer_close(&w, mark);
	if (op == WIRE_OP_ACK)
		writer_u32(&w, 0);
	rc = decode((uint16_t)op,
		op == WIRE_OP_SUBMIT || op == WIRE_OP_PUSH ? n : 0,
		writer_view(&w));
	if (rc != want)
		fail_msg("line %d: %d instead of %d", line, rc, want);
}

/* A result: the error 0, leaf, time, salt. */
#define RESULT			"000000zzzzzz"
#define MANY(want, op, item, n) check_many(__LINE__, want, op, item, n)

static void counts_stop_at_their_limit(void **state)
{
	MANY(0, WIRE_OP_SUBMIT, "zzn00000", WIRE_ENVELOPES_MAX);
	MANY(BIG, ANSWER(WIRE_OP_SUBMIT), RESULT, WIRE_ENVELOPES_MAX + 1);
	MANY(0, ANSWER(WIRE_OP_SUBMIT), RESULT, WIRE_ENVELOPES_MAX);
	MANY(BAD, ANSWER(WIRE_OP_SUBMIT), RESULT, 0);
	MANY(0, WIRE_OP_PUSH, "nzzk0z", WIRE_ENVELOPES_MAX);
	MANY(0, WIRE_OP_ACK, "nn", WIRE_ACK_RANGES_MAX);
	MANY(BIG, WIRE_OP_ACK, "nn", WIRE_ACK_RANGES_MAX + 1);
	MANY(BAD, WIRE_OP_ACK, "nn", 0);
	MANY(0, WIRE_OP_KEY_PUBLISH, "0v", WIRE_KEY_PACKAGES_MAX);
	MANY(BIG, WIRE_OP_KEY_PUBLISH, "0v", WIRE_KEY_PACKAGES_MAX + 1);
	MANY(BAD, WIRE_OP_KEY_PUBLISH, "0v", 0);
	MANY(0, WIRE_OP_KEY_CLAIM, "nz", WIRE_CLAIMS_MAX);
	MANY(BIG, WIRE_OP_KEY_CLAIM, "nz", WIRE_CLAIMS_MAX + 1);
	MANY(BAD, WIRE_OP_KEY_CLAIM, "nz", 0);
	MANY(0, ANSWER(WIRE_OP_KEY_CLAIM), "0000000v", WIRE_CLAIMS_MAX);
	MANY(BIG, ANSWER(WIRE_OP_KEY_CLAIM), "0000000v", WIRE_CLAIMS_MAX + 1);
	MANY(BAD, ANSWER(WIRE_OP_KEY_CLAIM), "", 0);
	MANY(0, WIRE_OP_DEVICES, "nz", WIRE_LOOKUP_MAX);
	MANY(BIG, WIRE_OP_DEVICES, "nz", WIRE_LOOKUP_MAX + 1);
	MANY(BAD, WIRE_OP_DEVICES, "nz", 0);
	MANY(0, ANSWER(WIRE_OP_DEVICES), "000000zzk0av", WIRE_LOOKUP_MAX);
	MANY(BIG, ANSWER(WIRE_OP_DEVICES), "000000zzk0av", WIRE_LOOKUP_MAX + 1);
	MANY(BAD, ANSWER(WIRE_OP_DEVICES), "", 0);
}

static void hello_refuses(void **state)
{
	CHECK(0, WIRE_OP_HELLO, 0, "22", 1, 0xffff);
	CHECK(BAD, WIRE_OP_HELLO, 0, "22", 0, 1);
	CHECK(BAD, WIRE_OP_HELLO, 0, "22", 2, 1);
	CHECK(0, ANSWER(WIRE_OP_PING), 0, "81", U64(7), 1);
	CHECK(BAD, ANSWER(WIRE_OP_PING), 0, "81", U64(7), 2);
}

/* The answer to hello with one limit changed: want ${rc}. */
static void hello_answer_with(int want, const struct wire_hello_answer *a)
{
	uint8_t mem[256];
	struct writer w;

	writer_init_fixed(&w, mem, sizeof mem);
	assert_int_equal(wire_hello_answer_encode(a, &w), want);
}

static struct wire_hello_answer good_hello(void)
{
	return (struct wire_hello_answer){.version = 1,
		.limits = {.message_bytes = WIRE_MESSAGE_MAX,
			.envelopes = WIRE_ENVELOPES_MAX,
			.credit = WIRE_CREDIT_MAX,
			.lifetime = 5,
			.lifetime_max = 5,
			.blob_bytes = WIRE_BLOB_MAX},
		.buckets = {1, 2, 3, 4, 5, 6, 7, 8},
		.bucket_count = WIRE_BUCKETS_MAX};
}

static void hello_answers_announce_no_more_than_the_wire_allows(void **state)
{
	struct wire_hello_answer a = good_hello();

	hello_answer_with(0, &a);
	a.version = 0;
	hello_answer_with(ROWAN_E_INVAL, &a);
	a = good_hello();
	a.limits.message_bytes++;
	hello_answer_with(ROWAN_E_INVAL, &a);
	a = good_hello();
	a.limits.envelopes++;
	hello_answer_with(ROWAN_E_INVAL, &a);
	a.limits.envelopes = 0;
	hello_answer_with(ROWAN_E_INVAL, &a);
	a = good_hello();
	a.limits.credit++;
	hello_answer_with(ROWAN_E_INVAL, &a);
	a = good_hello();
	a.limits.lifetime++;
	hello_answer_with(ROWAN_E_INVAL, &a);
	a = good_hello();
	a.limits.blob_bytes++;
	hello_answer_with(ROWAN_E_INVAL, &a);
	a = good_hello();
	a.bucket_count = 0;
	hello_answer_with(ROWAN_E_INVAL, &a);
	a.bucket_count = WIRE_BUCKETS_MAX + 1;
	hello_answer_with(ROWAN_E_INVAL, &a);
	a = good_hello();
	a.buckets[3] = a.buckets[2];
	hello_answer_with(ROWAN_E_INVAL, &a);
	a = good_hello();
	a.buckets[0] = 0;
	hello_answer_with(ROWAN_E_INVAL, &a);
}

#define LIMITS "424484244844"
#define LIMITS_OF(bytes, envelopes, credit, lifetime, blob)                    \
	U32(bytes), envelopes, U32(credit), U32(0), U64(0), U32(0), 0,         \
		U32(lifetime), U32(9), U64(blob), U32(0), U32(0)
#define HELLO(want, version, limits, buckets, ...)                             \
	CHECK(want, ANSWER(WIRE_OP_HELLO), 0, "28184" LIMITS "4(" buckets ")", \
		version, U64(0), 0, U64(0), U32(0), limits, U32(0),            \
		__VA_ARGS__)

static void hello_answers_are_checked_when_read(void **state)
{
	/* Errors of the answer travel under the version agreed on. */
	HELLO(0, 1, LIMITS_OF(9, 1, 1, 9, 9), "44", U32(1), U32(2));
	HELLO(BAD, 0, LIMITS_OF(9, 1, 1, 9, 9), "44", U32(1), U32(2));
	HELLO(BAD, 1, LIMITS_OF(WIRE_MESSAGE_MAX + 1, 1, 1, 9, 9), "44", U32(1),
		U32(2));
	HELLO(BAD, 1, LIMITS_OF(9, 0, 1, 9, 9), "44", U32(1), U32(2));
	HELLO(BAD, 1, LIMITS_OF(9, 65, 1, 9, 9), "44", U32(1), U32(2));
	HELLO(BAD, 1, LIMITS_OF(9, 1, 0, 9, 9), "44", U32(1), U32(2));
	HELLO(BAD, 1, LIMITS_OF(9, 1, 1025, 9, 9), "44", U32(1), U32(2));
	HELLO(BAD, 1, LIMITS_OF(9, 1, 1, 10, 9), "44", U32(1), U32(2));
	HELLO(BAD, 1, LIMITS_OF(9, 1, 1, 9, WIRE_BLOB_MAX + 1), "44", U32(1),
		U32(2));
	HELLO(BAD, 1, LIMITS_OF(9, 1, 1, 9, 9), "44", U32(2), U32(2));
	HELLO(BAD, 1, LIMITS_OF(9, 1, 1, 9, 9), "4", U32(0));
	HELLO(BAD, 1, LIMITS_OF(9, 1, 1, 9, 9), "", 0);
	HELLO(BAD, 1, LIMITS_OF(9, 1, 1, 9, 9), "41", U32(1), 0);
	HELLO(BIG, 1, LIMITS_OF(9, 1, 1, 9, 9), "444444444", U32(1), U32(2),
		U32(3), U32(4), U32(5), U32(6), U32(7), U32(8), U32(9));
}

static void errors_refuse(void **state)
{
	CHECK(0, WIRE_OP_ERROR, 0, "24", WIRE_AGAIN, U32(77));
	CHECK(0, WIRE_OP_ERROR, 0, "24", WIRE_REFUSED, U32(0));
	CHECK(0, WIRE_OP_ERROR, 0, "24", 0x01fe, U32(1));
	CHECK(BAD, WIRE_OP_ERROR, 0, "24", WIRE_REFUSED, U32(1));
	CHECK(BAD, WIRE_OP_ERROR, 0, "24", WIRE_COUNTER, U32(1));
	CHECK(BAD, WIRE_OP_ERROR, 0, "24", WIRE_OK, U32(0));
	CHECK(BAD, WIRE_OP_ERROR, 0, "24", 0x00ff, U32(0));
	CHECK(BAD, WIRE_OP_ERROR, 0, "24", 0x0400, U32(0));
}

static void key_packages_refuse(void **state)
{
	CHECK(0, WIRE_OP_KEY_PUBLISH, 0, "(1v1v)", 1, (size_t)1, 0,
		(size_t)WIRE_KEY_PACKAGE_MAX);
	CHECK(BIG, WIRE_OP_KEY_PUBLISH, 0, "(1v)", 0,
		(size_t)WIRE_KEY_PACKAGE_MAX + 1);
	CHECK(BAD, WIRE_OP_KEY_PUBLISH, 0, "(1v)", 0, (size_t)0);
	CHECK(BAD, WIRE_OP_KEY_PUBLISH, 0, "(1v)", 2, (size_t)1);
	CHECK(BAD, WIRE_OP_KEY_PUBLISH, 0, "(1v1v)", 1, (size_t)1, 1,
		(size_t)1);

	CHECK(0, ANSWER(WIRE_OP_KEY_COUNT), 0, "211", 7, 1, 1);
	CHECK(BAD, ANSWER(WIRE_OP_KEY_COUNT), 0, "211", 7, 0, 1);
	CHECK(BAD, ANSWER(WIRE_OP_KEY_COUNT), 0, "211", 7, 2, 0);

	CHECK(0, WIRE_OP_KEY_CLAIM, 0, "i(ii)", 9, 1, 2);
	CHECK(BAD, WIRE_OP_KEY_CLAIM, 0, "i(ii)", 9, 2, 1);
	CHECK(BAD, WIRE_OP_KEY_CLAIM, 0, "i(ii)", 9, 2, 2);
	CHECK(BAD, WIRE_OP_KEY_CLAIM, 0, "i(i1)", 9, 2, 0);

	CHECK(0, ANSWER(WIRE_OP_KEY_CLAIM), 0, "(241v24)", 0, U32(0), 1,
		(size_t)5, WIRE_QUOTA, U32(50));
	CHECK(BAD, ANSWER(WIRE_OP_KEY_CLAIM), 0, "(241v)", 0, U32(0), 2,
		(size_t)5);
	CHECK(BAD, ANSWER(WIRE_OP_KEY_CLAIM), 0, "(241v)", 0, U32(0), 0,
		(size_t)0);
	CHECK(BIG, ANSWER(WIRE_OP_KEY_CLAIM), 0, "(241v)", 0, U32(0), 0,
		(size_t)WIRE_KEY_PACKAGE_MAX + 1);
	CHECK(BAD, ANSWER(WIRE_OP_KEY_CLAIM), 0, "(241v)", 0, U32(1), 0,
		(size_t)5);
}

static void submissions_refuse(void **state)
{
	static uint8_t envelope[WIRE_ENVELOPE_MAX + 1];

	CHECK(0, WIRE_OP_SUBMIT, 1, "(i814)", 1, UINT64_MAX, 1, U32(0));
	CHECK(BAD, WIRE_OP_SUBMIT, 1, "(i814)", 1, U64(0), 0, U32(0));
	CHECK(BAD, WIRE_OP_SUBMIT, 1, "(i814)", 1, U64(1), 2, U32(0));
	CHECK(BAD, WIRE_OP_SUBMIT, 1, "(i814)", 1, U64(1), 0x80, U32(0));
	CHECK(BAD, WIRE_OP_SUBMIT, 0, "()");
	CHECK(BAD, WIRE_OP_SUBMIT, 1, "()");
	CHECK(BAD, WIRE_OP_SUBMIT, 2, "(i814)", 1, U64(1), 0, U32(0));
	CHECK(0, WIRE_OP_SUBMIT, 2, "(i814i814)", 1, U64(1), 0, U32(0), 1,
		U64(9), 0, U32(0));
	CHECK(BAD, WIRE_OP_SUBMIT, 2, "(i814i814)", 1, U64(9), 0, U32(0), 1,
		U64(9), 0, U32(0));
	CHECK(BAD, WIRE_OP_SUBMIT, 2, "(i814i814)", 1, U64(9), 0, U32(0), 1,
		U64(8), 0, U32(0));
	CHECK(BIG, WIRE_OP_SUBMIT, 1, "v", (size_t)(65 * 29));
	opaque[0] = bytes_of(envelope, WIRE_ENVELOPE_MAX);
	CHECK(0, WIRE_OP_SUBMIT, 1, "(i814)", 1, U64(1), 0, U32(0));
	opaque[0].len++;
	CHECK(BIG, WIRE_OP_SUBMIT, 1, "(i814)", 1, U64(1), 0, U32(0));
	opaque[0] = bytes_of(NULL, 0);
}

static void deliveries_refuse(void **state)
{
	int f = ANSWER(WIRE_OP_FETCH);

	CHECK(0, WIRE_OP_PUSH, 1, "(8i118)", U64(1), 1, 4, 1, U64(0));
	CHECK(BAD, WIRE_OP_PUSH, 1, "(8i118)", U64(0), 1, 1, 0, U64(0));
	CHECK(BAD, WIRE_OP_PUSH, 1, "(8i118)", U64(1), 1, 0, 0, U64(0));
	CHECK(BAD, WIRE_OP_PUSH, 1, "(8i118)", U64(1), 1, 5, 0, U64(0));
	CHECK(BAD, WIRE_OP_PUSH, 1, "(8i118)", U64(1), 1, 1, 2, U64(0));
	CHECK(BAD, WIRE_OP_PUSH, 0, "()");
	CHECK(BAD, WIRE_OP_PUSH, 2, "(8i1188i118)", U64(2), 1, 1, 0, U64(0),
		U64(2), 1, 1, 0, U64(0));
	CHECK(BAD, WIRE_OP_PUSH, 2, "(8i1188i118)", U64(2), 1, 1, 0, U64(0),
		U64(1), 1, 1, 0, U64(0));

	CHECK(0, f, 0, "1()", 0);
	CHECK(BAD, f, 0, "1()", 1);
	CHECK(BAD, f, 0, "1()", 2);
	CHECK(BAD, f, 1, "1()", 0);
	CHECK(0, f, 1, "1(8i118)", 1, U64(1), 1, 1, 0, U64(0));
	CHECK(BAD, f, 0, "1(8i118)", 0, U64(1), 1, 1, 0, U64(0));
	CHECK(BIG, f, 0, "1v", 0, (size_t)(65 * 34));
}

static void credit_and_fetch_refuse(void **state)
{
	CHECK(0, WIRE_OP_SUBSCRIBE, 0, "84", UINT64_MAX, U32(1024));
	CHECK(0, WIRE_OP_SUBSCRIBE, 0, "84", U64(0), U32(0));
	CHECK(BIG, WIRE_OP_SUBSCRIBE, 0, "84", U64(0), U32(1025));
	CHECK(0, WIRE_OP_CREDIT, 0, "4", U32(1024));
	CHECK(BAD, WIRE_OP_CREDIT, 0, "4", U32(0));
	CHECK(BIG, WIRE_OP_CREDIT, 0, "4", U32(1025));
	CHECK(0, WIRE_OP_FETCH, 0, "82", U64(0), 64);
	CHECK(BAD, WIRE_OP_FETCH, 0, "82", U64(0), 0);
	CHECK(BIG, WIRE_OP_FETCH, 0, "82", U64(0), 65);
}

static void ranges_refuse(void **state)
{
	CHECK(0, WIRE_OP_ACK, 0, "(88)4", U64(1), UINT64_MAX, U32(1024));
	CHECK(0, WIRE_OP_ACK, 0, "(8888)4", U64(1), U64(1), U64(3), U64(3),
		U32(0));
	CHECK(BAD, WIRE_OP_ACK, 0, "(88)4", U64(0), U64(1), U32(0));
	CHECK(BAD, WIRE_OP_ACK, 0, "(88)4", U64(2), U64(1), U32(0));
	/* touching, overlapping, descending, and past the largest number */
	CHECK(BAD, WIRE_OP_ACK, 0, "(8888)4", U64(1), U64(2), U64(3), U64(4),
		U32(0));
	CHECK(BAD, WIRE_OP_ACK, 0, "(8888)4", U64(1), U64(3), U64(3), U64(4),
		U32(0));
	CHECK(BAD, WIRE_OP_ACK, 0, "(8888)4", U64(5), U64(6), U64(1), U64(2),
		U32(0));
	CHECK(BAD, WIRE_OP_ACK, 0, "(8888)4", U64(1), UINT64_MAX, U64(7),
		U64(9), U32(0));
	CHECK(BIG, WIRE_OP_ACK, 0, "(88)4", U64(1), U64(1), U32(1025));
	CHECK(BAD, WIRE_OP_ACK, 0, "(884)4", U64(1), U64(1), U32(1), U32(0));
}

static void blobs_refuse(void **state)
{
	static uint8_t chunk[WIRE_CHUNK_LEN + 1];
	struct bytes full = bytes_of(chunk, WIRE_CHUNK_LEN);

	CHECK(0, WIRE_OP_BLOB_BEGIN, 0, "ii848", 1, 2, WIRE_BLOB_MAX, U32(0),
		U64(0));
	CHECK(BIG, WIRE_OP_BLOB_BEGIN, 0, "ii848", 1, 2, WIRE_BLOB_MAX + 1,
		U32(0), U64(0));
	CHECK(BAD, WIRE_OP_BLOB_BEGIN, 0, "ii848", 1, 2, U64(0), U32(0),
		U64(0));
	CHECK(0, ANSWER(WIRE_OP_BLOB_PUT), 0, "4", U32(65536));
	CHECK(BIG, ANSWER(WIRE_OP_BLOB_PUT), 0, "4", U32(65537));

	CHECK(0, WIRE_OP_BLOB_PUT, 1, "i4", 1, U32(65535));
	CHECK(BIG, WIRE_OP_BLOB_PUT, 1, "i4", 1, U32(65536));
	CHECK(BIG, WIRE_OP_BLOB_PUT, 1, "i4", 1, UINT32_MAX);
	CHECK(BIG, WIRE_OP_BLOB_PUT, 9, "i4", 1, U32(0));
	CHECK(BAD, WIRE_OP_BLOB_PUT, 0, "i4", 1, U32(0));
	/* Only the last may be short. */
	CHECK(BAD, WIRE_OP_BLOB_PUT, 2, "i4", 1, U32(0));
	for (size_t i = 0; i < WIRE_CHUNKS_MAX; i++)
		opaque[i] = i < 3 ? full : bytes_of(NULL, 0);
	CHECK(0, WIRE_OP_BLOB_PUT, 4, "i4", 1, U32(65532));
	CHECK(BIG, WIRE_OP_BLOB_PUT, 4, "i4", 1, U32(65533));
	/* Eight full ones and header and body are within the message. */
	for (size_t i = 0; i < WIRE_CHUNKS_MAX; i++)
		opaque[i] = full;
	CHECK(0, WIRE_OP_BLOB_PUT, WIRE_CHUNKS_MAX, "i4", 1, U32(0));
	for (size_t i = 1; i < WIRE_CHUNKS_MAX; i++)
		opaque[i] = bytes_of(NULL, 0);
	CHECK(0, WIRE_OP_BLOB_PUT, 2, "i4", 1, U32(0));
	opaque[1] = bytes_of(chunk, WIRE_CHUNK_LEN + 1);
	CHECK(BIG, WIRE_OP_BLOB_PUT, 2, "i4", 1, U32(0));
	opaque[1] = bytes_of(NULL, 0);

	CHECK(0, ANSWER(WIRE_OP_BLOB_STATUS), 0, "8488", U64(65537), U32(2),
		U64(0), U64(0));
	CHECK(BAD, ANSWER(WIRE_OP_BLOB_STATUS), 0, "8488", U64(65537), U32(3),
		U64(0), U64(0));
	CHECK(BAD, ANSWER(WIRE_OP_BLOB_STATUS), 0, "8488", U64(0), U32(0),
		U64(0), U64(0));

	CHECK(0, WIRE_OP_BLOB_GET, 0, "i42", 1, U32(65535), 8);
	CHECK(BIG, WIRE_OP_BLOB_GET, 0, "i42", 1, U32(65536), 8);
	CHECK(BIG, WIRE_OP_BLOB_GET, 0, "i42", 1, U32(0), 9);
	CHECK(BAD, WIRE_OP_BLOB_GET, 0, "i42", 1, U32(0), 0);

	/* One full chunk, then a byte: 65,537 bytes and no other size. */
	CHECK(0, ANSWER(WIRE_OP_BLOB_GET), 2, "84", U64(65537), U32(0));
	CHECK(BAD, ANSWER(WIRE_OP_BLOB_GET), 2, "84", U64(65536), U32(0));
	CHECK(BAD, ANSWER(WIRE_OP_BLOB_GET), 2, "84", U64(65538), U32(0));
	CHECK(0, ANSWER(WIRE_OP_BLOB_GET), 1, "84", U64(65538), U32(0));
	CHECK(BAD, ANSWER(WIRE_OP_BLOB_GET), 1, "84", U64(65537), U32(1));
	CHECK(BAD, ANSWER(WIRE_OP_BLOB_GET), 0, "84", U64(65537), U32(0));
	opaque[0] = bytes_of(NULL, 0);
	assert_int_equal(wire_blob_chunks(1), 1);
	assert_int_equal(wire_blob_chunks(65536), 1);
	assert_int_equal(wire_blob_chunks(65537), 2);
	assert_int_equal(wire_blob_chunks(WIRE_BLOB_MAX), 65536);
}

/* An agency of ${len} zero bytes, or one of letters. */
static void device_with(int want, const char *agency, int role, int flags)
{
	uint8_t mem[256];
	struct writer w;
	size_t mark;

	writer_init_fixed(&w, mem, sizeof mem);
	mark = writer_open(&w);
	writer_raw(&w, zeros, WIRE_ERROR_LEN + ID16_LEN);
	writer_u8(&w, (uint8_t)role);
	writer_u8(&w, (uint8_t)flags);
	writer_vec(&w, bytes_of(agency, strlen(agency)));
	writer_u8(&w, 0);
	writer_close(&w, mark);
	assert_int_equal(
		decode(ANSWER(WIRE_OP_DEVICES), 0, writer_view(&w)), want);
}

static void devices_refuse(void **state)
{
	device_with(0, "nhs-foundation16", 4, 1);
	device_with(0, "az09-", 1, 0);
	device_with(BAD, "a`", 1, 0);
	device_with(BAD, "a{", 1, 0);
	device_with(BAD, "a/", 1, 0);
	device_with(BAD, "a:", 1, 0);
	device_with(BIG, "nhs-foundation-17", 1, 0);
	device_with(BAD, "", 1, 0);
	device_with(BAD, "Police", 1, 0);
	device_with(BAD, "a b", 1, 0);
	device_with(BAD, "caf\xc3\xa9", 1, 0);
	device_with(BAD, "police", 0, 0);
	device_with(BAD, "police", 5, 0);
	device_with(BAD, "police", 1, 2);
	CHECK(0, ANSWER(WIRE_OP_DEVICES), 0, "(24)", WIRE_REFUSED, U32(0));
	CHECK(BAD, ANSWER(WIRE_OP_DEVICES), 0, "(24i)", WIRE_REFUSED, U32(0),
		1);
	CHECK(BAD, WIRE_OP_DEVICES, 0, "(ii)", 2, 1);
	CHECK(BAD, WIRE_OP_DEVICES, 0, "(ii)", 1, 1);
}

static void cases_refuse(void **state)
{
	int c = ANSWER(WIRE_OP_CASE);
	uint8_t mem[8192];
	struct writer w;

	CHECK(0, c, 0, "1(i14(ii)i14(i))", 2, 1, 1, U32(1), 3, 4, 2, 3, U32(0),
		5);
	CHECK(BAD, c, 0, "1(i14(i))", 0, 1, 1, U32(1), 3);
	CHECK(BAD, c, 0, "1(i14(i))", 3, 1, 1, U32(1), 3);
	CHECK(BAD, c, 0, "1()", 1);
	CHECK(BAD, c, 0, "1(i14(i))", 1, 1, 0, U32(1), 3);
	CHECK(BAD, c, 0, "1(i14(i))", 1, 1, 4, U32(1), 3);
	CHECK(BAD, c, 0, "1(i14())", 1, 1, 1, U32(1));
	CHECK(BAD, c, 0, "1(i14(ii))", 1, 1, 1, U32(1), 4, 3);
	CHECK(BAD, c, 0, "1(i14(ii))", 1, 1, 1, U32(1), 4, 4);
	CHECK(BAD, c, 0, "1(i14(i)i14(i))", 1, 1, 2, U32(1), 3, 2, 1, U32(0),
		5);
	CHECK(BAD, c, 0, "1(i14(i)i14(i))", 1, 1, 2, U32(1), 3, 2, 2, U32(0),
		5);
	for (size_t n = WIRE_CHANNEL_DEVICES_MAX;
		n <= WIRE_CHANNEL_DEVICES_MAX + 1; n++) {
		size_t outer, inner;

		writer_init_fixed(&w, mem, sizeof mem);
		writer_u8(&w, 1);
		outer = writer_open(&w);
		writer_raw(&w, zeros, ID16_LEN);
		writer_u8(&w, 1);
		writer_u32(&w, 1);
		inner = writer_open(&w);
		for (size_t i = 0; i < n; i++) {
			writer_u64(&w, i);
			writer_u64(&w, 0);
		}
		writer_close(&w, inner);
		writer_close(&w, outer);
		assert_int_equal(decode((uint16_t)c, 0, writer_view(&w)),
			n == WIRE_CHANNEL_DEVICES_MAX ? 0 : BIG);
	}
}

/* The largest answers there can be. */
static void the_largest_answers_fit(void **state)
{
	static uint8_t mem[BODY_MAX], data[WIRE_CARD_MAX];
	static struct wire_devices_answer d = {.count = WIRE_LOOKUP_MAX};
	static struct wire_key_claim_answer k = {.count = WIRE_CLAIMS_MAX};
	struct writer w;

	for (size_t i = 0; i < WIRE_LOOKUP_MAX; i++)
		d.devices[i] = (struct wire_device){.role = 1,
			.agency = bytes_of("nhs-foundation16", 16),
			.card = bytes_of(data, WIRE_CARD_MAX)};
	writer_init_fixed(&w, mem, sizeof mem);
	assert_int_equal(wire_devices_answer_encode(&d, &w), 0);
	assert_int_equal(
		decode(ANSWER(WIRE_OP_DEVICES), 0, writer_view(&w)), 0);
	for (size_t i = 0; i < WIRE_CLAIMS_MAX; i++)
		k.results[i].data = bytes_of(data, WIRE_KEY_PACKAGE_MAX);
	writer_init_fixed(&w, mem, sizeof mem);
	assert_int_equal(wire_key_claim_answer_encode(&k, &w), 0);
	assert_int_equal(
		decode(ANSWER(WIRE_OP_KEY_CLAIM), 0, writer_view(&w)), 0);
}

/* Decoders see to it themselves that nothing opaque comes along. */
static void no_decoder_takes_frames_it_does_not_know(void **state)
{
	const struct bytes frame = bytes_of("x", 1);
	const struct wire_op_info *info;
	uint8_t mem[64], body[64] = {0};
	struct writer w;

	for (size_t i = 0; (info = wire_op_at(i)) != NULL; i++)
		for (size_t len = 0; len <= sizeof body; len++) {
			struct wire_message m = {.header.op = info->op,
				.body = bytes_of(body, len),
				.frames = &frame,
				.frame_count = 1};

			writer_init_fixed(&w, mem, sizeof mem);
			if (info->request_frames == 0)
				assert_int_equal(wire_op_recode(&m, &w), BAD);
			m.header.op |= WIRE_ANSWER;
			writer_init_fixed(&w, mem, sizeof mem);
			if (info->answer != NULL && info->answer_frames == 0)
				assert_int_equal(wire_op_recode(&m, &w), BAD);
		}
}

static void chains_refuse(void **state)
{
	const int put = WIRE_OP_STATEMENT_PUT, fetch = WIRE_OP_CHAIN_FETCH;
	const int chain = ANSWER(WIRE_OP_CHAIN_FETCH);
	const int cases = ANSWER(WIRE_OP_CASES_FETCH);
	const int all = ANSWER(WIRE_OP_CASES_ALL);
	const size_t most = WIRE_STATEMENT_MAX;

	CHECK(0, put, 0, "v", most);
	CHECK(BIG, put, 0, "v", most + 1);
	CHECK(BAD, put, 0, "v", (size_t)0);
	CHECK(0, fetch, 0, "i82", 0, U64(0), 1);
	CHECK(BAD, fetch, 0, "i82", 0, U64(0), 0);
	CHECK(BAD, fetch, 0, "i821", 0, U64(0), 1, 1);
	CHECK(BAD, ANSWER(put), 0, "8i", U64(1), 1);

	CHECK(0, chain, 0, "8()8ii", U64(0), U64(9), 1, 2);
	CHECK(BAD, chain, 0, "8()8ii", U64(1), U64(9), 1, 2);
	CHECK(0, chain, 0, "8(1v)8ii", U64(9), 0, most, U64(9), 1, 2);
	CHECK(BIG, chain, 0, "8(1v)8ii", U64(9), 0, most + 1, U64(9), 1, 2);
	CHECK(BAD, chain, 0, "8(1v)8ii", U64(9), 0, (size_t)0, U64(9), 1, 2);
	CHECK(BAD, chain, 0, "8(1v)8ii", U64(9), 2, most, U64(9), 1, 2);
	CHECK(BAD, chain, 0, "8(1v)8ii", U64(0), 0, most, U64(9), 1, 2);
	/* Past the head. */
	CHECK(BAD, chain, 0, "8(1v)8ii", U64(10), 0, most, U64(9), 1, 2);
	CHECK(BAD, chain, 0, "8(1v1v)8ii", U64(9), 0, (size_t)1, 0, (size_t)1,
		U64(9), 1, 2);
	CHECK(BAD, chain, 0, "8(1v1v)8ii", ~U64(0), 0, (size_t)1, 0, (size_t)1,
		~U64(0), 1, 2);
	CHECK(0, chain, 0, "8(1iiii8)8ii", U64(9), 1, 1, 2, 3, 4, U64(5),
		U64(9), 1, 2);
	CHECK(BAD, chain, 0, "8(1iii8)8ii", U64(9), 1, 1, 2, 3, U64(5), U64(9),
		1, 2);

	CHECK(0, cases, 0, "()1", 0);
	CHECK(BAD, cases, 0, "()1", 1);
	CHECK(0, cases, 0, "(i8i8)1", 1, U64(1), 2, U64(1), 1);
	CHECK(BAD, cases, 0, "(i8i8)1", 2, U64(1), 1, U64(1), 1);
	CHECK(BAD, cases, 0, "(i8i8)1", 1, U64(1), 1, U64(1), 1);
	CHECK(BAD, cases, 0, "(i8)1", 1, U64(0), 0);
	CHECK(BAD, cases, 0, "(i8)1", 1, U64(1), 2);
	CHECK(0, all, 0, "()18", 0, U64(0));
	CHECK(0, all, 0, "(i8)18", 1, U64(1), 1, U64(9));
	CHECK(BAD, all, 0, "(i8)18", 1, U64(1), 1, U64(0));
	CHECK(BAD, all, 0, "(i8)18", 1, U64(1), 0, U64(9));
	CHECK(BAD, all, 0, "(i8i8)18", 2, U64(1), 1, U64(1), 0, U64(0));
	CHECK(0, WIRE_OP_CASES_ALL, 0, "8", ~U64(0));
	CHECK(BAD, WIRE_OP_CASES_ALL, 0, "81", U64(0), 1);
	CHECK(BAD, WIRE_OP_NOTICE, 0, "i8i", 1, U64(1), 1);
	CHECK(0, WIRE_OP_NOTICE, 0, "i8ii", 1, U64(1), 1, 2);
}

static void invites_refuse(void **state)
{
	const int put = WIRE_OP_INVITE_PUT;
	const int seen = ANSWER(WIRE_OP_INVITE_WATCH);
	const int result = ANSWER(WIRE_OP_REDEEM_RESULT);
	const uint32_t most = WIRE_INVITE_LIFE_MAX;
	const size_t bundle = WIRE_BUNDLE_MAX, request = WIRE_REQUEST_MAX;

	CHECK(0, put, 0, "ii4v", 1, 0, most, bundle);
	CHECK(BIG, put, 0, "ii4v", 1, 0, most + 1, bundle);
	CHECK(BIG, put, 0, "ii4v", 1, 0, most, bundle + 1);
	CHECK(BAD, put, 0, "ii4v", 1, 0, most, (size_t)0);
	CHECK(BAD, put, 0, "ii4v1", 1, 0, most, bundle, 0);

	CHECK(0, WIRE_OP_INVITE_WATCH, 0, "(ii)", 1, 2);
	CHECK(BAD, WIRE_OP_INVITE_WATCH, 0, "()");
	CHECK(BAD, WIRE_OP_INVITE_WATCH, 0, "(ii)", 1, 1);
	CHECK(BAD, WIRE_OP_INVITE_WATCH, 0, "(ii)", 2, 1);
	CHECK(BAD, seen, 0, "()");
	CHECK(0, seen, 0, "(24118)", 0, U32(0), WIRE_INVITE_OPEN, 1, U64(9));
	CHECK(BAD, seen, 0, "(24118)", 0, U32(0), 0, 0, U64(9));
	CHECK(BAD, seen, 0, "(24118)", 0, U32(0), 9, 0, U64(9));
	CHECK(BAD, seen, 0, "(24118)", 0, U32(0), 1, 2, U64(9));
	/* What a state has it must have, and nothing else. */
	CHECK(BAD, seen, 0, "(24118)", 0, U32(0), 2, 0, U64(9));
	CHECK(0, seen, 0, "(24118ii)", 0, U32(0), 2, 0, U64(9), 1, 2);
	CHECK(BAD, seen, 0, "(24118ii)", 0, U32(0), 5, 0, U64(9), 1, 2);
	CHECK(0, seen, 0, "(24118iiiiv)", 0, U32(0), 4, 0, U64(9), 1, 2, 3, 4,
		request);
	CHECK(BIG, seen, 0, "(24118iiiiv)", 0, U32(0), 4, 0, U64(9), 1, 2, 3, 4,
		request + 1);
	CHECK(BAD, seen, 0, "(24118iiiiv)", 0, U32(0), 4, 0, U64(9), 1, 2, 3, 4,
		(size_t)0);
	CHECK(BAD, seen, 0, "(24118)", WIRE_REFUSED, U32(0), 1, 0, U64(9));

	CHECK(0, WIRE_OP_INVITE_CONFIRM, 0, "i1", 1, 1);
	CHECK(BAD, WIRE_OP_INVITE_CONFIRM, 0, "i1", 1, 2);
	CHECK(BAD, WIRE_OP_INVITE_ANSWER, 0, "iiii", 1, 2, 3, 4);
	CHECK(BAD, WIRE_OP_REDEEM_GET, 0, "i1", 1, 0);
	CHECK(BAD, WIRE_OP_REDEEM_COMMIT, 0, "ii", 1, 2);
	CHECK(0, WIRE_OP_REDEEM_REVEAL, 0, "iiiv", 1, 2, 3, request);
	CHECK(BIG, WIRE_OP_REDEEM_REVEAL, 0, "iiiv", 1, 2, 3, request + 1);
	CHECK(BAD, WIRE_OP_REDEEM_REVEAL, 0, "iiiv", 1, 2, 3, (size_t)0);
	CHECK(BAD, ANSWER(WIRE_OP_REDEEM_GET), 0, "8v", U64(1), (size_t)0);
	CHECK(BIG, ANSWER(WIRE_OP_REDEEM_GET), 0, "8v", U64(1), bundle + 1);

	CHECK(BAD, result, 0, "1", 0);
	CHECK(BAD, result, 0, "1", WIRE_INVITE_OPEN);
	CHECK(0, result, 0, "1", WIRE_INVITE_COMMITTED);
	CHECK(BAD, result, 0, "1", WIRE_INVITE_ANSWERED);
	CHECK(0, result, 0, "1ii", WIRE_INVITE_REVEALED, 1, 2);
	CHECK(BAD, result, 0, "1", WIRE_INVITE_DONE);
	CHECK(BAD, result, 0, "1v", WIRE_INVITE_DONE, (size_t)0);
	CHECK(0, result, 0, "1v", WIRE_INVITE_DONE, (size_t)5);
	CHECK(0, result, 0, "1", WIRE_INVITE_EXPIRED);
	CHECK(BAD, result, 0, "1", WIRE_INVITE_EXPIRED + 1);
}

/* What a decoder refuses its encoder refuses to write. */
static void encoders_refuse_too(void **state)
{
	static uint8_t mem[4096];
	struct bytes e = bytes_of("e", 1);
	struct wire_submit s = {.items = {{.counter = 1, .envelope = e}}};
	struct wire_ack a = {.ranges = {{1, 2}, {3, 4}}, .count = 2};
	struct wire_push p = {
		.items = {{.sequence = 1, .envelope = e}}, .count = 1};
	struct wire_key_claim k = {.devices = {{{2}}, {{1}}}, .count = 2};
	struct wire_blob_put b = {.chunks = {e, e}, .count = 2};
	struct wire_case_answer c = {.state = 1, .count = 1};
	struct wire_error none = {0};
	struct wire_fetch_answer f = {.more = true};
	struct wire_device odd[] = {{.role = 0}, {.role = 5},
		{.role = 1, .flags = 2}, {.role = 1, .agency = e},
		{.role = 1, .agency = e, .card = {zeros, WIRE_CARD_MAX + 1}}};
	struct wire_blob_status bs = {.size = 1, .next = 2};
	struct wire_blob_get_answer bg = {.size = 3, .chunks = {e}, .count = 1};
	struct writer w;

	writer_init_fixed(&w, mem, sizeof mem);
	assert_int_equal(wire_submit_encode(&s, &w), ROWAN_E_INVAL);
	s.count = WIRE_ENVELOPES_MAX + 1;
	assert_int_equal(wire_submit_encode(&s, &w), ROWAN_E_INVAL);
	s.count = 2;
	assert_int_equal(wire_submit_encode(&s, &w), ROWAN_E_INVAL);
	assert_int_equal(wire_ack_encode(&a, &w), ROWAN_E_INVAL);
	assert_int_equal(wire_push_encode(&p, &w), ROWAN_E_INVAL);
	assert_int_equal(wire_key_claim_encode(&k, &w), ROWAN_E_INVAL);
	assert_int_equal(wire_blob_put_encode(&b, &w), ROWAN_E_INVAL);
	assert_int_equal(wire_case_answer_encode(&c, &w), ROWAN_E_INVAL);
	assert_int_equal(wire_error_encode(&none, &w), ROWAN_E_INVAL);
	assert_int_equal(wire_fetch_answer_encode(&f, &w), ROWAN_E_INVAL);
	f = (struct wire_fetch_answer){.count = WIRE_ENVELOPES_MAX + 1};
	assert_int_equal(wire_fetch_answer_encode(&f, &w), ROWAN_E_INVAL);
	p.items[0].kind = p.items[1].kind = 1;
	p.items[1].sequence = 1;
	p.items[1].envelope = e;
	assert_int_equal(wire_push_encode(&p, &w), 0);
	p.count = 2;
	assert_int_equal(wire_push_encode(&p, &w), ROWAN_E_INVAL);
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		struct wire_devices_answer d = {
			.devices = {odd[i]}, .count = 1};
		int want = i == 3 ? 0 : ROWAN_E_INVAL;

		assert_int_equal(wire_devices_answer_encode(&d, &w), want);
	}
	assert_int_equal(wire_blob_status_encode(&bs, &w), ROWAN_E_INVAL);
	bs = (struct wire_blob_status){.size = 0};
	assert_int_equal(wire_blob_status_encode(&bs, &w), ROWAN_E_INVAL);
	assert_int_equal(wire_blob_get_answer_encode(&bg, &w), ROWAN_E_INVAL);
	c.count = WIRE_CASE_CHANNELS_MAX + 1;
	assert_int_equal(wire_case_answer_encode(&c, &w), ROWAN_E_INVAL);
	c = (struct wire_case_answer){.state = 1,
		.channels = {{.kind = 2, .devices = zeros, .device_count = 1},
			{.kind = 1, .devices = zeros, .device_count = 1}},
		.count = 2};
	assert_int_equal(wire_case_answer_encode(&c, &w), ROWAN_E_INVAL);
	c.channels[1].kind = 3;
	assert_int_equal(wire_case_answer_encode(&c, &w), 0);
	/* No room is the writer's word. */
	s.count = 1;
	writer_init_fixed(&w, mem, 10);
	assert_int_equal(wire_submit_encode(&s, &w), ROWAN_E_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_stop_at_their_limit),
		cmocka_unit_test(hello_refuses),
		cmocka_unit_test(
			hello_answers_announce_no_more_than_the_wire_allows),
		cmocka_unit_test(hello_answers_are_checked_when_read),
		cmocka_unit_test(errors_refuse),
		cmocka_unit_test(key_packages_refuse),
		cmocka_unit_test(submissions_refuse),
		cmocka_unit_test(deliveries_refuse),
		cmocka_unit_test(credit_and_fetch_refuse),
		cmocka_unit_test(ranges_refuse),
		cmocka_unit_test(blobs_refuse),
		cmocka_unit_test(devices_refuse),
		cmocka_unit_test(cases_refuse),
		cmocka_unit_test(chains_refuse),
		cmocka_unit_test(invites_refuse),
		cmocka_unit_test(the_largest_answers_fit),
		cmocka_unit_test(no_decoder_takes_frames_it_does_not_know),
		cmocka_unit_test(encoders_refuse_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
