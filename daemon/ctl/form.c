/*
 * Requests and answers of the control socket: see form.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctl/form.h"

/* Text that may be shown: nothing that drives a terminal. */
static bool printable(struct bytes s, bool lines)
{
	for (size_t i = 0; i < s.len; i++)
		if ((s.data[i] < 0x20 && !(lines && s.data[i] == '\n')) ||
			s.data[i] >= 0x7f)
			return false;
	return true;
}

/* ---- requests ---- */

int ctl_request_encode(const struct ctl_request *q, struct writer *w)
{
	if (q->name.len > CTL_NAME_MAX || !printable(q->name, false) ||
		q->content.len > CTL_CONTENT_MAX ||
		(q->flags & ~(CTL_DRY_RUN | CTL_ALL)) != 0)
		return ROWAN_E_INVAL;
	writer_u16(w, CTL_VERSION);
	writer_u16(w, q->op);
	writer_u32(w, q->uid);
	writer_u8(w, q->flags);
	writer_u64(w, q->number);
	writer_vec(w, q->name);
	writer_vec(w, q->content);
	return writer_status(w);
}

int ctl_request_decode(struct bytes input, struct ctl_request *ret)
{
	struct ctl_request q;
	struct reader r;
	int rc;

	memset(ret, 0, sizeof *ret);
	reader_init(&r, input);
	if ((rc = reader_version(&r, CTL_VERSION)) != 0 ||
		(rc = reader_u16(&r, &q.op)) != 0 ||
		(rc = reader_u32(&r, &q.uid)) != 0 ||
		(rc = reader_u8(&r, &q.flags)) != 0 ||
		(rc = reader_u64(&r, &q.number)) != 0 ||
		(rc = reader_vec(&r, CTL_NAME_MAX, &q.name)) != 0 ||
		(rc = reader_vec(&r, CTL_CONTENT_MAX, &q.content)) != 0 ||
		(rc = reader_end(&r)) != 0)
		return rc;
	if ((q.flags & ~(CTL_DRY_RUN | CTL_ALL)) != 0 ||
		!printable(q.name, false))
		return ROWAN_E_MALFORMED;
	*ret = q;
	return 0;
}

/* ---- answers, written ---- */

void ctl_answer_init(struct ctl_answer *a)
{
	memset(a, 0, sizeof *a);
	writer_init(&a->rows, CTL_ANSWER_MAX - CTL_WORDS_MAX - 16);
}

void ctl_answer_wipe(struct ctl_answer *a)
{
	writer_wipe(&a->rows);
}

void ctl_say(struct ctl_answer *a, uint8_t code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(a->words, sizeof a->words, fmt, ap);
	va_end(ap);
	a->code = code;
	for (char *p = a->words; *p != '\0'; p++)
		if (!printable(bytes_of(p, 1), true))
			*p = '?';
}

static void end_row(struct ctl_answer *a)
{
	if (a->in_row)
		writer_close(&a->rows, a->row);
	a->in_row = false;
}

void ctl_row(struct ctl_answer *a)
{
	end_row(a);
	a->in_row = true;
	a->count++;
	a->row = writer_open(&a->rows);
}

static void field(struct ctl_answer *a, const char *name, enum ctl_type type,
	struct bytes value)
{
	writer_vec(&a->rows, bytes_of(name, strlen(name)));
	writer_u8(&a->rows, (uint8_t)type);
	writer_vec(&a->rows, value);
}

void ctl_text(struct ctl_answer *a, const char *name, const char *value)
{
	struct bytes v = bytes_of(value, strlen(value));

	field(a, name, CTL_TEXT, printable(v, true) ? v : bytes_of("?", 1));
}

static void number(struct ctl_answer *a, const char *name, enum ctl_type type,
	uint64_t value)
{
	uint8_t b[8];

	for (int i = 0; i < 8; i++)
		b[i] = (uint8_t)(value >> (56 - 8 * i));
	field(a, name, type, bytes_of(b, sizeof b));
}

void ctl_number(struct ctl_answer *a, const char *name, uint64_t value)
{
	number(a, name, CTL_NUMBER, value);
}

void ctl_flag(struct ctl_answer *a, const char *name, bool value)
{
	uint8_t b = value;

	field(a, name, CTL_FLAG, bytes_of(&b, 1));
}

void ctl_time(struct ctl_answer *a, const char *name, uint64_t value)
{
	number(a, name, CTL_TIME, value);
}

int ctl_answer_encode(struct ctl_answer *a, struct writer *w)
{
	end_row(a);
	if (writer_status(&a->rows) != 0)
		return writer_status(&a->rows);
	writer_u16(w, CTL_VERSION);
	writer_u8(w, a->code);
	writer_vec(w, bytes_of(a->words, strlen(a->words)));
	writer_vec(w, writer_view(&a->rows));
	return writer_status(w);
}

/* ---- answers, read ---- */

static bool good_name(struct bytes n)
{
	for (size_t i = 0; i < n.len; i++)
		if (!((n.data[i] >= 'a' && n.data[i] <= 'z') ||
			    (n.data[i] >= '0' && n.data[i] <= '9') ||
			    n.data[i] == '_'))
			return false;
	return n.len > 0;
}

static int read_value(struct ctl_field *f)
{
	struct reader r;
	uint8_t b;
	int rc;

	reader_init(&r, f->text);
	switch (f->type) {
	case CTL_TEXT: return printable(f->text, true) ? 0 : ROWAN_E_MALFORMED;
	case CTL_FLAG:
		if ((rc = reader_u8(&r, &b)) != 0 || b > 1)
			return rc != 0 ? rc : ROWAN_E_MALFORMED;
		f->number = b;
		return reader_end(&r);
	case CTL_NUMBER:
	case CTL_TIME:
		if ((rc = reader_u64(&r, &f->number)) != 0)
			return rc;
		return reader_end(&r);
	}
	return ROWAN_E_MALFORMED;
}

static int read_field(struct reader *row, struct ctl_field *ret)
{
	int rc;

	ret->number = 0;
	if ((rc = reader_vec(row, CTL_FIELD_MAX, &ret->name)) != 0 ||
		(rc = reader_u8(row, &ret->type)) != 0 ||
		(rc = reader_vec(row, CTL_VALUE_MAX, &ret->text)) != 0)
		return rc;
	return good_name(ret->name) ? read_value(ret) : ROWAN_E_MALFORMED;
}

int ctl_answer_decode(struct bytes input, struct ctl_view *ret)
{
	struct reader r, rows, row;
	struct ctl_view v;
	struct ctl_field f;
	int rc;

	memset(ret, 0, sizeof *ret);
	reader_init(&r, input);
	if ((rc = reader_version(&r, CTL_VERSION)) != 0 ||
		(rc = reader_u8(&r, &v.code)) != 0 ||
		(rc = reader_vec(&r, CTL_WORDS_MAX, &v.words)) != 0 ||
		(rc = reader_sub(&r, CTL_ANSWER_MAX, &v.rows)) != 0 ||
		(rc = reader_end(&r)) != 0)
		return rc;
	if (!printable(v.words, true))
		return ROWAN_E_MALFORMED;
	rows = v.rows;
	while (reader_left(&rows) > 0) {
		if ((rc = reader_sub(&rows, CTL_ANSWER_MAX, &row)) != 0)
			return rc;
		while (reader_left(&row) > 0)
			if ((rc = read_field(&row, &f)) != 0)
				return rc;
	}
	*ret = v;
	return 0;
}

bool ctl_next_row(struct ctl_view *v, struct reader *ret)
{
	return reader_left(&v->rows) > 0 &&
	       reader_sub(&v->rows, CTL_ANSWER_MAX, ret) == 0;
}

bool ctl_next_field(struct reader *row, struct ctl_field *ret)
{
	return reader_left(row) > 0 && read_field(row, ret) == 0;
}
