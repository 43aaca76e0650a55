/*
 * Sealing and opening backups: see format.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "backup/format.h"
#include "base/reader.h"

#define MAGIC	  "rowanbk1"
#define MAGIC_LEN 8
#define VERSION	  1
#define A_LEN	  crypto_secretstream_xchacha20poly1305_ABYTES
#define HEAD_LEN  crypto_secretstream_xchacha20poly1305_HEADERBYTES
#define BOX_LEN	  (KEY32_LEN + crypto_box_SEALBYTES)
#define PREFIX	  "rowan-backup-public:"

/* ---- manifests ---- */

int backup_manifest_encode(const struct backup_manifest *m, struct writer *w)
{
	writer_u16(w, VERSION);
	writer_u64(w, m->time);
	writer_u64(w, m->schema);
	writer_u64(w, m->bytes);
	writer_raw(w, m->hash, sizeof m->hash);
	writer_u64(w, m->log_size);
	writer_raw(w, m->log_root, sizeof m->log_root);
	writer_vec(w, bytes_of(m->by, strlen(m->by)));
	return writer_status(w);
}

int backup_manifest_decode(struct bytes input, struct backup_manifest *ret)
{
	struct backup_manifest m = {0};
	struct reader r;
	struct bytes by;
	int rc;

	memset(ret, 0, sizeof *ret);
	reader_init(&r, input);
	if ((rc = reader_version(&r, VERSION)) != 0 ||
		(rc = reader_u64(&r, &m.time)) != 0 ||
		(rc = reader_u64(&r, &m.schema)) != 0 ||
		(rc = reader_u64(&r, &m.bytes)) != 0 ||
		(rc = reader_array(&r, m.hash, sizeof m.hash)) != 0 ||
		(rc = reader_u64(&r, &m.log_size)) != 0 ||
		(rc = reader_array(&r, m.log_root, sizeof m.log_root)) != 0 ||
		(rc = reader_vec(&r, BACKUP_BY_MAX, &by)) != 0 ||
		(rc = reader_end(&r)) != 0)
		return rc;
	for (size_t i = 0; i < by.len; i++)
		if (by.data[i] <= 0x20 || by.data[i] >= 0x7f)
			return ROWAN_E_MALFORMED;
	memcpy(m.by, by.data, by.len);
	*ret = m;
	return 0;
}

/* ---- files ---- */

static int read_full(int fd, uint8_t *at, size_t max, size_t *ret_len)
{
	size_t len = 0;
	ssize_t n = 1;

	while (len < max && n != 0) {
		n = read(fd, at + len, max - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ROWAN_E_IO;
		len += (size_t)n;
	}
	*ret_len = len;
	return 0;
}

static int write_full(int fd, const uint8_t *at, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == ENOSPC ? ROWAN_E_FULL : ROWAN_E_IO;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int go_on(const struct backup_from *from)
{
	return from->stop != NULL && atomic_load(from->stop) != 0
		       ? ROWAN_E_STATE
		       : 0;
}

int backup_hash(const struct backup_from *from, uint8_t ret[BACKUP_HASH_LEN],
	uint64_t *ret_bytes)
{
	crypto_generichash_state h;
	uint8_t *part = malloc(BACKUP_CHUNK);
	size_t n = BACKUP_CHUNK;
	int rc = part == NULL ? ROWAN_E_NOMEM : 0;

	*ret_bytes = 0;
	(void)crypto_generichash_init(&h, NULL, 0, BACKUP_HASH_LEN);
	if (rc == 0 && lseek(from->fd, 0, SEEK_SET) != 0)
		rc = ROWAN_E_IO;
	while (rc == 0 && n == BACKUP_CHUNK) {
		rc = read_full(from->fd, part, BACKUP_CHUNK, &n);
		if (rc != 0)
			break;
		(void)crypto_generichash_update(&h, part, n);
		*ret_bytes += n;
		rc = go_on(from);
	}
	(void)crypto_generichash_final(&h, ret, BACKUP_HASH_LEN);
	free(part);
	return rc;
}

/* ---- sealing ---- */

struct stream {
	crypto_secretstream_xchacha20poly1305_state s;
	int to;
	size_t len; /* gathered */
	uint8_t plain[BACKUP_CHUNK];
	uint8_t sealed[BACKUP_CHUNK + A_LEN];
};

static int flush(struct stream *s, bool last)
{
	unsigned long long len;

	if (crypto_secretstream_xchacha20poly1305_push(&s->s, s->sealed, &len,
		    s->plain, s->len, NULL, 0,
		    last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
			 : 0) != 0)
		return ROWAN_E_INTERNAL;
	s->len = 0;
	return write_full(s->to, s->sealed, (size_t)len);
}

static int begin_seal(struct stream *s, int to, const struct key32 *key)
{
	uint8_t head[HEAD_LEN], box[BOX_LEN];
	struct key32 fresh;
	int rc = 0;

	s->to = to;
	s->len = 0;
	crypto_secretstream_xchacha20poly1305_keygen(fresh.b);
	if (crypto_box_seal(box, fresh.b, KEY32_LEN, key->b) != 0)
		rc = ROWAN_E_CRYPTO;
	else if (crypto_secretstream_xchacha20poly1305_init_push(
			 &s->s, head, fresh.b) != 0)
		rc = ROWAN_E_INTERNAL;
	key32_wipe(&fresh);
	if (rc != 0 ||
		(rc = write_full(to, (const uint8_t *)MAGIC, MAGIC_LEN)) != 0 ||
		(rc = write_full(to, box, sizeof box)) != 0)
		return rc;
	return write_full(to, head, sizeof head);
}

static int seal_all(struct stream *s, const struct backup_from *from,
	const struct backup_manifest *m)
{
	struct writer w, in;
	size_t n = 1;
	int rc;

	writer_init(&in, BACKUP_MANIFEST_MAX);
	rc = backup_manifest_encode(m, &in);
	writer_init_fixed(&w, s->plain, sizeof s->plain);
	writer_vec(&w, writer_view(&in));
	s->len = w.len;
	writer_wipe(&in);
	if (rc == 0)
		rc = writer_status(&w);
	if (rc == 0 && lseek(from->fd, 0, SEEK_SET) != 0)
		rc = ROWAN_E_IO;
	while (rc == 0 && n > 0) {
		rc = read_full(from->fd, s->plain + s->len,
			sizeof s->plain - s->len, &n);
		s->len += rc == 0 ? n : 0;
		if (rc == 0 && s->len == sizeof s->plain)
			rc = flush(s, false);
		if (rc == 0)
			rc = go_on(from);
	}
	return rc == 0 ? flush(s, true) : rc;
}

int backup_seal(const struct backup_from *from, int to, const struct key32 *key,
	const struct backup_manifest *m)
{
	struct stream *s = malloc(sizeof *s);
	int rc;

	if (s == NULL)
		return ROWAN_E_NOMEM;
	rc = begin_seal(s, to, key);
	if (rc == 0)
		rc = seal_all(s, from, m);
	if (rc == 0 && fsync(to) != 0)
		rc = errno == ENOSPC ? ROWAN_E_FULL : ROWAN_E_IO;
	sodium_memzero(s, sizeof *s);
	free(s);
	return rc;
}

/* ---- opening ---- */

struct opening {
	crypto_secretstream_xchacha20poly1305_state s;
	crypto_generichash_state hash;
	struct backup_manifest m;
	uint64_t bytes; /* of the database so far */
	bool begun;	/* the manifest was read */
	int to;
	uint8_t sealed[BACKUP_CHUNK + A_LEN];
	uint8_t plain[BACKUP_CHUNK];
};

static int begin_open(struct opening *o, int from, const struct key32 *secret)
{
	uint8_t head[MAGIC_LEN + BOX_LEN + HEAD_LEN];
	struct key32 public, key = {{0}};
	size_t n;
	int rc = read_full(from, head, sizeof head, &n);

	if (rc != 0)
		return rc;
	if (n != sizeof head || memcmp(head, MAGIC, MAGIC_LEN) != 0)
		return ROWAN_E_MALFORMED;
	if (crypto_scalarmult_base(public.b, secret->b) != 0 ||
		crypto_box_seal_open(key.b, head + MAGIC_LEN, BOX_LEN, public.b,
			secret->b) != 0 ||
		crypto_secretstream_xchacha20poly1305_init_pull(
			&o->s, head + MAGIC_LEN + BOX_LEN, key.b) != 0)
		rc = ROWAN_E_CRYPTO;
	key32_wipe(&key);
	return rc;
}

/* The manifest stands at the beginning of the first chunk. */
static int take_manifest(struct opening *o, struct bytes *plain)
{
	struct bytes raw;
	struct reader r;
	int rc;

	reader_init(&r, *plain);
	rc = reader_vec(&r, BACKUP_MANIFEST_MAX, &raw);
	if (rc == 0)
		rc = backup_manifest_decode(raw, &o->m);
	*plain = bytes_of(r.pos, reader_left(&r));
	o->begun = true;
	return rc;
}

static int take_chunk(struct opening *o, size_t n, uint8_t *ret_tag)
{
	unsigned long long len;
	struct bytes plain;
	int rc = 0;

	if (n < A_LEN ||
		crypto_secretstream_xchacha20poly1305_pull(&o->s, o->plain,
			&len, ret_tag, o->sealed, n, NULL, 0) != 0)
		return ROWAN_E_CRYPTO;
	plain = bytes_of(o->plain, (size_t)len);
	if (!o->begun)
		rc = take_manifest(o, &plain);
	if (rc != 0)
		return rc;
	(void)crypto_generichash_update(&o->hash, plain.data, plain.len);
	o->bytes += plain.len;
	return o->to < 0 ? 0 : write_full(o->to, plain.data, plain.len);
}

static int open_all(struct opening *o, int from)
{
	const uint8_t final = crypto_secretstream_xchacha20poly1305_TAG_FINAL;
	uint8_t hash[BACKUP_HASH_LEN], tag = 0;
	size_t n;
	int rc = 0;

	while (rc == 0 && tag != final) {
		rc = read_full(from, o->sealed, sizeof o->sealed, &n);
		if (rc == 0)
			rc = take_chunk(o, n, &tag);
	}
	if (rc == 0)
		rc = read_full(from, o->sealed, 1, &n);
	if (rc != 0)
		return rc;
	(void)crypto_generichash_final(&o->hash, hash, sizeof hash);
	if (n != 0 || o->bytes != o->m.bytes ||
		memcmp(hash, o->m.hash, sizeof hash) != 0)
		return ROWAN_E_CRYPTO;
	return o->to < 0 || fsync(o->to) == 0 ? 0 : ROWAN_E_IO;
}

int backup_open(int from, int to, const struct key32 *secret,
	struct backup_manifest *ret)
{
	struct opening *o = calloc(1, sizeof *o);
	int rc;

	memset(ret, 0, sizeof *ret);
	if (o == NULL)
		return ROWAN_E_NOMEM;
	o->to = to;
	(void)crypto_generichash_init(&o->hash, NULL, 0, BACKUP_HASH_LEN);
	rc = lseek(from, 0, SEEK_SET) == 0 ? begin_open(o, from, secret)
					   : ROWAN_E_IO;
	if (rc == 0)
		rc = open_all(o, from);
	if (rc == 0)
		*ret = o->m;
	sodium_memzero(o, sizeof *o);
	free(o);
	return rc;
}

/* ---- the recipient's key ---- */

int backup_key_read(const char *path, struct key32 *ret)
{
	char text[sizeof PREFIX + 2 * KEY32_LEN + 2];
	/* A pipe in its place has no key, and is not waited for. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	size_t n, len;

	memset(ret, 0, sizeof *ret);
	if (f == NULL)
		return fd < 0 && errno == ENOENT ? ROWAN_E_NOT_FOUND
						 : ROWAN_E_IO;
	n = fread(text, 1, sizeof text, f);
	fclose(f);
	if (n != sizeof PREFIX - 1 + 2 * KEY32_LEN + 1 ||
		memcmp(text, PREFIX, sizeof PREFIX - 1) != 0 ||
		text[n - 1] != '\n' ||
		sodium_hex2bin(ret->b, KEY32_LEN, text + sizeof PREFIX - 1,
			2 * KEY32_LEN, NULL, &len, NULL) != 0 ||
		len != KEY32_LEN || sodium_is_zero(ret->b, KEY32_LEN))
		return ROWAN_E_MALFORMED;
	return 0;
}

int backup_key_write(const char *path, const struct key32 *key)
{
	char hex[2 * KEY32_LEN + 1];
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	int rc;

	if (fd < 0)
		return errno == EEXIST ? ROWAN_E_EXISTS : ROWAN_E_IO;
	(void)sodium_bin2hex(hex, sizeof hex, key->b, KEY32_LEN);
	rc = dprintf(fd, PREFIX "%s\n", hex) > 0 && fsync(fd) == 0 ? 0
								   : ROWAN_E_IO;
	close(fd);
	return rc;
}
