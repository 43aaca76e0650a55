/*
 * ZMTP 3.1 and CurveZMQ (ZeroMQ RFC 23 and 26), the client's side.
 *
 * Trusts nothing it is fed. Never blocks and never writes past what it
 * measured; sealed frames are opened in place in the input buffer.
 */
#include "lib/zmtp.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* Flags of a frame, and of what a MESSAGE box holds. */
#define FLAG_LONG     0x02
#define FLAG_COMMAND  0x04
#define INNER_MORE    0x01
#define INNER_COMMAND 0x02
#define MESSAGE_HEAD  16 /* "\x07MESSAGE" and the short nonce */

enum state { WAIT_GREETING, WAIT_WELCOME, WAIT_READY, READY };

/* Bytes between ${pos} and ${len} are waiting. */
struct queue {
	uint8_t *data;
	size_t pos;
	size_t len;
	size_t cap;
};

struct zmtp {
	struct zmtp_keys keys;
	uint8_t eph_public[32];
	uint8_t eph_secret[32];
	uint8_t cookie[96];
	uint8_t server_eph[32];
	uint8_t shared[crypto_box_BEFORENMBYTES];
	uint8_t name[ZMTP_NAME_MAX]; /* the routing id it asks for */
	size_t name_len;
	uint64_t nonce;
	uint64_t peer_nonce;
	enum state state;
	struct queue in;
	struct queue out;
};

static uint8_t *queue_room(struct queue *q, size_t n)
{
	if (q->pos == q->len)
		q->pos = q->len = 0;
	if (n > q->cap - q->len && q->pos > 0) {
		memmove(q->data, q->data + q->pos, q->len - q->pos);
		q->len -= q->pos;
		q->pos = 0;
	}
	if (n > q->cap - q->len) {
		size_t cap = (q->len + n) * 2;
		uint8_t *p = realloc(q->data, cap);

		if (p == NULL)
			return NULL;
		q->data = p;
		q->cap = cap;
	}
	return q->data + q->len;
}

static int queue_put(struct queue *q, const void *data, size_t n)
{
	uint8_t *p = queue_room(q, n);

	if (p == NULL)
		return ROWAN_E_NOMEM;
	if (n > 0)
		memcpy(p, data, n);
	q->len += n;
	return 0;
}

static void put_u64(uint8_t *p, uint64_t v)
{
	for (int i = 7; i >= 0; i--, v >>= 8)
		p[i] = (uint8_t)v;
}

static uint64_t get_u64(const uint8_t *p)
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return v;
}

void zmtp_greeting(uint8_t ret[ZMTP_GREETING_LEN], const char *mechanism)
{
	memset(ret, 0, ZMTP_GREETING_LEN);
	ret[0] = 0xff;
	ret[8] = 1;
	ret[9] = 0x7f;
	ret[10] = 3;
	ret[11] = 1;
	memcpy(ret + 12, mechanism, strnlen(mechanism, 20));
}

/* Write a frame header for ${n} bytes; return its length, 2 or 9. */
static size_t frame_head(uint8_t head[9], uint8_t flags, size_t n)
{
	if (n < 256) {
		head[0] = flags;
		head[1] = (uint8_t)n;
		return 2;
	}
	head[0] = flags | FLAG_LONG;
	put_u64(head + 1, n);
	return 9;
}

static int frame_put(struct zmtp *z, uint8_t flags, const void *p, size_t n)
{
	uint8_t head[9];
	size_t k = frame_head(head, flags, n);
	int r = queue_put(&z->out, head, k);

	return r ? r : queue_put(&z->out, p, n);
}

/* A 24 byte nonce out of a 16 byte prefix and a counter. */
static void short_nonce(uint8_t n[24], const char *prefix, uint64_t counter)
{
	memcpy(n, prefix, 16);
	put_u64(n + 16, counter);
}

static void long_nonce(uint8_t n[24], const char *prefix, const uint8_t *rest)
{
	memcpy(n, prefix, 8);
	memcpy(n + 8, rest, 16);
}

static int send_hello(struct zmtp *z)
{
	uint8_t b[ZMTP_HELLO_LEN] = {0}, nonce[24];
	const uint8_t zeros[64] = {0};

	memcpy(b, "\x05HELLO\x01\x00", 8);
	memcpy(b + 80, z->eph_public, 32);
	put_u64(b + 112, ++z->nonce);
	short_nonce(nonce, "CurveZMQHELLO---", z->nonce);
	if (crypto_box_easy(b + 120, zeros, sizeof zeros, nonce, z->keys.server,
		    z->eph_secret))
		return ROWAN_E_CRYPTO;
	return frame_put(z, FLAG_COMMAND, b, sizeof b);
}

static int take_welcome(struct zmtp *z, struct bytes f)
{
	uint8_t nonce[24], plain[128];

	if (f.len != ZMTP_WELCOME_LEN || memcmp(f.data, "\x07WELCOME", 8))
		return ROWAN_E_MALFORMED;
	long_nonce(nonce, "WELCOME-", f.data + 8);
	if (crypto_box_open_easy(plain, f.data + 24, 144, nonce, z->keys.server,
		    z->eph_secret))
		return ROWAN_E_CRYPTO;
	memcpy(z->server_eph, plain, 32);
	memcpy(z->cookie, plain + 32, 96);
	if (crypto_box_beforenm(z->shared, z->server_eph, z->eph_secret))
		return ROWAN_E_CRYPTO;
	return 0;
}

static int send_initiate(struct zmtp *z)
{
	static const char meta[] = "\x0bSocket-Type\0\0\0\x06"
				   "DEALER"
				   "\x08Identity\0\0\0";
	uint8_t plain[128 + sizeof meta + ZMTP_NAME_MAX];
	uint8_t b[113 + sizeof plain + 16], nonce[24], vouch[64];
	size_t len = 128 + sizeof meta + z->name_len;

	memcpy(plain, z->keys.public, 32);
	randombytes_buf(plain + 32, 16);
	memcpy(vouch, z->eph_public, 32);
	memcpy(vouch + 32, z->keys.server, 32);
	long_nonce(nonce, "VOUCH---", plain + 32);
	if (crypto_box_easy(plain + 48, vouch, sizeof vouch, nonce,
		    z->server_eph, z->keys.secret))
		return ROWAN_E_CRYPTO;
	/* The literal's own zero is the last byte of Identity's length. */
	memcpy(plain + 128, meta, sizeof meta);
	plain[128 + sizeof meta - 1] = (uint8_t)z->name_len;
	memcpy(plain + 128 + sizeof meta, z->name, z->name_len);

	memcpy(b, "\x08INITIATE", 9);
	memcpy(b + 9, z->cookie, 96);
	put_u64(b + 105, ++z->nonce);
	short_nonce(nonce, "CurveZMQINITIATE", z->nonce);
	if (crypto_box_easy_afternm(b + 113, plain, len, nonce, z->shared))
		return ROWAN_E_CRYPTO;
	return frame_put(z, FLAG_COMMAND, b, 113 + len + 16);
}

static int take_ready(struct zmtp *z, struct bytes f)
{
	uint8_t nonce[24], plain[512];

	if (f.len >= 6 && memcmp(f.data,
				  "\x05"
				  "ERROR",
				  6) == 0)
		return ROWAN_E_REFUSED;
	if (f.len < 30 || f.len > sizeof plain ||
		memcmp(f.data, "\x05READY", 6))
		return ROWAN_E_MALFORMED;
	z->peer_nonce = get_u64(f.data + 6);
	short_nonce(nonce, "CurveZMQREADY---", z->peer_nonce);
	if (crypto_box_open_easy_afternm(
		    plain, f.data + 14, f.len - 14, nonce, z->shared))
		return ROWAN_E_CRYPTO;
	z->state = READY;
	return 0;
}

/* Seal ${inner} flags and ${data} into one MESSAGE frame. */
static int seal(struct zmtp *z, uint8_t inner, struct bytes data)
{
	size_t body = MESSAGE_HEAD + 16 + 1 + data.len, k;
	uint8_t nonce[24], *p = queue_room(&z->out, 9 + body);

	if (p == NULL)
		return ROWAN_E_NOMEM;
	k = frame_head(p, 0, body);
	memcpy(p + k, "\x07MESSAGE", 8);
	put_u64(p + k + 8, ++z->nonce);
	short_nonce(nonce, "CurveZMQMESSAGEC", z->nonce);
	k += MESSAGE_HEAD;
	p[k + 16] = inner;
	if (data.len > 0)
		memcpy(p + k + 17, data.data, data.len);
	if (crypto_box_detached_afternm(p + k + 16, p + k, p + k + 16,
		    1 + data.len, nonce, z->shared))
		return ROWAN_E_CRYPTO;
	z->out.len += k + 17 + data.len;
	return 0;
}

/* Open the MESSAGE at ${f} in place; ${ret} begins with the inner flags. */
static int open_frame(struct zmtp *z, uint8_t *f, size_t n, struct bytes *ret)
{
	uint8_t nonce[24];
	uint64_t counter;

	if (n < MESSAGE_HEAD + 17 || memcmp(f, "\x07MESSAGE", 8))
		return ROWAN_E_MALFORMED;
	counter = get_u64(f + 8);
	if (counter <= z->peer_nonce)
		return ROWAN_E_CRYPTO;
	short_nonce(nonce, "CurveZMQMESSAGES", counter);
	if (crypto_box_open_detached_afternm(
		    f + 32, f + 32, f + 16, n - 32, nonce, z->shared))
		return ROWAN_E_CRYPTO;
	z->peer_nonce = counter;
	*ret = bytes_of(f + 32, n - 32);
	return 0;
}

/* Find the whole frame at the head of the input: ROWAN_E_AGAIN if none. */
static int frame_peek(struct zmtp *z, size_t *ret_head, size_t *ret_len)
{
	const uint8_t *p = z->in.data + z->in.pos;
	size_t left = z->in.len - z->in.pos, head = 2;
	uint64_t n;

	if (left < 2)
		return ROWAN_E_AGAIN;
	n = p[1];
	if (p[0] & FLAG_LONG) {
		if (left < 9)
			return ROWAN_E_AGAIN;
		head = 9;
		n = get_u64(p + 1);
	}
	if (n > left - head)
		return n > (uint64_t)1 << 30 ? ROWAN_E_LIMIT : ROWAN_E_AGAIN;
	*ret_head = head;
	*ret_len = (size_t)n;
	return 0;
}

static int take_greeting(struct zmtp *z)
{
	const uint8_t *p = z->in.data + z->in.pos;

	if (z->in.len - z->in.pos < ZMTP_GREETING_LEN)
		return ROWAN_E_AGAIN;
	if (p[0] != 0xff || p[9] != 0x7f || p[10] != 3 ||
		memcmp(p + 12, "CURVE\0", 6))
		return ROWAN_E_MALFORMED;
	z->in.pos += ZMTP_GREETING_LEN;
	z->state = WAIT_WELCOME;
	return send_hello(z);
}

/* One step of the handshake; ROWAN_E_AGAIN when more bytes are needed. */
static int handshake(struct zmtp *z)
{
	size_t head, n;
	struct bytes f;
	int r;

	if (z->state == WAIT_GREETING)
		return take_greeting(z);
	r = frame_peek(z, &head, &n);
	if (r)
		return r;
	f = bytes_of(z->in.data + z->in.pos + head, n);
	z->in.pos += head + n;
	if (z->state == WAIT_READY)
		return take_ready(z, f);
	z->state = WAIT_READY;
	r = take_welcome(z, f);
	return r ? r : send_initiate(z);
}

struct zmtp *zmtp_new(const struct zmtp_keys *keys)
{
	struct zmtp *z = calloc(1, sizeof *z);
	uint8_t greeting[ZMTP_GREETING_LEN];

	if (z == NULL)
		return NULL;
	z->keys = *keys;
	crypto_box_keypair(z->eph_public, z->eph_secret);
	zmtp_greeting(greeting, "CURVE");
	if (queue_put(&z->out, greeting, sizeof greeting)) {
		zmtp_free(z);
		return NULL;
	}
	return z;
}

void zmtp_name(struct zmtp *z, struct bytes name)
{
	z->name_len = name.len < ZMTP_NAME_MAX ? name.len : ZMTP_NAME_MAX;
	memcpy(z->name, name.data, z->name_len);
}

void zmtp_free(struct zmtp *z)
{
	if (z == NULL)
		return;
	mem_free(z->in.data, z->in.cap);
	mem_free(z->out.data, z->out.cap);
	mem_free(z, sizeof *z);
}

int zmtp_feed(struct zmtp *z, struct bytes in)
{
	int r = queue_put(&z->in, in.data, in.len);

	while (r == 0 && z->state != READY)
		r = handshake(z);
	return r == ROWAN_E_AGAIN ? 0 : r;
}

struct bytes zmtp_out(const struct zmtp *z)
{
	return bytes_of(z->out.data + z->out.pos, z->out.len - z->out.pos);
}

void zmtp_sent(struct zmtp *z, size_t n)
{
	z->out.pos += n;
}

bool zmtp_ready(const struct zmtp *z)
{
	return z->state == READY;
}

int zmtp_send(struct zmtp *z, struct bytes data, bool more)
{
	if (z->state != READY)
		return ROWAN_E_STATE;
	return seal(z, more ? INNER_MORE : 0, data);
}

int zmtp_flags(struct zmtp *z, uint8_t flags, struct bytes data)
{
	return z->state == READY ? seal(z, flags, data) : ROWAN_E_STATE;
}

int zmtp_plain(struct zmtp *z, uint8_t flags, struct bytes data)
{
	return frame_put(z, flags, data.data, data.len);
}

int zmtp_recv(struct zmtp *z, struct bytes *ret, bool *ret_more)
{
	size_t head, n;
	struct bytes f;

	*ret = bytes_of(NULL, 0);
	if (z->state != READY)
		return ROWAN_E_AGAIN;
	for (;;) {
		int r = frame_peek(z, &head, &n);

		if (r)
			return r;
		r = open_frame(z, z->in.data + z->in.pos + head, n, &f);
		if (r)
			return r;
		z->in.pos += head + n;
		if (!(f.data[0] & INNER_COMMAND))
			break;
		if (f.len >= 8 && memcmp(f.data + 1, "\x04PING", 5) == 0) {
			uint8_t pong[5 + 16] = "\x04PONG";
			size_t ctx = f.len - 8 > 16 ? 16 : f.len - 8;

			memcpy(pong + 5, f.data + 8, ctx);
			r = seal(z, INNER_COMMAND, bytes_of(pong, 5 + ctx));
			if (r)
				return r;
		}
	}
	*ret = bytes_of(f.data + 1, f.len - 1);
	*ret_more = f.data[0] & INNER_MORE;
	return 0;
}
