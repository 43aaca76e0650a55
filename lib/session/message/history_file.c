/*
 * Files of history: see history_file.h.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/reader.h"
#include "crypto/passphrase.h"
#include "session/message/history_file.h"
#include "session/transfer/transfer.h"
#include "session/transfer/transfer_file.h"

#define MAGIC	  "rowanhs1"
#define MAGIC_LEN 8
#define LABEL	  "rowan history"
#define LOCK_MAX  1024
#define GATHER	  (256 * 1024) /* bytes written at once */

enum { FORM_PASSPHRASE = 1, FORM_ARCHIVE = 2 };

typedef crypto_secretstream_xchacha20poly1305_state stream;
#define STREAM_OVERHEAD crypto_secretstream_xchacha20poly1305_ABYTES
#define STREAM_HEADER	crypto_secretstream_xchacha20poly1305_HEADERBYTES
#define TAG_LAST	crypto_secretstream_xchacha20poly1305_TAG_FINAL
#define TAG_ITEM	crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
#define ITEM_SEALED_MAX (HISTORY_ITEM_MAX + STREAM_OVERHEAD)

static bool lock_ok(const struct history_lock *lock)
{
	return (lock->archive != NULL) == (lock->passphrase.len == 0);
}

/* ---- writing ---- */

struct history_out {
	char path[TRANSFER_PATH_MAX + 1];
	char part[TRANSFER_PATH_MAX + 1];
	int fd;
	uint64_t at;
	struct writer w; /* not written yet */
	stream s;
	struct buf front; /* bound to the first item */
	bool named;
};

static int flush(struct history_out *o)
{
	int rc = writer_status(&o->w);

	if (rc == 0 && o->w.len > 0)
		rc = transfer_file_write(o->fd, o->at, writer_view(&o->w));
	if (rc == 0)
		o->at += o->w.len;
	writer_wipe(&o->w);
	writer_init(&o->w, GATHER + ITEM_SEALED_MAX + 4);
	return rc;
}

static int write_lock(struct writer *w, const struct history_lock *lock,
	const struct key32 *key)
{
	uint8_t box[KEY32_LEN + crypto_box_SEALBYTES];
	size_t mark;
	int rc;

	if (lock->archive == NULL) {
		writer_u8(w, FORM_PASSPHRASE);
		mark = writer_open(w);
		rc = passphrase_seal(w, LABEL, lock->passphrase,
			&passphrase_cost_default, key32_view(key));
		writer_close(w, mark);
		return rc;
	}
	/* Refuses keys that make no secret. */
	if (crypto_box_seal(box, key->b, KEY32_LEN, lock->archive->b) != 0)
		return ROWAN_E_INVAL;
	writer_u8(w, FORM_ARCHIVE);
	writer_vec(w, bytes_of(box, sizeof box));
	return writer_status(w);
}

static int write_front(struct history_out *o, const struct history_lock *lock)
{
	uint8_t header[STREAM_HEADER];
	struct key32 key;
	struct writer w;
	int rc;

	writer_init(&w, LOCK_MAX + 64);
	randombytes_buf(key.b, sizeof key.b);
	writer_raw(&w, MAGIC, MAGIC_LEN);
	rc = write_lock(&w, lock, &key);
	(void)crypto_secretstream_xchacha20poly1305_init_push(
		&o->s, header, key.b);
	key32_wipe(&key);
	writer_raw(&w, header, sizeof header);
	if (rc == 0)
		rc = writer_status(&w);
	if (rc == 0)
		rc = buf_copy(&o->front, writer_view(&w));
	writer_raw(&o->w, w.data, w.len);
	writer_wipe(&w);
	return rc == 0 ? writer_status(&o->w) : rc;
}

int history_out_new(struct history_out **ret, const char *path,
	const struct history_lock *lock)
{
	struct history_out *o;
	int rc;

	*ret = NULL;
	if (!lock_ok(lock) || path[0] == '\0')
		return ROWAN_E_INVAL;
	if (strlen(path) > TRANSFER_PATH_MAX)
		return ROWAN_E_LIMIT;
	o = secret_new(sizeof *o);
	if (o == NULL)
		return ROWAN_E_NOMEM;
	o->fd = -1;
	(void)strcpy(o->path, path);
	writer_init(&o->w, GATHER + ITEM_SEALED_MAX + 4);
	rc = transfer_file_part(path, o->part, sizeof o->part);
	if (rc == 0)
		rc = transfer_file_begin(o->part, 0, &o->fd);
	if (rc == 0)
		rc = write_front(o, lock);
	if (rc != 0) {
		history_out_free(o);
		return rc;
	}
	*ret = o;
	return 0;
}

int history_out_put(struct history_out *o, struct bytes item, bool last)
{
	struct buf sealed = {0};
	int rc;

	if (item.len > HISTORY_ITEM_MAX)
		return ROWAN_E_LIMIT;
	rc = buf_alloc(&sealed, item.len + STREAM_OVERHEAD);
	if (rc != 0)
		return rc;
	(void)crypto_secretstream_xchacha20poly1305_push(&o->s, sealed.data,
		NULL, item.data, item.len, o->front.data, o->front.len,
		last ? TAG_LAST : TAG_ITEM);
	buf_wipe(&o->front);
	writer_u32(&o->w, (uint32_t)sealed.len);
	writer_raw(&o->w, sealed.data, sealed.len);
	buf_wipe(&sealed);
	rc = writer_status(&o->w);
	return rc == 0 && o->w.len >= GATHER ? flush(o) : rc;
}

int history_out_finish(struct history_out *o)
{
	int rc = flush(o);

	if (rc == 0)
		rc = transfer_file_name(o->part, o->path);
	o->named = rc == 0;
	return rc;
}

void history_out_free(struct history_out *o)
{
	if (o == NULL)
		return;
	if (o->fd >= 0)
		(void)close(o->fd);
	if (o->fd >= 0 && !o->named)
		(void)unlink(o->part);
	writer_wipe(&o->w);
	buf_wipe(&o->front);
	secret_free(o);
}

/* ---- reading ---- */

struct history_in {
	struct transfer_source f;
	uint64_t left;
	stream s;
	struct buf front;
};

static int take(struct history_in *i, uint8_t *ret, size_t len)
{
	if (len > i->left)
		return ROWAN_E_MALFORMED;
	i->left -= len;
	return transfer_file_read(&i->f, ret, len);
}

static int open_lock(uint8_t form, struct bytes sealed,
	const struct history_lock *lock, struct key32 *ret)
{
	uint8_t public[KEY32_LEN];
	struct buf plain = {0};
	int rc;

	if (form < FORM_PASSPHRASE || form > FORM_ARCHIVE)
		return ROWAN_E_MALFORMED;
	/* The other way of opening is the wrong key. */
	if ((form == FORM_ARCHIVE) != (lock->archive != NULL))
		return ROWAN_E_CRYPTO;
	if (form == FORM_ARCHIVE) {
		if (sealed.len != KEY32_LEN + crypto_box_SEALBYTES)
			return ROWAN_E_MALFORMED;
		if (crypto_scalarmult_base(public, lock->archive->b) != 0 ||
			crypto_box_seal_open(ret->b, sealed.data, sealed.len,
				public, lock->archive->b) != 0)
			return ROWAN_E_CRYPTO;
		return 0;
	}
	rc = passphrase_open(sealed, LABEL, lock->passphrase, &plain);
	if (rc == 0 && plain.len != KEY32_LEN)
		rc = ROWAN_E_MALFORMED;
	if (rc == 0)
		memcpy(ret->b, plain.data, KEY32_LEN);
	buf_wipe(&plain);
	return rc;
}

/* Magic, form and a lock whose length stands in two bytes at most. */
static int read_front(struct history_in *i, struct writer *w, uint8_t *ret_form,
	struct bytes *ret_lock)
{
	uint8_t mem[MAGIC_LEN + 2], second = 0;
	uint8_t lock[LOCK_MAX];
	size_t len, mark;
	int rc = take(i, mem, sizeof mem);

	if (rc != 0)
		return rc;
	if (memcmp(mem, MAGIC, MAGIC_LEN) != 0 || mem[MAGIC_LEN + 1] >> 6 > 1)
		return ROWAN_E_MALFORMED;
	len = mem[MAGIC_LEN + 1] & 0x3f;
	writer_raw(w, mem, sizeof mem);
	if (mem[MAGIC_LEN + 1] >> 6 == 1) {
		rc = take(i, &second, 1);
		len = len << 8 | second;
		writer_u8(w, second);
		if (rc == 0 && len < 64)
			rc = ROWAN_E_MALFORMED;
	}
	if (rc == 0 && len > LOCK_MAX)
		rc = ROWAN_E_LIMIT;
	if (rc == 0)
		rc = take(i, lock, len);
	if (rc != 0)
		return rc;
	mark = w->len;
	writer_raw(w, lock, len);
	rc = writer_status(w);
	if (rc == 0) {
		*ret_form = mem[MAGIC_LEN];
		*ret_lock = bytes_of(w->data + mark, len);
	}
	return rc;
}

static int begin(struct history_in *i, const struct history_lock *lock)
{
	uint8_t form = 0, header[STREAM_HEADER];
	struct key32 key = {{0}};
	struct bytes sealed = {0};
	struct writer w;
	int rc;

	writer_init(&w, LOCK_MAX + 64);
	rc = read_front(i, &w, &form, &sealed);
	if (rc == 0)
		rc = open_lock(form, sealed, lock, &key);
	if (rc == 0)
		rc = take(i, header, sizeof header);
	if (rc == 0) {
		writer_raw(&w, header, sizeof header);
		rc = writer_status(&w);
	}
	if (rc == 0 && crypto_secretstream_xchacha20poly1305_init_pull(
			       &i->s, header, key.b) != 0)
		rc = ROWAN_E_CRYPTO;
	if (rc == 0)
		rc = buf_copy(&i->front, writer_view(&w));
	key32_wipe(&key);
	writer_wipe(&w);
	return rc;
}

int history_in_new(struct history_in **ret, const char *path,
	const struct history_lock *lock)
{
	struct history_in *i;
	int rc;

	*ret = NULL;
	if (!lock_ok(lock))
		return ROWAN_E_INVAL;
	i = secret_new(sizeof *i);
	if (i == NULL)
		return ROWAN_E_NOMEM;
	rc = transfer_file_open(&i->f, path);
	if (rc != 0) {
		secret_free(i);
		return rc;
	}
	i->left = i->f.size;
	rc = begin(i, lock);
	if (rc != 0) {
		history_in_free(i);
		return rc;
	}
	*ret = i;
	return 0;
}

int history_in_next(struct history_in *i, struct buf *ret, bool *ret_last)
{
	struct buf sealed = {0}, plain = {0};
	uint8_t head[4], tag = 0;
	size_t len;
	int rc = take(i, head, sizeof head);

	*ret = (struct buf){0};
	*ret_last = false;
	if (rc != 0)
		return rc;
	len = (size_t)head[0] << 24 | (size_t)head[1] << 16 |
	      (size_t)head[2] << 8 | head[3];
	if (len < STREAM_OVERHEAD || len > i->left)
		return ROWAN_E_MALFORMED;
	if (len > ITEM_SEALED_MAX)
		return ROWAN_E_LIMIT;
	rc = buf_alloc(&sealed, len);
	if (rc == 0)
		rc = buf_alloc(&plain, len - STREAM_OVERHEAD);
	if (rc == 0)
		rc = take(i, sealed.data, len);
	if (rc == 0 && crypto_secretstream_xchacha20poly1305_pull(&i->s,
			       plain.data, NULL, &tag, sealed.data, len,
			       i->front.data, i->front.len) != 0)
		rc = ROWAN_E_CRYPTO;
	buf_wipe(&i->front);
	buf_wipe(&sealed);
	if (rc == 0 && tag == TAG_LAST && i->left > 0)
		rc = ROWAN_E_MALFORMED;
	if (rc != 0) {
		buf_wipe(&plain);
		return rc;
	}
	*ret = plain;
	*ret_last = tag == TAG_LAST;
	return 0;
}

void history_in_free(struct history_in *i)
{
	if (i == NULL)
		return;
	transfer_file_close(&i->f);
	buf_wipe(&i->front);
	secret_free(i);
}
