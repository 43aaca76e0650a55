/*
 * Enrolment and who this device is: see rowan/enrol.h.
 */
#include <string.h>

#include "sdk/handle.h"
#include "trust/issue.h"
#include "wire/armour.h"

#define TEXT_MAX (256 * 1024) /* bytes of a file */

_Static_assert(ROWAN_FINGERPRINT_LEN == ISSUE_FINGERPRINT_LEN, "one length");

int rowan_enrol(struct rowan *r, const char *invite)
{
	const struct session_parts *p;

	if (r == NULL || invite == NULL)
		return ROWAN_E_INVAL;
	p = sdk_parts(r);
	if (p == NULL)
		return ROWAN_E_STATE;
	return sdk_done(r, enrolment_redeem(p->enrolment,
				   bytes_of(invite, strlen(invite))));
}

void rowan_enrol_cancel(struct rowan *r)
{
	const struct session_parts *p = r == NULL ? NULL : sdk_parts(r);

	/* What cannot be taken back now ends by itself. */
	if (p != NULL)
		(void)!sdk_done(r, enrolment_cancel(p->enrolment));
}

/* Hand out what ${w} has. */
static int give(struct writer *w, int rc, struct rowan_bytes **ret)
{
	struct buf data = {0};

	if (rc == 0)
		rc = writer_finish(w, &data);
	writer_wipe(w);
	return rc == 0 ? sdk_bytes(ret, &data) : rc;
}

static int invite(struct rowan *r, const struct enrolment_offer *offer,
	uint8_t *ret_id, struct rowan_bytes **ret_text)
{
	const struct session_parts *p;
	struct writer w;
	struct id16 id;
	int rc;

	*ret_text = NULL;
	rc = sdk_carded(r, &p);
	if (rc != 0)
		return rc;
	writer_init(&w, 1024);
	rc = enrolment_invite(p->enrolment, offer, &id, &w);
	rc = give(&w, rc, ret_text);
	if (rc == 0)
		memcpy(ret_id, id.b, ID16_LEN);
	return sdk_done(r, rc);
}

int rowan_invite(struct rowan *r, const uint8_t *case_id, enum rowan_role role,
	unsigned hours, uint8_t ret_id[ROWAN_ID_LEN],
	struct rowan_bytes **ret_text)
{
	struct enrolment_offer offer = {
		.role = (uint8_t)role, .lifetime = hours * 3600};

	if (r == NULL || ret_id == NULL || ret_text == NULL || hours < 1 ||
		hours > 168 || (int)role < 0 || role > ROWAN_ROLE_WITNESS)
		return ROWAN_E_INVAL;
	if (case_id != NULL)
		offer.case_id = sdk_id(case_id);
	return invite(r, &offer, ret_id, ret_text);
}

int rowan_invite_further(struct rowan *r, const uint8_t member[ROWAN_ID_LEN],
	unsigned hours, uint8_t ret_id[ROWAN_ID_LEN],
	struct rowan_bytes **ret_text)
{
	struct enrolment_offer offer = {
		.role = ROWAN_ROLE_CASEWORKER, .lifetime = hours * 3600};

	if (r == NULL || member == NULL || ret_id == NULL || ret_text == NULL ||
		hours < 1 || hours > 168)
		return ROWAN_E_INVAL;
	offer.member = sdk_id(member);
	return invite(r, &offer, ret_id, ret_text);
}

int rowan_invite_confirm(
	struct rowan *r, const uint8_t id[ROWAN_ID_LEN], bool same)
{
	const struct session_parts *p;
	struct id16 invite;
	int rc;

	if (r == NULL || id == NULL)
		return ROWAN_E_INVAL;
	rc = sdk_carded(r, &p);
	if (rc != 0)
		return rc;
	invite = sdk_id(id);
	return sdk_done(r, enrolment_confirm(p->enrolment, &invite, same));
}

int rowan_invite_confirm_with(struct rowan *r, const uint8_t id[ROWAN_ID_LEN],
	const void *consent, size_t len)
{
	const struct session_parts *p;
	struct id16 invite;
	int rc;

	if (r == NULL || id == NULL || consent == NULL)
		return ROWAN_E_INVAL;
	if (len > TEXT_MAX)
		return ROWAN_E_LIMIT;
	rc = sdk_carded(r, &p);
	if (rc != 0)
		return rc;
	invite = sdk_id(id);
	return sdk_done(r, enrolment_confirm_with(p->enrolment, &invite,
				   bytes_of(consent, len)));
}

int rowan_enrol_request(struct rowan *r, struct rowan_bytes **ret)
{
	const struct session_parts *p;
	struct writer w;

	if (r == NULL || ret == NULL)
		return ROWAN_E_INVAL;
	*ret = NULL;
	p = sdk_parts(r);
	if (p == NULL)
		return ROWAN_E_STATE;
	writer_init(&w, TEXT_MAX);
	return give(&w, enrolment_redeeming(p->enrolment, &w), ret);
}

int rowan_consent(struct rowan *r, const void *request, size_t len,
	struct rowan_bytes **ret)
{
	const struct session_parts *p;
	struct writer w;
	int rc;

	if (r == NULL || request == NULL || ret == NULL)
		return ROWAN_E_INVAL;
	*ret = NULL;
	if (len > TEXT_MAX)
		return ROWAN_E_LIMIT;
	rc = sdk_carded(r, &p);
	if (rc != 0)
		return rc;
	writer_init(&w, TEXT_MAX);
	rc = enrolment_consent(p->enrolment, bytes_of(request, len), &w);
	return give(&w, rc, ret);
}

int rowan_fingerprint(
	const void *request, size_t len, char ret[ROWAN_FINGERPRINT_LEN])
{
	struct wire_request q;
	struct buf raw;
	int rc;

	if (request == NULL || ret == NULL)
		return ROWAN_E_INVAL;
	ret[0] = '\0';
	if (len > TEXT_MAX)
		return ROWAN_E_LIMIT;
	rc = armour_read(bytes_of(request, len), ARMOUR_CARD_REQUEST, &raw);
	if (rc == 0)
		rc = wire_request_decode(buf_view(&raw), &q);
	if (rc == 0)
		rc = issue_check(&q);
	if (rc == 0)
		issue_fingerprint(q.raw, ret);
	buf_wipe(&raw);
	return rc;
}

static int request(struct rowan *r, struct enrolment_wish *wish,
	const char *agency, struct rowan_bytes **ret)
{
	const struct session_parts *p = sdk_parts(r);
	struct writer w;

	*ret = NULL;
	if (p == NULL)
		return ROWAN_E_STATE;
	wish->agency = bytes_of(agency, strlen(agency));
	writer_init(&w, TEXT_MAX);
	return give(&w, enrolment_request(p->enrolment, wish, &w), ret);
}

int rowan_request(struct rowan *r, enum rowan_role role, const char *agency,
	unsigned rights, struct rowan_bytes **ret)
{
	struct enrolment_wish wish = {
		.role = (uint8_t)role, .rights = (uint16_t)rights};

	if (r == NULL || agency == NULL || ret == NULL || rights > 0xff ||
		(int)role < 0 || role > ROWAN_ROLE_WITNESS)
		return ROWAN_E_INVAL;
	return request(r, &wish, agency, ret);
}

int rowan_request_further(struct rowan *r, const uint8_t member[ROWAN_ID_LEN],
	const char *agency, unsigned rights, struct rowan_bytes **ret)
{
	struct enrolment_wish wish = {
		.role = ROWAN_ROLE_CASEWORKER, .rights = (uint16_t)rights};

	if (r == NULL || member == NULL || agency == NULL || ret == NULL ||
		rights > 0xff)
		return ROWAN_E_INVAL;
	wish.member = sdk_id(member);
	return request(r, &wish, agency, ret);
}

int rowan_install(struct rowan *r, const void *answer, size_t len)
{
	const struct session_parts *p;

	if (r == NULL || answer == NULL)
		return ROWAN_E_INVAL;
	if (len > TEXT_MAX)
		return ROWAN_E_LIMIT;
	p = sdk_parts(r);
	if (p == NULL)
		return ROWAN_E_STATE;
	return sdk_done(
		r, enrolment_install(p->enrolment, bytes_of(answer, len)));
}

/* ---- who this device is ---- */

/* The device's own card, or false. */
static bool self(const struct rowan *r, struct wire_card *ret)
{
	return r != NULL && r->session != NULL &&
	       identity_card(session_parts(r->session)->me, ret) == 0;
}

bool rowan_enrolled(const struct rowan *r)
{
	struct wire_card c;

	return self(r, &c);
}

const uint8_t *rowan_self_device(const struct rowan *r)
{
	struct wire_card c;

	return self(r, &c) ? session_parts(r->session)->me->device.b : NULL;
}

const uint8_t *rowan_self_member(const struct rowan *r)
{
	struct wire_card c;

	return self(r, &c) ? session_parts(r->session)->me->member.b : NULL;
}

enum rowan_role rowan_self_role(const struct rowan *r)
{
	struct wire_card c;

	return (enum rowan_role)(self(r, &c) ? c.role : 0);
}

const char *rowan_self_agency(const struct rowan *r)
{
	/* A cache of what the card says; the handle stays as it was. */
	char *agency = r == NULL ? NULL : ((struct rowan *)r)->agency;
	struct wire_card c;

	if (!self(r, &c))
		return NULL;
	memset(agency, 0, sizeof r->agency);
	memcpy(agency, c.agency.data, c.agency.len);
	return agency;
}

unsigned rowan_self_rights(const struct rowan *r)
{
	struct wire_card c;

	return self(r, &c) ? c.rights : 0;
}

uint64_t rowan_self_expires(const struct rowan *r)
{
	struct wire_card c;

	return self(r, &c) && c.role != WIRE_ROLE_VICTIM ? c.not_after : 0;
}
