/*
 * Every operation through one mill: round trips, every truncation, trailing
 * bytes, headers longer than needed, missing and surplus frames.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/wire_samples.h"
#include "wire/code.h"
#include "wire/envelope.h"
#include "wire/op.h"

/* Assemble ${frames} and recode the body into ${out}. */
static int run(const struct bytes *frames, size_t count, struct writer *out)
{
	struct wire_message m;
	int rc = wire_message_assemble(frames, count, &m);

	return rc != 0 ? rc : wire_op_recode(&m, out);
}

/* The body of ${s} replaced by a copy of exactly ${len} bytes, for ASan. */
static int run_body(
	const struct wire_sample *s, const uint8_t *body, size_t len)
{
	struct bytes frames[2 + WIRE_SAMPLE_FRAMES];
	uint8_t out[2 * WIRE_SAMPLE_BODY];
	uint8_t *copy = malloc(len == 0 ? 1 : len);
	struct writer w;
	int rc;

	assert_non_null(copy);
	memcpy(copy, body, len);
	memcpy(frames, s->frames, sizeof frames);
	frames[1] = bytes_of(copy, len);
	writer_init_fixed(&w, out, sizeof out);
	rc = run(frames, s->frame_count, &w);
	if (rc == 0)
		assert_true(bytes_eq(writer_view(&w), bytes_of(body, len)));
	free(copy);
	return rc;
}

static void samples_round_trip(void **state)
{
	struct wire_sample s;

	for (size_t i = 0; wire_sample_make(i, &s) == 0; i++)
		assert_int_equal(run_body(&s, s.body, s.frames[1].len), 0);
}

/* Every entry of the table has a sample for each direction it knows. */
static void every_operation_has_samples(void **state)
{
	const struct wire_op_info *info;
	struct wire_sample s;
	uint16_t before = 0;

	for (size_t k = 0; (info = wire_op_at(k)) != NULL; k++) {
		bool request = false, answer = false;

		assert_true(info->op > before);
		assert_ptr_equal(wire_op_find(info->op), info);
		before = info->op;
		for (size_t i = 0; wire_sample_make(i, &s) == 0; i++) {
			request |= s.header.op == info->op;
			answer |= s.header.op == (info->op | WIRE_ANSWER);
		}
		assert_true(request);
		assert_int_equal(answer, info->answer != NULL);
	}
	assert_null(wire_op_find(0));
	assert_null(wire_op_find(WIRE_OP_ERROR));
	assert_null(wire_op_find(0x0500));
	assert_null(wire_op_find(0x7fff));
}

static void every_truncation_is_refused(void **state)
{
	struct wire_sample s;

	for (size_t i = 0; wire_sample_make(i, &s) == 0; i++)
		for (size_t len = 0; len < s.frames[1].len; len++)
			assert_int_equal(
				run_body(&s, s.body, len), ROWAN_E_MALFORMED);
}

static void trailing_bytes_are_refused(void **state)
{
	struct wire_sample s;

	for (size_t i = 0; wire_sample_make(i, &s) == 0; i++) {
		size_t len = s.frames[1].len;

		assert_true(len < sizeof s.body);
		for (unsigned b = 0; b < 256; b += 51) {
			s.body[len] = (uint8_t)b;
			assert_int_equal(run_body(&s, s.body, len + 1),
				ROWAN_E_MALFORMED);
		}
	}
}

/*
 * Wherever a byte could be a one-byte vector header, write it as the same
 * length in two and in four bytes: nothing may accept that. Only where the
 * byte is no header may the result be another valid message, and then it must
 * encode to exactly what was given; run_body checks that.
 */
static void overlong_headers_are_never_accepted(void **state)
{
	static const size_t sizes[] = {2, 4};
	struct wire_sample s;

	for (size_t i = 0; wire_sample_make(i, &s) == 0; i++)
		for (size_t at = 0; at < s.frames[1].len; at++)
			for (size_t k = 0; k < 2; k++) {
				uint8_t body[WIRE_SAMPLE_BODY + 4] = {0};
				size_t size = sizes[k];
				size_t rest = s.frames[1].len - at - 1;

				memcpy(body, s.body, at);
				body[at] = size == 2 ? 0x40 : 0x80;
				body[at + size - 1] = s.body[at] & 0x3f;
				memcpy(body + at + size, s.body + at + 1, rest);
				assert_int_not_equal(
					run_body(&s, body, at + size + rest),
					0);
			}
}

/* Any single changed byte is refused or is another canonical message. */
static void changed_bytes_stay_canonical(void **state)
{
	struct wire_sample s;
	unsigned refused = 0;

	for (size_t i = 0; wire_sample_make(i, &s) == 0; i++)
		for (size_t at = 0; at < s.frames[1].len; at++)
			for (unsigned b = 1; b < 256; b++) {
				s.body[at] ^= (uint8_t)b;
				if (run_body(&s, s.body, s.frames[1].len) != 0)
					refused++;
				s.body[at] ^= (uint8_t)b;
			}
	assert_true(refused > 0);
}

/* What so many opaque frames are refused with. */
static int refusal(const struct wire_sample *s, size_t opaque)
{
	const struct wire_op_info *info = wire_op_find(s->header.op);
	bool answer = (s->header.op & WIRE_ANSWER) != 0;
	size_t most = info == NULL ? 0
		      : answer	   ? info->answer_frames
				   : info->request_frames;

	return most > 0 && opaque > most ? ROWAN_E_LIMIT : ROWAN_E_MALFORMED;
}

static void frames_must_match_the_body(void **state)
{
	struct bytes frames[WIRE_FRAMES_MAX + 1];
	uint8_t out[2 * WIRE_SAMPLE_BODY];
	struct wire_sample s;
	struct writer w;

	for (size_t i = 0; wire_sample_make(i, &s) == 0; i++)
		for (size_t n = 0; n < 8; n++) {
			for (size_t k = 0; k < n; k++)
				frames[k] = k < s.frame_count
						    ? s.frames[k]
						    : bytes_of("more", 4);
			if (n == s.frame_count)
				continue;
			/* A chunk alone more makes two, the first short. */
			writer_init_fixed(&w, out, sizeof out);
			assert_int_equal(run(frames, n, &w),
				n < 2 ? ROWAN_E_MALFORMED : refusal(&s, n - 2));
		}
}

static void empty_frames_are_refused(void **state)
{
	uint8_t out[2 * WIRE_SAMPLE_BODY];
	struct wire_sample s;
	struct writer w;

	for (size_t i = 0; wire_sample_make(i, &s) == 0; i++)
		for (size_t k = 2; k < s.frame_count; k++) {
			struct bytes kept = s.frames[k];

			s.frames[k] = bytes_of(NULL, 0);
			writer_init_fixed(&w, out, sizeof out);
			assert_int_equal(run(s.frames, s.frame_count, &w),
				ROWAN_E_MALFORMED);
			s.frames[k] = kept;
		}
}

static void frame_limits_hold(void **state)
{
	uint8_t *big = calloc(1, WIRE_FRAME_MAX + 1);
	struct bytes frames[WIRE_FRAMES_MAX + 1];
	struct wire_header h = {1, WIRE_OP_SUBMIT, 5};
	uint8_t header[WIRE_HEADER_LEN];
	struct wire_message m;

	assert_non_null(big);
	wire_header_encode(&h, header);
	for (size_t i = 0; i <= WIRE_FRAMES_MAX; i++)
		frames[i] = bytes_of("x", 1);
	frames[0] = bytes_of(header, sizeof header);
	assert_int_equal(wire_message_assemble(frames, WIRE_FRAMES_MAX, &m), 0);
	assert_int_equal(wire_message_assemble(frames, WIRE_FRAMES_MAX + 1, &m),
		ROWAN_E_LIMIT);
	assert_int_equal(m.header.id, 5);

	frames[2] = bytes_of(big, WIRE_FRAME_MAX);
	assert_int_equal(wire_message_assemble(frames, 3, &m), 0);
	frames[2].len++;
	assert_int_equal(wire_message_assemble(frames, 3, &m), ROWAN_E_LIMIT);
	assert_int_equal(m.frame_count, 0);

	for (size_t i = 2; i < 6; i++)
		frames[i] = bytes_of(big, WIRE_FRAME_MAX);
	frames[5].len = WIRE_FRAME_MAX - WIRE_HEADER_LEN - 1;
	assert_int_equal(wire_message_assemble(frames, 6, &m), 0);
	frames[5].len++;
	assert_int_equal(wire_message_assemble(frames, 6, &m), ROWAN_E_LIMIT);
	assert_int_equal(m.header.op, WIRE_OP_SUBMIT);
	free(big);
}

static int assemble(uint16_t version, uint16_t op, uint64_t id, size_t extra)
{
	struct bytes frames[4] = {
		{NULL, 0}, {NULL, 0}, {(uint8_t *)"e", 1}, {(uint8_t *)"f", 1}};
	struct wire_header h = {version, op, id};
	uint8_t header[WIRE_HEADER_LEN];
	struct wire_message m;
	int rc;

	wire_header_encode(&h, header);
	frames[0] = bytes_of(header, sizeof header);
	rc = wire_message_assemble(frames, 2 + extra, &m);
	/* A refusal can always name its request. */
	assert_int_equal(m.header.id, id);
	assert_int_equal(m.header.op, op);
	return rc;
}

static void versions_and_operations_are_checked(void **state)
{
	assert_int_equal(assemble(1, WIRE_OP_PING, 1, 0), 0);
	assert_int_equal(assemble(0, WIRE_OP_PING, 1, 0), ROWAN_E_VERSION);
	assert_int_equal(assemble(2, WIRE_OP_PING, 1, 0), ROWAN_E_VERSION);
	assert_int_equal(assemble(0xffff, 0x7fff, 1, 0), ROWAN_E_VERSION);
	assert_int_equal(assemble(0, WIRE_OP_HELLO, 1, 0), 0);
	assert_int_equal(assemble(1, WIRE_OP_HELLO, 1, 0), ROWAN_E_VERSION);
	assert_int_equal(assemble(0, WIRE_OP_ERROR, 0, 0), 0);
	assert_int_equal(assemble(1, WIRE_OP_ERROR, 0, 0), 0);
	assert_int_equal(assemble(2, WIRE_OP_ERROR, 1, 0), ROWAN_E_VERSION);
	assert_int_equal(assemble(1, WIRE_OP_ERROR, 1, 1), ROWAN_E_MALFORMED);

	assert_int_equal(assemble(1, 0, 1, 0), ROWAN_E_NOT_FOUND);
	assert_int_equal(assemble(1, 0x0500, 1, 0), ROWAN_E_NOT_FOUND);
	assert_int_equal(assemble(1, WIRE_OP_PUSH | WIRE_ANSWER, 1, 0),
		ROWAN_E_NOT_FOUND);

	assert_int_equal(assemble(1, WIRE_OP_PING, 0, 0), ROWAN_E_MALFORMED);
	assert_int_equal(assemble(1, WIRE_OP_ACK, 0, 0), 0);
	assert_int_equal(assemble(1, WIRE_OP_CREDIT, 0, 0), 0);
	assert_int_equal(assemble(1, WIRE_OP_ACK | WIRE_ANSWER, 0, 0),
		ROWAN_E_MALFORMED);
	assert_int_equal(assemble(1, WIRE_OP_PING, 1, 1), ROWAN_E_MALFORMED);
	assert_int_equal(assemble(1, WIRE_OP_SUBMIT, 1, 2), 0);
}

static void header_is_exactly_twelve_bytes(void **state)
{
	uint8_t in[WIRE_HEADER_LEN + 1] = {
		0, 1, 0x80, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9};
	struct wire_header h;

	assert_int_equal(
		wire_header_decode(bytes_of(in, WIRE_HEADER_LEN), &h), 0);
	assert_int_equal(h.version, 1);
	assert_int_equal(h.op, 0x8002);
	assert_int_equal(h.id, 0x0102030405060708);
	for (size_t len = 0; len <= sizeof in; len++) {
		if (len == WIRE_HEADER_LEN)
			continue;
		assert_int_equal(wire_header_decode(bytes_of(in, len), &h),
			ROWAN_E_MALFORMED);
		assert_int_equal(h.id, 0);
		assert_int_equal(h.op, 0);
	}
}

static void the_highest_common_version_is_chosen(void **state)
{
	static const struct {
		struct wire_versions ours, theirs;
		uint16_t chosen;
	} cases[] = {
		{{1, 1}, {1, 1}, 1},
		{{4, 5}, {1, 9}, 5},
		{{4, 5}, {1, 4}, 4},
		{{4, 5}, {5, 6}, 5},
		{{4, 5}, {1, 3}, 0},
		{{4, 5}, {6, 9}, 0},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint16_t chosen = 77;
		int rc = wire_version_choose(
			&cases[i].ours, &cases[i].theirs, &chosen);

		assert_int_equal(chosen, cases[i].chosen);
		assert_int_equal(
			rc, cases[i].chosen != 0 ? 0 : ROWAN_E_VERSION);
	}
}

static void codes_translate_both_ways(void **state)
{
	static const int errors[] = {0, ROWAN_E_AGAIN, ROWAN_E_QUOTA,
		ROWAN_E_FULL, ROWAN_E_MALFORMED, ROWAN_E_LIMIT, ROWAN_E_VERSION,
		ROWAN_E_REFUSED, ROWAN_E_EXISTS};

	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		assert_int_equal(
			wire_code_error(wire_code_of(errors[i])), errors[i]);
	/* Unknown and not yours are one. */
	assert_int_equal(wire_code_of(ROWAN_E_NOT_FOUND), WIRE_REFUSED);
	assert_int_equal(wire_code_of(ROWAN_E_CRYPTO), WIRE_REFUSED);
	/* Our own fault is never the peer's. */
	for (int e = ROWAN_E_INTERNAL; e < 0; e++)
		assert_int_equal(wire_code_of(e), WIRE_AGAIN);
	/* Codes of a later version are understood by their group. */
	assert_int_equal(wire_code_error(0x01ee), ROWAN_E_AGAIN);
	assert_int_equal(wire_code_error(0x03ee), ROWAN_E_REFUSED);
	assert_string_equal(wire_code_name(0x03ee), "unknown");
	assert_string_equal(wire_code_name(WIRE_QUOTA), "quota");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_round_trip),
		cmocka_unit_test(every_operation_has_samples),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(trailing_bytes_are_refused),
		cmocka_unit_test(overlong_headers_are_never_accepted),
		cmocka_unit_test(changed_bytes_stay_canonical),
		cmocka_unit_test(frames_must_match_the_body),
		cmocka_unit_test(empty_frames_are_refused),
		cmocka_unit_test(frame_limits_hold),
		cmocka_unit_test(versions_and_operations_are_checked),
		cmocka_unit_test(header_is_exactly_twelve_bytes),
		cmocka_unit_test(the_highest_common_version_is_chosen),
		cmocka_unit_test(codes_translate_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
