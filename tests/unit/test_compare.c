/*
 * The short code: whoever sits between the two sides, with the secret in hand,
 * grinds in vain; and what is computed is what docs/enrolment.md says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "trust/bundle.h"
#include "trust/compare.h"

/* ---- grinding ----------------------------------------------------------- */

#define TRIES	 65536
#define SESSIONS 12
#define BITS	 10

/* The code as if it had BITS bits only. */
static unsigned low(const struct compare *c)
{
	struct wire_hash h;

	compare_transcript(c, &h);
	return (unsigned)(h.b[6] << 8 | h.b[7]) & ((1u << BITS) - 1);
}

static void draw(struct wire_nonce *n, const char *what, unsigned i, unsigned k)
{
	unsigned in[2] = {i, k};

	crypto_generichash(n->b, sizeof n->b, (const uint8_t *)in, sizeof in,
		(const uint8_t *)what, strlen(what));
}

struct session {
	struct compare registrar, device; /* as each side sees it */
};

/*
 * The daemon knows the secret. It plays a registrar of its own to the device
 * and a device of its own to the registrar.
 */
static void sit_between(unsigned n, struct session *ret)
{
	static uint8_t bundle[64], request[64];

	memset(ret, 0, sizeof *ret);
	memset(bundle, (int)n, sizeof bundle);
	memset(request, (int)n + 100, sizeof request);
	ret->registrar = (struct compare){
		.bundle = bytes_of("the registrar's bundle", 22),
		.request = bytes_of(request, sizeof request)};
	ret->device =
		(struct compare){.bundle = bytes_of(bundle, sizeof bundle),
			.request = bytes_of("the device's request", 20)};
	draw(&ret->registrar.registrar, "registrar's own", n, 0);
	draw(&ret->device.device, "device's own", n, 0);
	assert_int_equal(compare_commit(ret->device.request,
				 &ret->device.device, &ret->device.commitment),
		0);
}

/*
 * It fixes its commitment to the registrar, learns the registrar's nonce, and
 * so the code that will be read out there. Then it looks for a nonce for the
 * device that gives the same code. ${guess} is what it takes for the device's
 * nonce, which is not revealed before it has answered.
 */
static bool grind(struct session *t, unsigned n, const struct wire_nonce *guess)
{
	const struct wire_nonce truth = t->device.device;
	unsigned goal;
	bool found = false;

	draw(&t->registrar.device, "the daemon's", n, 1);
	assert_int_equal(
		compare_commit(t->registrar.request, &t->registrar.device,
			&t->registrar.commitment),
		0);
	goal = low(&t->registrar);
	t->device.device = *guess;
	for (unsigned i = 0; i < TRIES && !found; i++) {
		draw(&t->device.registrar, "the daemon's", n, 2 + i);
		found = low(&t->device) == goal;
	}
	/* Now the device reveals, and the people compare. */
	t->device.device = truth;
	return found && low(&t->device) == goal;
}

/* The other way round: first the device's code, then the registrar's. */
static bool grind_back(
	struct session *t, unsigned n, const struct wire_nonce *guess)
{
	const struct wire_nonce truth = t->registrar.registrar;
	unsigned goal;
	bool found = false;

	draw(&t->device.registrar, "the daemon's", n, 1);
	goal = low(&t->device);
	t->registrar.registrar = *guess;
	for (unsigned i = 0; i < TRIES && !found; i++) {
		draw(&t->registrar.device, "the daemon's", n, 2 + i);
		if (compare_commit(t->registrar.request, &t->registrar.device,
			    &t->registrar.commitment) != 0)
			return false;
		found = low(&t->registrar) == goal;
	}
	/* Committed; only now does the registrar give its nonce. */
	t->registrar.registrar = truth;
	return found && low(&t->registrar) == goal;
}

/*
 * 65,536 tries against a code of ten bits find a match sixty-four times over,
 * if the other side's nonce is known when they are made. It is not: then the
 * match is one for the guess, and the code is another. Of 24 sessions none
 * succeeds (one in 1,024 would by luck; the nonces are the same in each run).
 */
static void a_daemon_that_grinds_has_one_guess(void **state)
{
	unsigned blind = 0, seeing = 0;
	struct wire_nonce guess;
	struct session t;

	for (unsigned n = 0; n < SESSIONS; n++) {
		draw(&guess, "a guess", n, 0);
		sit_between(n, &t);
		blind += grind(&t, n, &guess);
		sit_between(n, &t);
		blind += grind_back(&t, n, &guess);
		/* What a broken order would give away is enough. */
		sit_between(n, &t);
		guess = t.device.device;
		seeing += grind(&t, n, &guess);
		guess = t.registrar.registrar;
		seeing += grind_back(&t, n, &guess);
	}
	assert_int_equal(seeing, 2 * SESSIONS);
	assert_int_equal(blind, 0);
}

/* No code is likelier than another, whatever the rest. */
static void codes_are_spread_evenly(void **state)
{
	unsigned count[16] = {0};
	struct session t;

	sit_between(0, &t);
	for (unsigned i = 0; i < 16384; i++) {
		draw(&t.device.device, "spread", 0, i);
		count[low(&t.device) & 15]++;
	}
	/* 1024 each; five times the spread of chance. */
	for (size_t i = 0; i < 16; i++)
		assert_in_range(count[i], 1024 - 160, 1024 + 160);
}

static void codes_are_ten_digits(void **state)
{
	static const struct {
		uint8_t b[8];
		const char *code;
	} cases[] = {
		{{0}, "00000 00000"},
		{{0, 0, 0, 0, 0, 0, 0, 7}, "00000 00007"},
		{{0, 0, 0, 2, 0x54, 0x0b, 0xe3, 0xff}, "99999 99999"},
		{{0, 0, 0, 2, 0x54, 0x0b, 0xe4, 0x00}, "00000 00000"},
		{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
			"37095 51615"},
	};
	char code[COMPARE_CODE_LEN];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct wire_hash h = {{0}};

		memcpy(h.b, cases[i].b, 8);
		h.b[8] = 0xff;
		compare_code(&h, code);
		assert_string_equal(code, cases[i].code);
	}
}

/* The numbers of docs/enrolment.md, which were computed elsewhere. */
static void what_is_computed_is_fixed(void **state)
{
	static const char commitment[] = "5f2df97fa92f639217114e93f4c9f56e"
					 "1071d739eff77b695f5fc2846bbfc19d";
	static const char transcript[] = "216f5851a200e1786f8e6afefab927d6"
					 "21968805a0fd70fe0c247467df68de7f";
	char hex[2 * 32 + 1], code[COMPARE_CODE_LEN];
	struct compare c = {.bundle = bytes_of("a bundle", 8),
		.request = bytes_of("a card request", 14)};
	struct bundle_secret secret;
	struct wire_hash h;

	for (uint8_t i = 0; i < sizeof secret.b; i++)
		secret.b[i] = i;
	memset(c.device.b, 0xd0, sizeof c.device.b);
	memset(c.registrar.b, 0xa0, sizeof c.registrar.b);
	assert_int_equal(bundle_invite(&secret, &c.invite), 0);
	sodium_bin2hex(hex, sizeof hex, c.invite.b, sizeof c.invite.b);
	assert_string_equal(hex, "f17bb0cdeac863678620a045337968b3");
	assert_int_equal(
		compare_commit(c.request, &c.device, &c.commitment), 0);
	sodium_bin2hex(hex, sizeof hex, c.commitment.b, sizeof c.commitment.b);
	assert_string_equal(hex, commitment);
	compare_transcript(&c, &h);
	sodium_bin2hex(hex, sizeof hex, h.b, sizeof h.b);
	assert_string_equal(hex, transcript);
	compare_code(&h, code);
	assert_string_equal(code, "33000 66680");
}

/* Nothing that was said can be another thing without another code. */
static void the_code_covers_everything(void **state)
{
	uint8_t mem[6][256];
	struct wire_hash h, other;
	struct compare c = {.bundle = bytes_of(mem[1], 200),
		.request = bytes_of(mem[2], 200)};

	memset(mem, 0, sizeof mem);
	compare_transcript(&c, &h);
	for (size_t i = 0; i < 200; i++) {
		mem[1][i] ^= 1;
		compare_transcript(&c, &other);
		assert_memory_not_equal(&h, &other, sizeof h);
		mem[1][i] ^= 1;
		mem[2][i] ^= 1;
		compare_transcript(&c, &other);
		assert_memory_not_equal(&h, &other, sizeof h);
		mem[2][i] ^= 1;
	}
#define CHANGED(field)                                                         \
	do {                                                                   \
		c.field ^= 0x80;                                               \
		compare_transcript(&c, &other);                                \
		assert_memory_not_equal(&h, &other, sizeof h);                 \
		c.field ^= 0x80;                                               \
	} while (0)
	for (size_t i = 0; i < 32; i++) {
		CHANGED(commitment.b[i]);
		CHANGED(device.b[i]);
		CHANGED(registrar.b[i]);
		CHANGED(invite.b[i / 2]);
	}
	compare_transcript(&c, &other);
	assert_memory_equal(&h, &other, sizeof h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_daemon_that_grinds_has_one_guess),
		cmocka_unit_test(codes_are_spread_evenly),
		cmocka_unit_test(codes_are_ten_digits),
		cmocka_unit_test(what_is_computed_is_fixed),
		cmocka_unit_test(the_code_covers_everything),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
