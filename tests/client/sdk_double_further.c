/*
 * The stand-in for the SDK: a colleague's further device; what the authority
 * signs, too.
 */
#include <rowan.h>

#include "client/sdk_double.h"

int rowan_invite_further(struct rowan *r, const uint8_t member[ROWAN_ID_LEN],
	unsigned hours, uint8_t ret_id[ROWAN_ID_LEN],
	struct rowan_bytes **ret_text)
{
	int rc = double_told("invite_further");

	return rc != 0 ? rc
		       : rowan_invite(r, NULL, ROWAN_ROLE_CASEWORKER, hours,
				 ret_id, ret_text);
}

int rowan_enrol_request(struct rowan *r, struct rowan_bytes **ret)
{
	return rowan_request(r, ROWAN_ROLE_CASEWORKER, "advocacy", 0, ret);
}

int rowan_request_further(struct rowan *r, const uint8_t member[ROWAN_ID_LEN],
	const char *agency, unsigned rights, struct rowan_bytes **ret)
{
	return rowan_request(r, ROWAN_ROLE_CASEWORKER, agency, rights, ret);
}

int rowan_consent(struct rowan *r, const void *request, size_t len,
	struct rowan_bytes **ret)
{
	int rc = double_told("consent");

	return rc != 0 ? rc
		       : rowan_request(
				 r, ROWAN_ROLE_CASEWORKER, "advocacy", 0, ret);
}

int rowan_invite_confirm_with(struct rowan *r, const uint8_t id[ROWAN_ID_LEN],
	const void *consent, size_t len)
{
	int rc = double_told("confirm_with");

	return rc != 0 ? rc : rowan_invite_confirm(r, id, true);
}

static int request_both(
	struct rowan *r, const char *call, struct rowan_bytes **ret)
{
	int rc = double_told(call);

	return rc != 0 ? rc
		       : rowan_request(
				 r, ROWAN_ROLE_CASEWORKER, "advocacy", 0, ret);
}

int rowan_request_hold(struct rowan *r, const uint8_t case_id[ROWAN_ID_LEN],
	bool on, struct rowan_bytes **ret)
{
	return request_both(r, "hold", ret);
}

int rowan_request_erase(struct rowan *r, const uint8_t case_id[ROWAN_ID_LEN],
	struct rowan_bytes **ret)
{
	return request_both(r, "erase", ret);
}
