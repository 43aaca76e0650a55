/*
 * Counting primitives and memory: see bench_count.h.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <sodium.h>

#include "mls/bench_count.h"

#define ROUNDS 400

static struct bench_count count;
static long live;

/* Nanoseconds of one operation; of one byte where it says so. */
static struct {
	double dh, base, keys;
	double sign, sign_byte, verify, verify_byte;
	double hash, hash_byte, mac_key, mac, mac_byte;
} unit;

#define REAL(name) __real_##name
#define WRAP(name) __wrap_##name

int REAL(crypto_scalarmult)(
	unsigned char *q, const unsigned char *n, const unsigned char *p);
int WRAP(crypto_scalarmult)(
	unsigned char *q, const unsigned char *n, const unsigned char *p);
int REAL(crypto_scalarmult_base)(unsigned char *q, const unsigned char *n);
int WRAP(crypto_scalarmult_base)(unsigned char *q, const unsigned char *n);
int REAL(crypto_sign_detached)(unsigned char *sig, unsigned long long *siglen,
	const unsigned char *m, unsigned long long len,
	const unsigned char *sk);
int WRAP(crypto_sign_detached)(unsigned char *sig, unsigned long long *siglen,
	const unsigned char *m, unsigned long long len,
	const unsigned char *sk);
int REAL(crypto_sign_verify_detached)(const unsigned char *sig,
	const unsigned char *m, unsigned long long len,
	const unsigned char *pk);
int WRAP(crypto_sign_verify_detached)(const unsigned char *sig,
	const unsigned char *m, unsigned long long len,
	const unsigned char *pk);
int REAL(crypto_sign_seed_keypair)(
	unsigned char *pk, unsigned char *sk, const unsigned char *seed);
int WRAP(crypto_sign_seed_keypair)(
	unsigned char *pk, unsigned char *sk, const unsigned char *seed);
int REAL(crypto_hash_sha256_init)(crypto_hash_sha256_state *st);
int WRAP(crypto_hash_sha256_init)(crypto_hash_sha256_state *st);
int REAL(crypto_hash_sha256_update)(crypto_hash_sha256_state *st,
	const unsigned char *in, unsigned long long len);
int WRAP(crypto_hash_sha256_update)(crypto_hash_sha256_state *st,
	const unsigned char *in, unsigned long long len);
int REAL(crypto_auth_hmacsha256_init)(
	crypto_auth_hmacsha256_state *st, const unsigned char *key, size_t len);
int WRAP(crypto_auth_hmacsha256_init)(
	crypto_auth_hmacsha256_state *st, const unsigned char *key, size_t len);
int REAL(crypto_auth_hmacsha256_update)(crypto_auth_hmacsha256_state *st,
	const unsigned char *in, unsigned long long len);
int WRAP(crypto_auth_hmacsha256_update)(crypto_auth_hmacsha256_state *st,
	const unsigned char *in, unsigned long long len);
int REAL(crypto_auth_hmacsha256_final)(
	crypto_auth_hmacsha256_state *st, unsigned char *ret);
int WRAP(crypto_auth_hmacsha256_final)(
	crypto_auth_hmacsha256_state *st, unsigned char *ret);
void *REAL(malloc)(size_t len);
void *WRAP(malloc)(size_t len);
void *REAL(calloc)(size_t n, size_t len);
void *WRAP(calloc)(size_t n, size_t len);
void *REAL(realloc)(void *p, size_t len);
void *WRAP(realloc)(void *p, size_t len);
void REAL(free)(void *p);
void WRAP(free)(void *p);

int WRAP(crypto_scalarmult)(
	unsigned char *q, const unsigned char *n, const unsigned char *p)
{
	count.dh++;
	return REAL(crypto_scalarmult)(q, n, p);
}

int WRAP(crypto_scalarmult_base)(unsigned char *q, const unsigned char *n)
{
	count.base++;
	return REAL(crypto_scalarmult_base)(q, n);
}

int WRAP(crypto_sign_detached)(unsigned char *sig, unsigned long long *siglen,
	const unsigned char *m, unsigned long long len, const unsigned char *sk)
{
	count.sign++;
	count.sign_bytes += len;
	return REAL(crypto_sign_detached)(sig, siglen, m, len, sk);
}

int WRAP(crypto_sign_verify_detached)(const unsigned char *sig,
	const unsigned char *m, unsigned long long len, const unsigned char *pk)
{
	count.verify++;
	count.verify_bytes += len;
	return REAL(crypto_sign_verify_detached)(sig, m, len, pk);
}

int WRAP(crypto_sign_seed_keypair)(
	unsigned char *pk, unsigned char *sk, const unsigned char *seed)
{
	count.keys++;
	return REAL(crypto_sign_seed_keypair)(pk, sk, seed);
}

int WRAP(crypto_hash_sha256_init)(crypto_hash_sha256_state *st)
{
	count.hash++;
	return REAL(crypto_hash_sha256_init)(st);
}

int WRAP(crypto_hash_sha256_update)(crypto_hash_sha256_state *st,
	const unsigned char *in, unsigned long long len)
{
	count.hash_bytes += len;
	return REAL(crypto_hash_sha256_update)(st, in, len);
}

int WRAP(crypto_auth_hmacsha256_init)(
	crypto_auth_hmacsha256_state *st, const unsigned char *key, size_t len)
{
	count.mac_keys++;
	return REAL(crypto_auth_hmacsha256_init)(st, key, len);
}

int WRAP(crypto_auth_hmacsha256_final)(
	crypto_auth_hmacsha256_state *st, unsigned char *ret)
{
	count.mac++;
	return REAL(crypto_auth_hmacsha256_final)(st, ret);
}

int WRAP(crypto_auth_hmacsha256_update)(crypto_auth_hmacsha256_state *st,
	const unsigned char *in, unsigned long long len)
{
	count.mac_bytes += len;
	return REAL(crypto_auth_hmacsha256_update)(st, in, len);
}

static void *kept(void *p)
{
	if (p != NULL)
		live += (long)malloc_usable_size(p);
	return p;
}

void *WRAP(malloc)(size_t len)
{
	return kept(REAL(malloc)(len));
}

void *WRAP(calloc)(size_t n, size_t len)
{
	return kept(REAL(calloc)(n, len));
}

void *WRAP(realloc)(void *p, size_t len)
{
	if (p != NULL)
		live -= (long)malloc_usable_size(p);
	return kept(REAL(realloc)(p, len));
}

void WRAP(free)(void *p)
{
	if (p != NULL)
		live -= (long)malloc_usable_size(p);
	REAL(free)(p);
}

long bench_live(void)
{
	return live;
}

uint64_t bench_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void bench_count_reset(void)
{
	count = (struct bench_count){0};
}

void bench_count_get(struct bench_count *ret, uint64_t n)
{
	*ret = (struct bench_count){.dh = count.dh / n,
		.base = count.base / n,
		.sign = count.sign / n,
		.sign_bytes = count.sign_bytes / n,
		.verify = count.verify / n,
		.verify_bytes = count.verify_bytes / n,
		.keys = count.keys / n,
		.hash = count.hash / n,
		.hash_bytes = count.hash_bytes / n,
		.mac_keys = count.mac_keys / n,
		.mac = count.mac / n,
		.mac_bytes = count.mac_bytes / n};
}

/* One of each kind, ROUNDS times; nanoseconds of one. */
enum what {
	DH,
	BASE,
	SIGN,
	SIGN_LONG,
	VERIFY,
	VERIFY_LONG,
	KEYS,
	HASH,
	HASH_LONG,
	MAC_KEY,
	MAC,
	MAC_LONG
};

static void once(enum what what, size_t i)
{
	static unsigned char sk[64], pk[32], sig[64], q[32], big[4096];
	crypto_hash_sha256_state st;
	crypto_auth_hmacsha256_state mac;
	static int refused;

	switch (what) {
	case KEYS: (void)crypto_sign_seed_keypair(pk, sk, q); break;
	case BASE: (void)crypto_scalarmult_base(q, big + 32); break;
	case DH: refused += crypto_scalarmult(q, big + 32, q); break;
	case SIGN:
	case SIGN_LONG:
		(void)crypto_sign_detached(
			sig, NULL, big, what == SIGN ? 0 : sizeof big, sk);
		break;
	case VERIFY:
	case VERIFY_LONG:
		refused += crypto_sign_verify_detached(
			sig, big, what == VERIFY ? 0 : sizeof big, pk);
		break;
	case HASH:
	case HASH_LONG:
		(void)crypto_hash_sha256_init(&st);
		if (what == HASH_LONG)
			(void)crypto_hash_sha256_update(&st, big, sizeof big);
		(void)crypto_hash_sha256_final(&st, q);
		break;
	case MAC_KEY:
	case MAC:
	case MAC_LONG:
		(void)crypto_auth_hmacsha256_init(&mac, sk, 32);
		if (what == MAC_KEY)
			break;
		if (what == MAC_LONG)
			(void)crypto_auth_hmacsha256_update(
				&mac, big, sizeof big);
		(void)crypto_auth_hmacsha256_final(&mac, q);
		break;
	}
	if (i == 0)
		big[32] |= 8;
}

/* The least of a few batches: what disturbs only ever adds. */
static double cost(enum what what)
{
	double best = 1e12;

	for (int batch = 0; batch < 5; batch++) {
		uint64_t start = bench_now();
		double each;

		for (size_t i = 0; i < ROUNDS; i++)
			once(what, i);
		each = (double)(bench_now() - start) / ROUNDS;
		if (each < best)
			best = each;
	}
	return best;
}

void bench_units_measure(void)
{
	unit.keys = cost(KEYS);
	unit.base = cost(BASE);
	unit.dh = cost(DH);
	unit.sign = cost(SIGN);
	unit.sign_byte = (cost(SIGN_LONG) - unit.sign) / 4096;
	unit.verify = cost(VERIFY);
	unit.verify_byte = (cost(VERIFY_LONG) - unit.verify) / 4096;
	unit.hash = cost(HASH);
	unit.hash_byte = (cost(HASH_LONG) - unit.hash) / 4096;
	unit.mac_key = cost(MAC_KEY);
	unit.mac = cost(MAC) - unit.mac_key;
	unit.mac_byte = (cost(MAC_LONG) - unit.mac - unit.mac_key) / 4096;
}

void bench_units_print(void)
{
	printf("one X25519 %.1f us, with the base point %.1f us\n",
		unit.dh / 1000, unit.base / 1000);
	printf("one Ed25519 signature %.1f us and %.2f ns a byte, "
	       "verified %.1f us and %.2f ns a byte\n",
		unit.sign / 1000, unit.sign_byte, unit.verify / 1000,
		unit.verify_byte);
	printf("one SHA-256 %.2f us and %.2f ns a byte; HMAC %.2f us\n",
		unit.hash / 1000, unit.hash_byte,
		(unit.mac_key + unit.mac) / 1000);
}

double bench_bare(const struct bench_count *c)
{
	return (double)c->dh * unit.dh + (double)c->base * unit.base +
	       (double)c->sign * unit.sign +
	       (double)c->sign_bytes * unit.sign_byte +
	       (double)c->verify * unit.verify +
	       (double)c->verify_bytes * unit.verify_byte +
	       (double)c->keys * unit.keys + (double)c->hash * unit.hash +
	       (double)c->hash_bytes * unit.hash_byte +
	       (double)c->mac_keys * unit.mac_key + (double)c->mac * unit.mac +
	       (double)c->mac_bytes * unit.mac_byte;
}
