/*
 * Statements: see statement.h. One row of the table below for each kind.
 *
 * Trusts no byte it reads; says nothing about signatures.
 */
#include <string.h>

#include "wire/statement.h"

#define READ_ARRAY(r, field)  reader_array((r), (field).b, sizeof(field).b)
#define WRITE_ARRAY(w, field) writer_raw((w), (field).b, sizeof(field).b)

static const struct id16 zero;

static int channel_ok(uint8_t kind)
{
	return kind >= WIRE_CHANNEL_SUPPORT && kind <= WIRE_CHANNEL_DIARY
		       ? 0
		       : ROWAN_E_MALFORMED;
}

static int range_ok(uint8_t value, uint8_t high)
{
	return value >= 1 && value <= high ? 0 : ROWAN_E_MALFORMED;
}

/* ---- bodies, reader beside writer -------------------------------------- */

static int empty_read(struct reader *r, struct wire_statement *s)
{
	return 0;
}

static void empty_write(const struct wire_statement *s, struct writer *w)
{
}

static int card_read(struct reader *r, struct wire_statement *s)
{
	int rc = reader_vec(r, WIRE_CARD_MAX, &s->u.card);

	return rc == 0 && s->u.card.len == 0 ? ROWAN_E_MALFORMED : rc;
}

static void card_write(const struct wire_statement *s, struct writer *w)
{
	writer_vec(w, s->u.card);
}

static int revoke_read(struct reader *r, struct wire_statement *s)
{
	struct wire_st_revoke *u = &s->u.revoke;
	int rc;

	if ((rc = READ_ARRAY(r, u->device)) ||
		(rc = reader_u8(r, &u->reason)) ||
		(rc = range_ok(u->reason, WIRE_REVOKE_OTHER)))
		return rc;
	return READ_ARRAY(r, u->case_id);
}

static void revoke_write(const struct wire_statement *s, struct writer *w)
{
	WRITE_ARRAY(w, s->u.revoke.device);
	writer_u8(w, s->u.revoke.reason);
	WRITE_ARRAY(w, s->u.revoke.case_id);
}

static int succeed_read(struct reader *r, struct wire_statement *s)
{
	return reader_vec(r, WIRE_CARD_MAX, &s->u.succeed);
}

static void succeed_write(const struct wire_statement *s, struct writer *w)
{
	writer_vec(w, s->u.succeed);
}

static int restore_read(struct reader *r, struct wire_statement *s)
{
	struct wire_st_restore *u = &s->u.restore;
	int rc;

	if ((rc = reader_u64(r, &u->size)) || (rc = READ_ARRAY(r, u->root)) ||
		(rc = reader_u64(r, &u->lost_size)))
		return rc;
	return READ_ARRAY(r, u->lost_root);
}

static void restore_write(const struct wire_statement *s, struct writer *w)
{
	writer_u64(w, s->u.restore.size);
	WRITE_ARRAY(w, s->u.restore.root);
	writer_u64(w, s->u.restore.lost_size);
	WRITE_ARRAY(w, s->u.restore.lost_root);
}

static int open_read(struct reader *r, struct wire_statement *s)
{
	struct wire_st_open *u = &s->u.open;
	struct reader list;
	int rc;

	if ((rc = reader_vec(r, WIRE_AGENCY_MAX, &u->agency)) ||
		(rc = reader_u32(r, &u->day)) ||
		(rc = reader_sub(r, 1024, &list)))
		return rc;
	if (!wire_agency_ok(u->agency) || reader_left(&list) == 0)
		return ROWAN_E_MALFORMED;
	while (reader_left(&list) > 0) {
		struct wire_st_channel *c = &u->channels[u->count];

		if (u->count == WIRE_CASE_CHANNELS_MAX)
			return ROWAN_E_LIMIT;
		if ((rc = reader_u8(&list, &c->kind)) ||
			(rc = channel_ok(c->kind)) ||
			(rc = READ_ARRAY(&list, c->channel)) ||
			(rc = READ_ARRAY(&list, c->group_id)))
			return rc;
		if (u->count > 0 && c->kind <= c[-1].kind)
			return ROWAN_E_MALFORMED;
		u->count++;
	}
	return 0;
}

static void open_write(const struct wire_statement *s, struct writer *w)
{
	const struct wire_st_open *u = &s->u.open;
	size_t mark;

	writer_vec(w, u->agency);
	writer_u32(w, u->day);
	mark = writer_open(w);
	for (size_t i = 0; i < u->count && i < WIRE_CASE_CHANNELS_MAX; i++) {
		writer_u8(w, u->channels[i].kind);
		WRITE_ARRAY(w, u->channels[i].channel);
		WRITE_ARRAY(w, u->channels[i].group_id);
	}
	writer_close(w, mark);
}

static int close_read(struct reader *r, struct wire_statement *s)
{
	int rc = reader_u8(r, &s->u.close.reason);

	return rc != 0 ? rc : range_ok(s->u.close.reason, WIRE_CLOSE_OTHER);
}

static void close_write(const struct wire_statement *s, struct writer *w)
{
	writer_u8(w, s->u.close.reason);
}

static int assign_read(struct reader *r, struct wire_statement *s)
{
	struct wire_st_assign *u = &s->u.assign;
	int rc;

	if ((rc = READ_ARRAY(r, u->member)) ||
		(rc = reader_u8(r, &u->channel)) ||
		(rc = channel_ok(u->channel)) ||
		(rc = reader_u64(r, &u->from)) ||
		(rc = reader_u64(r, &u->until)))
		return rc;
	return u->until != 0 && u->until <= u->from ? ROWAN_E_MALFORMED : 0;
}

static void assign_write(const struct wire_statement *s, struct writer *w)
{
	WRITE_ARRAY(w, s->u.assign.member);
	writer_u8(w, s->u.assign.channel);
	writer_u64(w, s->u.assign.from);
	writer_u64(w, s->u.assign.until);
}

static int unassign_read(struct reader *r, struct wire_statement *s)
{
	int rc = READ_ARRAY(r, s->u.unassign.member);

	if (rc == 0)
		rc = reader_u8(r, &s->u.unassign.channel);
	return rc != 0 ? rc : channel_ok(s->u.unassign.channel);
}

static void unassign_write(const struct wire_statement *s, struct writer *w)
{
	WRITE_ARRAY(w, s->u.unassign.member);
	writer_u8(w, s->u.unassign.channel);
}

static int reset_read(struct reader *r, struct wire_statement *s)
{
	struct wire_st_reset *u = &s->u.reset;
	int rc;

	if ((rc = reader_u8(r, &u->channel)) || (rc = channel_ok(u->channel)) ||
		(rc = reader_u32(r, &u->generation)) ||
		(rc = READ_ARRAY(r, u->group_id)))
		return rc;
	return u->generation < 2 ? ROWAN_E_MALFORMED : 0;
}

static void reset_write(const struct wire_statement *s, struct writer *w)
{
	writer_u8(w, s->u.reset.channel);
	writer_u32(w, s->u.reset.generation);
	WRITE_ARRAY(w, s->u.reset.group_id);
}

static int hold_read(struct reader *r, struct wire_statement *s)
{
	int rc = reader_u8(r, &s->u.hold.on);

	return rc == 0 && s->u.hold.on > 1 ? ROWAN_E_MALFORMED : rc;
}

static void hold_write(const struct wire_statement *s, struct writer *w)
{
	writer_u8(w, s->u.hold.on);
}

struct body {
	uint8_t kind;
	int (*read)(struct reader *r, struct wire_statement *s);
	void (*write)(const struct wire_statement *s, struct writer *w);
};

static const struct body bodies[] = {
	{WIRE_ST_CARD, card_read, card_write},
	{WIRE_ST_REVOKE, revoke_read, revoke_write},
	{WIRE_ST_SUCCEED, succeed_read, succeed_write},
	{WIRE_ST_RESTORE, restore_read, restore_write},
	{WIRE_ST_OPEN, open_read, open_write},
	{WIRE_ST_CLOSE, close_read, close_write},
	{WIRE_ST_REOPEN, empty_read, empty_write},
	{WIRE_ST_ASSIGN, assign_read, assign_write},
	{WIRE_ST_UNASSIGN, unassign_read, unassign_write},
	{WIRE_ST_RECUSE, empty_read, empty_write},
	{WIRE_ST_READMIT, empty_read, empty_write},
	{WIRE_ST_RESET, reset_read, reset_write},
	{WIRE_ST_HOLD, hold_read, hold_write},
	{WIRE_ST_ERASE, empty_read, empty_write},
};

static const struct body *body_of(uint8_t kind)
{
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
		if (bodies[i].kind == kind)
			return &bodies[i];
	return NULL;
}

bool wire_statement_of_case(uint8_t kind)
{
	return kind >= WIRE_ST_OPEN;
}

/* ---- the statement ----------------------------------------------------- */

static int read_signers(struct reader *r, struct wire_statement *s)
{
	struct reader list;
	int rc = reader_sub(r, WIRE_SIGNERS_MAX * (1 + ID16_LEN), &list);

	if (rc == 0 && reader_left(&list) == 0)
		rc = ROWAN_E_MALFORMED;
	while (rc == 0 && reader_left(&list) > 0) {
		struct wire_signer *signer;

		if (s->signer_count == WIRE_SIGNERS_MAX)
			return ROWAN_E_LIMIT;
		signer = &s->signers[s->signer_count++];
		rc = reader_u8(&list, &signer->kind);
		if (rc == 0)
			rc = READ_ARRAY(&list, signer->device);
	}
	return rc;
}

/* What holds for every statement whatever its kind. */
static bool frame_ok(const struct wire_statement *s)
{
	static const struct wire_hash none;
	bool of_case = !id16_eq(&s->case_id, &zero);

	if (s->number == 0 || of_case != wire_statement_of_case(s->kind))
		return false;
	/* Only a case's chain points at the clinic's, and it always does. */
	if (of_case != (s->clinic_number != 0) ||
		(!of_case && memcmp(&s->clinic_head, &none, sizeof none) != 0))
		return false;
	for (size_t i = 0; i < s->signer_count; i++) {
		const struct wire_signer *g = &s->signers[i];

		if (g->kind < WIRE_SIGNER_AUTHORITY ||
			g->kind > WIRE_SIGNER_SUCCESSOR ||
			(g->kind == WIRE_SIGNER_DEVICE) ==
				id16_eq(&g->device, &zero))
			return false;
		/* One spelling of two signers: kinds ascend. */
		if (i > 0 && g->kind <= g[-1].kind)
			return false;
	}
	return s->signer_count > 0 && s->signer_count <= WIRE_SIGNERS_MAX;
}

static int read_frame(struct reader *r, struct wire_statement *s)
{
	uint16_t version;
	int rc;

	if ((rc = reader_u16(r, &version)))
		return rc;
	if (version != WIRE_STATEMENT_VERSION)
		return ROWAN_E_VERSION;
	if ((rc = READ_ARRAY(r, s->clinic)) ||
		(rc = READ_ARRAY(r, s->case_id)) ||
		(rc = reader_u64(r, &s->number)) ||
		(rc = READ_ARRAY(r, s->previous)) ||
		(rc = reader_u64(r, &s->clinic_number)) ||
		(rc = READ_ARRAY(r, s->clinic_head)) ||
		(rc = reader_u64(r, &s->time)) || (rc = read_signers(r, s)))
		return rc;
	return reader_u8(r, &s->kind);
}

static int read_body(struct reader *r, struct wire_statement *s)
{
	const struct body *body = body_of(s->kind);
	struct reader content;
	int rc;

	if (body == NULL || !frame_ok(s))
		return ROWAN_E_MALFORMED;
	rc = reader_sub(r, WIRE_STATEMENT_MAX, &content);
	if (rc == 0)
		rc = body->read(&content, s);
	return rc != 0 ? rc : reader_end(&content);
}

static int read_signatures(struct reader *r, struct wire_statement *s)
{
	struct reader list;
	int rc = reader_sub(r, WIRE_SIGNERS_MAX * WIRE_SIG_LEN, &list);

	for (size_t i = 0; rc == 0 && i < s->signer_count; i++)
		rc = READ_ARRAY(&list, s->signatures[i]);
	return rc != 0 ? rc : reader_end(&list);
}

int wire_statement_decode(struct bytes input, struct wire_statement *ret)
{
	struct reader r;
	int rc;

	memset(ret, 0, sizeof *ret);
	if (input.len > WIRE_STATEMENT_MAX)
		return ROWAN_E_LIMIT;
	reader_init(&r, input);
	rc = read_frame(&r, ret);
	if (rc == 0)
		rc = read_body(&r, ret);
	ret->tbs = bytes_of(input.data, input.len - reader_left(&r));
	if (rc == 0)
		rc = read_signatures(&r, ret);
	if (rc == 0)
		rc = reader_end(&r);
	ret->raw = input;
	if (rc != 0)
		memset(ret, 0, sizeof *ret);
	return rc;
}

int wire_statement_encode_tbs(const struct wire_statement *s, struct writer *w)
{
	const struct body *body = body_of(s->kind);
	size_t mark;

	if (body == NULL || !frame_ok(s))
		return ROWAN_E_INVAL;
	writer_u16(w, WIRE_STATEMENT_VERSION);
	WRITE_ARRAY(w, s->clinic);
	WRITE_ARRAY(w, s->case_id);
	writer_u64(w, s->number);
	WRITE_ARRAY(w, s->previous);
	writer_u64(w, s->clinic_number);
	WRITE_ARRAY(w, s->clinic_head);
	writer_u64(w, s->time);
	mark = writer_open(w);
	for (size_t i = 0; i < s->signer_count; i++) {
		writer_u8(w, s->signers[i].kind);
		WRITE_ARRAY(w, s->signers[i].device);
	}
	writer_close(w, mark);
	writer_u8(w, s->kind);
	mark = writer_open(w);
	body->write(s, w);
	writer_close(w, mark);
	return writer_status(w);
}

int wire_statement_encode(const struct wire_statement *s, struct writer *w)
{
	struct wire_statement again;
	size_t begin = w->len, mark;
	int rc = wire_statement_encode_tbs(s, w);

	if (rc != 0)
		return rc;
	mark = writer_open(w);
	for (size_t i = 0; i < s->signer_count; i++)
		WRITE_ARRAY(w, s->signatures[i]);
	writer_close(w, mark);
	rc = writer_status(w);
	/* The bodies' own rules stand once, in their readers. */
	if (rc == 0 &&
		wire_statement_decode(
			bytes_of(w->data + begin, w->len - begin), &again) != 0)
		rc = ROWAN_E_INVAL;
	return rc;
}
