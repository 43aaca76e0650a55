/*
 * The short code: see compare.h.
 */
#include <string.h>

#include "trust/attest.h"
#include "trust/compare.h"

#define COMMIT	   "Rowan 1.0 enrolment commitment"
#define CODE	   "Rowan 1.0 enrolment code"
#define COMMIT_MAX (64 + WIRE_REQUEST_MAX + 8 + WIRE_NONCE_LEN)
#define MODULUS	   10000000000ULL
#define HALF	   (COMPARE_DIGITS / 2)
#define SPOKEN_MAX (64 + ID16_LEN + 3 * WIRE_HASH_LEN + 2 * WIRE_NONCE_LEN)

static void write_label(struct writer *w, const char *label)
{
	writer_vec(w, bytes_of(label, strlen(label)));
}

int compare_commit(struct bytes request, const struct wire_nonce *nonce,
	struct wire_hash *ret)
{
	uint8_t mem[COMMIT_MAX];
	struct writer w;

	memset(ret, 0, sizeof *ret);
	if (request.len > WIRE_REQUEST_MAX)
		return ROWAN_E_LIMIT;
	writer_init_fixed(&w, mem, sizeof mem);
	write_label(&w, COMMIT);
	writer_vec(&w, request);
	writer_raw(&w, nonce->b, sizeof nonce->b);
	if (writer_status(&w) != 0)
		return writer_status(&w);
	attest_hash(writer_view(&w), ret);
	return 0;
}

void compare_transcript(const struct compare *c, struct wire_hash *ret)
{
	struct wire_hash bundle, request;
	uint8_t mem[SPOKEN_MAX];
	struct writer w;

	attest_hash(c->bundle, &bundle);
	attest_hash(c->request, &request);
	writer_init_fixed(&w, mem, sizeof mem);
	write_label(&w, CODE);
	writer_raw(&w, c->invite.b, sizeof c->invite.b);
	writer_raw(&w, bundle.b, sizeof bundle.b);
	writer_raw(&w, request.b, sizeof request.b);
	writer_raw(&w, c->commitment.b, sizeof c->commitment.b);
	writer_raw(&w, c->device.b, sizeof c->device.b);
	writer_raw(&w, c->registrar.b, sizeof c->registrar.b);
	attest_hash(writer_view(&w), ret);
}

void compare_code(
	const struct wire_hash *transcript, char ret[COMPARE_CODE_LEN])
{
	uint64_t n = 0;

	for (size_t i = 0; i < 8; i++)
		n = n << 8 | transcript->b[i];
	n %= MODULUS;
	for (size_t i = COMPARE_DIGITS; i > 0; i--) {
		ret[i > HALF ? i : i - 1] = (char)('0' + n % 10);
		n /= 10;
	}
	ret[HALF] = ' ';
	ret[COMPARE_CODE_LEN - 1] = '\0';
}
