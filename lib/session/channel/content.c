/*
 * Typed content: see content.h. One row of the table below for each type.
 */
#include <string.h>

#include "base/reader.h"
#include "base/utf8.h"
#include "session/channel/content.h"

#define READ_ARRAY(r, field)  reader_array((r), (field).b, sizeof(field).b)
#define WRITE_ARRAY(w, field) writer_raw((w), (field).b, sizeof(field).b)

bool content_text_ok(struct bytes text)
{
	return utf8_valid(text) &&
	       (text.len == 0 || memchr(text.data, 0, text.len) == NULL);
}

/* A vector of text, at least ${min} and at most ${max} bytes. */
static int read_text(
	struct reader *r, size_t min, size_t max, struct bytes *ret)
{
	int rc = reader_vec(r, max, ret);

	if (rc == 0 && (ret->len < min || !content_text_ok(*ret)))
		rc = ROWAN_E_MALFORMED;
	return rc;
}

/* ---- bodies, reader beside writer --------------------------------------- */

static int text_read(struct reader *r, struct content *c)
{
	return read_text(r, 1, CONTENT_TEXT_MAX, &c->u.text);
}

static void text_write(const struct content *c, struct writer *w)
{
	writer_vec(w, c->u.text);
}

static int blob_read(struct reader *r, struct content_blob *b)
{
	int rc;

	if ((rc = READ_ARRAY(r, b->blob)) || (rc = READ_ARRAY(r, b->key)) ||
		(rc = reader_u64(r, &b->size)))
		return rc;
	return READ_ARRAY(r, b->digest);
}

static void blob_write(const struct content_blob *b, struct writer *w)
{
	WRITE_ARRAY(w, b->blob);
	WRITE_ARRAY(w, b->key);
	writer_u64(w, b->size);
	WRITE_ARRAY(w, b->digest);
}

/* No way out of the folder it is put into, nothing that drives a terminal. */
bool content_file_ok(struct bytes name)
{
	if (name.len == 0 || name.data[0] == '.')
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (name.data[i] < ' ' || name.data[i] == 0x7f ||
			name.data[i] == '/' || name.data[i] == '\\')
			return false;
	return true;
}

static int attachment_read(struct reader *r, struct content *c)
{
	struct content_attachment *a = &c->u.attachment;
	int rc;

	if ((rc = blob_read(r, &a->blob)) ||
		(rc = read_text(r, 1, CONTENT_FILE_MAX, &a->name)) ||
		(rc = read_text(r, 0, CONTENT_MEDIA_MAX, &a->media)) ||
		(rc = read_text(r, 0, CONTENT_TEXT_MAX, &a->text)))
		return rc;
	return content_file_ok(a->name) ? 0 : ROWAN_E_MALFORMED;
}

static void attachment_write(const struct content *c, struct writer *w)
{
	blob_write(&c->u.attachment.blob, w);
	writer_vec(w, c->u.attachment.name);
	writer_vec(w, c->u.attachment.media);
	writer_vec(w, c->u.attachment.text);
}

static int name_read(struct reader *r, struct content *c)
{
	return read_text(r, 1, CONTENT_NAME_MAX, &c->u.name);
}

static void name_write(const struct content *c, struct writer *w)
{
	writer_vec(w, c->u.name);
}

static int receipt_read(struct reader *r, struct content *c)
{
	struct content_receipt *p = &c->u.receipt;
	struct bytes ids;
	int rc = reader_u8(r, &p->kind);

	if (rc == 0)
		rc = reader_vec(r, CONTENT_RECEIPTS_MAX * ID16_LEN, &ids);
	if (rc != 0)
		return rc;
	p->ids = ids.data;
	p->count = ids.len / ID16_LEN;
	return p->kind < CONTENT_DELIVERED || p->kind > CONTENT_READ ||
			       p->count == 0 || ids.len % ID16_LEN != 0
		       ? ROWAN_E_MALFORMED
		       : 0;
}

static void receipt_write(const struct content *c, struct writer *w)
{
	writer_u8(w, c->u.receipt.kind);
	writer_vec(
		w, bytes_of(c->u.receipt.ids, c->u.receipt.count * ID16_LEN));
}

static int heads_read(struct reader *r, struct content *c)
{
	return 0;
}

static void heads_write(const struct content *c, struct writer *w)
{
}

static int held_read(struct reader *r, struct content *c)
{
	int rc = blob_read(r, &c->u.held.blob);

	return rc != 0 ? rc : reader_u64(r, &c->u.held.release);
}

static void held_write(const struct content *c, struct writer *w)
{
	blob_write(&c->u.held.blob, w);
	writer_u64(w, c->u.held.release);
}

static int diary_read(struct reader *r, struct content *c)
{
	struct content_diary *d = &c->u.diary;
	int rc;

	if ((rc = reader_u64(r, &d->from)) || (rc = reader_u64(r, &d->until)) ||
		(rc = read_text(r, 0, CONTENT_NAME_MAX, &d->kind)) ||
		(rc = read_text(r, 1, CONTENT_TEXT_MAX, &d->text)))
		return rc;
	return d->until < d->from ? ROWAN_E_MALFORMED : 0;
}

static void diary_write(const struct content *c, struct writer *w)
{
	writer_u64(w, c->u.diary.from);
	writer_u64(w, c->u.diary.until);
	writer_vec(w, c->u.diary.kind);
	writer_vec(w, c->u.diary.text);
}

static int history_read(struct reader *r, struct content *c)
{
	struct content_history *h = &c->u.history;
	int rc;

	if ((rc = READ_ARRAY(r, h->member)) ||
		(rc = READ_ARRAY(r, h->device)) ||
		(rc = reader_u64(r, &h->received)) ||
		(rc = reader_vec(r, CONTENT_MAX, &h->message)))
		return rc;
	return h->message.len == 0 ? ROWAN_E_MALFORMED : 0;
}

static void history_write(const struct content *c, struct writer *w)
{
	WRITE_ARRAY(w, c->u.history.member);
	WRITE_ARRAY(w, c->u.history.device);
	writer_u64(w, c->u.history.received);
	writer_vec(w, c->u.history.message);
}

static int bar_read(struct reader *r, struct content *c)
{
	struct content_bar *b = &c->u.bar;
	int rc;

	if ((rc = READ_ARRAY(r, b->member)) ||
		(rc = reader_u8(r, &b->barred)) ||
		(rc = read_text(r, 0, CONTENT_TEXT_MAX, &b->reason)))
		return rc;
	return b->barred > 1 ? ROWAN_E_MALFORMED : 0;
}

static void bar_write(const struct content *c, struct writer *w)
{
	WRITE_ARRAY(w, c->u.bar.member);
	writer_u8(w, c->u.bar.barred);
	writer_vec(w, c->u.bar.reason);
}

static const struct form {
	uint16_t type;
	int (*read)(struct reader *r, struct content *c);
	void (*write)(const struct content *c, struct writer *w);
} forms[] = {
	{CONTENT_TEXT, text_read, text_write},
	{CONTENT_ATTACHMENT, attachment_read, attachment_write},
	{CONTENT_NAME, name_read, name_write},
	{CONTENT_RECEIPT, receipt_read, receipt_write},
	{CONTENT_HEADS, heads_read, heads_write},
	{CONTENT_HELD, held_read, held_write},
	{CONTENT_DIARY, diary_read, diary_write},
	{CONTENT_HISTORY, history_read, history_write},
	{CONTENT_BAR, bar_read, bar_write},
};

static const struct form *form_of(uint16_t type)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (forms[i].type == type)
			return &forms[i];
	return NULL;
}

/* ---- the whole ----------------------------------------------------------- */

static int read_frame(struct reader *r, struct content *c)
{
	struct content_heads *h = &c->heads;
	uint16_t version;
	int rc;

	if ((rc = reader_u16(r, &version)))
		return rc;
	if (version != CONTENT_VERSION)
		return ROWAN_E_VERSION;
	if ((rc = READ_ARRAY(r, c->id)) || (rc = reader_u64(r, &c->sent)) ||
		(rc = reader_u64(r, &h->clinic_number)) ||
		(rc = READ_ARRAY(r, h->clinic)) ||
		(rc = reader_u64(r, &h->case_number)) ||
		(rc = READ_ARRAY(r, h->of_case)) ||
		(rc = reader_u64(r, &h->epoch)) ||
		(rc = READ_ARRAY(r, h->authenticator)) ||
		(rc = reader_u16(r, &c->type)))
		return rc;
	if (c->type == 0)
		return ROWAN_E_MALFORMED;
	return reader_vec(r, CONTENT_MAX, &c->body);
}

int content_decode(struct bytes input, struct content *ret)
{
	const struct form *form;
	struct reader r, body;
	int rc;

	memset(ret, 0, sizeof *ret);
	if (input.len > CONTENT_MAX)
		return ROWAN_E_LIMIT;
	reader_init(&r, input);
	rc = read_frame(&r, ret);
	if (rc == 0)
		rc = reader_end(&r);
	form = rc == 0 ? form_of(ret->type) : NULL;
	if (form != NULL) {
		reader_init(&body, ret->body);
		rc = form->read(&body, ret);
		if (rc == 0)
			rc = reader_end(&body);
	}
	if (rc != 0)
		memset(ret, 0, sizeof *ret);
	return rc;
}

int content_encode(const struct content *c, struct writer *w)
{
	const struct form *form = form_of(c->type);
	struct content again;
	size_t begin = w->len, mark;
	int rc;

	writer_u16(w, CONTENT_VERSION);
	WRITE_ARRAY(w, c->id);
	writer_u64(w, c->sent);
	writer_u64(w, c->heads.clinic_number);
	WRITE_ARRAY(w, c->heads.clinic);
	writer_u64(w, c->heads.case_number);
	WRITE_ARRAY(w, c->heads.of_case);
	writer_u64(w, c->heads.epoch);
	WRITE_ARRAY(w, c->heads.authenticator);
	writer_u16(w, c->type);
	mark = writer_open(w);
	if (form != NULL)
		form->write(c, w);
	else
		writer_raw(w, c->body.data, c->body.len);
	writer_close(w, mark);
	rc = writer_status(w);
	/* The rules stand once, in the readers. */
	if (rc == 0 && content_decode(bytes_of(w->data + begin, w->len - begin),
			       &again) != 0)
		rc = ROWAN_E_INVAL;
	return rc;
}
