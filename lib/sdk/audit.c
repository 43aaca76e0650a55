/*
 * Checking and cosigning the log: see rowan/audit.h.
 */
#include <stdlib.h>
#include <string.h>

#include "sdk/handle.h"
#include "session/proof/audit.h"

#define ERASED_TEXT_MAX (16 * 1024 * 1024)

struct rowan_audit {
	struct audit *audit;
	struct audit_item item; /* borrows from ${audit} */
	struct rowan *r;
};

static int begin(struct rowan *r, const struct audit_question *q,
	struct rowan_audit **ret)
{
	const struct session_parts *p;
	struct rowan_audit *a;
	int rc;

	if (r == NULL || ret == NULL)
		return ROWAN_E_INVAL;
	*ret = NULL;
	rc = sdk_carded(r, &p);
	if (rc != 0)
		return rc;
	a = calloc(1, sizeof *a);
	if (a == NULL)
		return ROWAN_E_NOMEM;
	a->r = r;
	rc = audit_new(&a->audit, p->proofs, q);
	if (rc == 0)
		*ret = a;
	else
		free(a);
	return sdk_done(r, rc);
}

int rowan_audit_verify(struct rowan *r, uint64_t from, struct rowan_audit **ret)
{
	struct audit_question q = {.kind = AUDIT_TREE, .from = from};

	return begin(r, &q, ret);
}

int rowan_audit_read(struct rowan *r, const uint8_t *case_id,
	const uint8_t *device, uint64_t from, struct rowan_audit **ret)
{
	struct audit_question q = {.kind = AUDIT_OPENINGS, .from = from};

	if (case_id != NULL)
		q.case_id = sdk_id(case_id);
	if (device != NULL)
		q.device = sdk_id(device);
	return begin(r, &q, ret);
}

int rowan_audit_renew(struct rowan *r, const void *receipt, size_t len,
	struct rowan_audit **ret)
{
	struct audit_question q = {
		.kind = AUDIT_RENEW, .receipt = bytes_of(receipt, len)};

	return receipt == NULL ? ROWAN_E_INVAL : begin(r, &q, ret);
}

int rowan_audit_renew_at(struct rowan *r, const void *receipt, size_t len,
	const void *checkpoint, size_t checkpoint_len, struct rowan_audit **ret)
{
	struct audit_question q = {.kind = AUDIT_RENEW,
		.receipt = bytes_of(receipt, len),
		.checkpoint = bytes_of(checkpoint, checkpoint_len)};

	return receipt == NULL || checkpoint == NULL || checkpoint_len == 0
		       ? ROWAN_E_INVAL
		       : begin(r, &q, ret);
}

int rowan_audit_request(
	struct rowan *r, uint64_t known, struct rowan_audit **ret)
{
	struct audit_question q = {.kind = AUDIT_REQUEST, .from = known};

	return begin(r, &q, ret);
}

int rowan_audit_cosigned(
	struct rowan *r, const void *note, size_t len, struct rowan_audit **ret)
{
	struct audit_question q = {
		.kind = AUDIT_COSIGNED, .receipt = bytes_of(note, len)};

	return note == NULL ? ROWAN_E_INVAL : begin(r, &q, ret);
}

void rowan_audit_free(struct rowan_audit *audit)
{
	if (audit == NULL)
		return;
	audit_free(audit->audit);
	free(audit);
}

int rowan_audit_next(struct rowan_audit *audit)
{
	int rc;

	if (audit == NULL)
		return ROWAN_E_INVAL;
	rc = audit_next(audit->audit, &audit->item);
	return audit_asked(audit->audit) && sdk_done(audit->r, 0) != 0
		       ? ROWAN_E_INTERNAL
		       : rc;
}

/* ---- getters ---------------------------------------------------------------
 */

static const struct wire_detail *detail(const struct rowan_audit *a)
{
	static const struct wire_detail none;

	return a == NULL ? &none : &a->item.detail;
}

static const uint8_t *id_or_null(const struct id16 *id)
{
	static const struct id16 none;

	return id16_eq(id, &none) ? NULL : id->b;
}

uint64_t rowan_audit_entry(const struct rowan_audit *audit)
{
	return audit == NULL ? 0 : audit->item.leaf;
}

const char *rowan_audit_act(const struct rowan_audit *audit)
{
	return wire_act_name(detail(audit)->act);
}

uint64_t rowan_audit_time(const struct rowan_audit *audit)
{
	return detail(audit)->time;
}

bool rowan_audit_hour(const struct rowan_audit *audit)
{
	return detail(audit)->grain == WIRE_GRAIN_HOUR;
}

unsigned rowan_audit_operation(const struct rowan_audit *audit)
{
	return detail(audit)->op;
}

unsigned rowan_audit_code(const struct rowan_audit *audit)
{
	return detail(audit)->code;
}

const uint8_t *rowan_audit_device(const struct rowan_audit *audit)
{
	return id_or_null(&detail(audit)->device);
}

const uint8_t *rowan_audit_case(const struct rowan_audit *audit)
{
	return id_or_null(&detail(audit)->case_id);
}

const uint8_t *rowan_audit_channel(const struct rowan_audit *audit)
{
	return id_or_null(&detail(audit)->channel);
}

uint64_t rowan_audit_number(const struct rowan_audit *audit)
{
	return detail(audit)->number;
}

size_t rowan_audit_reads(const struct rowan_audit *audit)
{
	return detail(audit)->leaf_count;
}

uint64_t rowan_audit_read_entry(const struct rowan_audit *audit, size_t i)
{
	return i < detail(audit)->leaf_count ? detail(audit)->leaves[i] : 0;
}

static struct rowan_bytes *copy(struct bytes data)
{
	struct rowan_bytes *ret = NULL;
	struct buf b;

	if (buf_copy(&b, data) != 0 || sdk_bytes(&ret, &b) != 0)
		return NULL;
	return ret;
}

struct rowan_bytes *rowan_audit_proof(const struct rowan_audit *audit)
{
	return audit == NULL ? NULL : copy(audit->item.text);
}

uint64_t rowan_audit_size(const struct rowan_audit *audit)
{
	struct bytes note;
	uint64_t size = 0;

	if (audit != NULL)
		audit_checkpoint(audit->audit, &size, &note);
	return size;
}

struct rowan_bytes *rowan_audit_checkpoint(const struct rowan_audit *audit)
{
	struct bytes note;
	uint64_t size;

	if (audit == NULL)
		return NULL;
	audit_checkpoint(audit->audit, &size, &note);
	return copy(note);
}

int rowan_audit_who(struct rowan *r, const uint8_t device[ROWAN_ID_LEN],
	uint8_t ret_member[ROWAN_ID_LEN], enum rowan_role *ret_role,
	char ret_agency[ROWAN_AGENCY_LEN])
{
	const struct session_parts *p;
	struct trust_card card;
	struct id16 id;
	struct buf raw;
	int rc;

	if (r == NULL || device == NULL || ret_member == NULL ||
		ret_role == NULL || ret_agency == NULL)
		return ROWAN_E_INVAL;
	rc = sdk_carded(r, &p);
	if (rc != 0)
		return rc;
	id = sdk_id(device);
	rc = follow_card(p->follow, &id, &card, &raw);
	if (rc == ROWAN_E_UNKNOWN)
		rc = ROWAN_E_NOT_FOUND;
	if (rc != 0)
		return rc;
	memcpy(ret_member, card.card.member.b, ID16_LEN);
	*ret_role = (enum rowan_role)card.card.role;
	memset(ret_agency, 0, ROWAN_AGENCY_LEN);
	memcpy(ret_agency, card.card.agency.data, card.card.agency.len);
	buf_wipe(&raw);
	return 0;
}

int rowan_conflict(struct rowan *r, uint64_t n, struct rowan_bytes **ret)
{
	const struct session_parts *p;
	struct buf file;
	int rc;

	if (r == NULL || ret == NULL)
		return ROWAN_E_INVAL;
	*ret = NULL;
	rc = sdk_carded(r, &p);
	if (rc == 0)
		rc = proofs_conflicts(p->proofs, n, &file);
	return rc == 0 ? sdk_bytes(ret, &file) : rc;
}

/* ---- witnesses -------------------------------------------------------------
 */

int rowan_witness(struct rowan *r, const void *request, size_t len,
	struct rowan_bytes **ret)
{
	const struct session_parts *p;
	struct buf line;
	int rc;

	if (r == NULL || (request == NULL && len > 0) || ret == NULL)
		return ROWAN_E_INVAL;
	*ret = NULL;
	rc = sdk_carded(r, &p);
	if (rc == 0)
		rc = proofs_witness(p->proofs, bytes_of(request, len), &line);
	if (rc == 0)
		rc = sdk_bytes(ret, &line);
	return sdk_done(r, rc);
}

/* What the proofs write, of ${max} bytes at most. */
static int written(struct rowan *r, struct rowan_bytes **ret, size_t max,
	int (*write)(struct proofs *x, struct writer *w))
{
	const struct session_parts *p;
	struct writer w;
	struct buf text = {NULL, 0};
	int rc;

	if (r == NULL || ret == NULL)
		return ROWAN_E_INVAL;
	*ret = NULL;
	rc = sdk_carded(r, &p);
	if (rc != 0)
		return rc;
	writer_init(&w, max);
	rc = write(p->proofs, &w);
	if (rc == 0)
		rc = writer_finish(&w, &text);
	writer_wipe(&w);
	return rc == 0 ? sdk_bytes(ret, &text) : rc;
}

static int write_key(struct proofs *x, struct writer *w)
{
	return proofs_witness_key(x, w);
}

int rowan_witness_key(struct rowan *r, struct rowan_bytes **ret)
{
	return written(r, ret, NOTE_VKEY_MAX, write_key);
}

int rowan_witness_erased(struct rowan *r, struct rowan_bytes **ret)
{
	return written(r, ret, ERASED_TEXT_MAX, proofs_erased);
}

int rowan_look(struct rowan *r)
{
	const struct session_parts *p;
	int rc;

	if (r == NULL)
		return ROWAN_E_INVAL;
	rc = sdk_carded(r, &p);
	if (rc == 0)
		proofs_look(p->proofs);
	return sdk_done(r, rc);
}
