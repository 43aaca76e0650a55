/*
 * Rowan: how a device comes to its card. Included by rowan.h.
 */
#ifndef ROWAN_ENROL_H
#define ROWAN_ENROL_H

#ifndef ROWAN_H
#error "include <rowan.h>"
#endif

enum rowan_role {
	ROWAN_ROLE_CASEWORKER = 1,
	ROWAN_ROLE_VICTIM = 2,
	ROWAN_ROLE_DAEMON = 3,
	ROWAN_ROLE_WITNESS = 4
};

enum rowan_right {
	ROWAN_RIGHT_ENROL = 0x01,
	ROWAN_RIGHT_COORDINATE = 0x02,
	ROWAN_RIGHT_DUTY = 0x04,
	ROWAN_RIGHT_AUDIT = 0x08
};

/* Bytes that the library made for the application. */
struct rowan_bytes;
ROWAN_API void rowan_bytes_free(struct rowan_bytes *bytes);
ROWAN_API const uint8_t *rowan_bytes_data(const struct rowan_bytes *bytes);
ROWAN_API size_t rowan_bytes_len(const struct rowan_bytes *bytes);

/*
 * rowan_enrol(r, invite):
 * Redeem an invite as it was scanned or typed. ROWAN_E_MALFORMED for a text
 * that is none, a typing mistake included; ROWAN_E_EXISTS on a device that
 * has a card. Connects by itself. Then the events: COMPARE with the code
 * both people must see, ENROLLED once the other side has confirmed, or
 * ENROL_FAILED. Called again with the same invite it goes on where it was,
 * and COMPARE comes once more: after a restart, say.
 */
ROWAN_API ROWAN_MUST int rowan_enrol(struct rowan *r, const char *invite);
ROWAN_API void rowan_enrol_cancel(struct rowan *r);

/*
 * rowan_invite(r, case_id, role, hours, ret_id, ret_text):
 * As registrar: make an invite, valid for ${hours} (1 to 168), for a victim's
 * device of a case or, with case_id NULL, for a colleague's first device. The
 * text goes into a QR code (alphanumeric mode) or is read out. ROWAN_E_AGAIN
 * until the daemon has said under which key it takes in somebody new: a moment
 * after a connection. Then: COMPARE
 * once somebody redeems it, and rowan_invite_confirm; ENROLLED, ENROL_FAILED,
 * or the alarm REDEEMED.
 */
ROWAN_API ROWAN_MUST int rowan_invite(struct rowan *r, const uint8_t *case_id,
	enum rowan_role role, unsigned hours, uint8_t ret_id[ROWAN_ID_LEN],
	struct rowan_bytes **ret_text);

/*
 * rowan_invite_confirm(r, id, same):
 * Whether both people saw the same code. true signs and logs the card; false
 * burns the invite. ROWAN_E_SIGNER for a victim of whom a device is alive: what
 * is lost is revoked first, or that device consents, as below.
 */
ROWAN_API ROWAN_MUST int rowan_invite_confirm(
	struct rowan *r, const uint8_t id[ROWAN_ID_LEN], bool same);

/*
 * A colleague's further device. The registrar alone cannot make one: a device
 * the colleague has must consent.
 *
 *	registrar	rowan_invite_further
 *	new device	rowan_enrol; after COMPARE rowan_enrol_request: a file
 *	old device	rowan_consent with that file, after the person has
 *			seen the same rowan_fingerprint on both: another file
 *	registrar	rowan_invite_confirm_with that one
 *
 * rowan_invite_further(r, member, hours, ret_id, ret_text): as rowan_invite,
 * for a colleague of the registrar's agency. ROWAN_E_UNKNOWN for somebody
 * without a device, ROWAN_E_RULE for another agency's.
 *
 * rowan_enrol_request(r, ret): ROWAN_E_STATE before COMPARE.
 *
 * rowan_consent(r, request, len, ret): ROWAN_E_RULE for what is no device of
 * this member in this agency, ROWAN_E_EXISTS for one that has a card,
 * ROWAN_E_CRYPTO for a request that was changed.
 *
 * rowan_invite_confirm_with(r, id, consent, len): both people saw the same
 * code, and this is the consent. ROWAN_E_CRYPTO when it is to another request
 * than was compared. rowan_invite_confirm alone gives ROWAN_E_SIGNER.
 */
ROWAN_API ROWAN_MUST int rowan_invite_further(struct rowan *r,
	const uint8_t member[ROWAN_ID_LEN], unsigned hours,
	uint8_t ret_id[ROWAN_ID_LEN], struct rowan_bytes **ret_text);
ROWAN_API ROWAN_MUST int rowan_enrol_request(
	struct rowan *r, struct rowan_bytes **ret);
ROWAN_API ROWAN_MUST int rowan_consent(struct rowan *r, const void *request,
	size_t len, struct rowan_bytes **ret);
ROWAN_API ROWAN_MUST int rowan_invite_confirm_with(struct rowan *r,
	const uint8_t id[ROWAN_ID_LEN], const void *consent, size_t len);

/*
 * rowan_fingerprint(request, len, ret):
 * What two people, or one at two devices, compare when a card request
 * travelled as a file: text, with its ending zero.
 */
#define ROWAN_FINGERPRINT_LEN 40
ROWAN_API ROWAN_MUST int rowan_fingerprint(
	const void *request, size_t len, char ret[ROWAN_FINGERPRINT_LEN]);

/*
 * rowan_request(r, role, agency, rights, ret):
 * Enrolment by files: a card request for the authority, or for a registrar.
 * rowan_install takes the answer: authority record, cards, where the daemon
 * listens. ROWAN_E_CRYPTO when it is not for this device.
 */
ROWAN_API ROWAN_MUST int rowan_request(struct rowan *r, enum rowan_role role,
	const char *agency, unsigned rights, struct rowan_bytes **ret);
/*
 * The same for a further device of a staff member who has one: from then on
 * this device is that member's. The authority needs nobody's consent.
 */
ROWAN_API ROWAN_MUST int rowan_request_further(struct rowan *r,
	const uint8_t member[ROWAN_ID_LEN], const char *agency, unsigned rights,
	struct rowan_bytes **ret);
ROWAN_API ROWAN_MUST int rowan_install(
	struct rowan *r, const void *answer, size_t len);

/*
 * Who this device is. NULL or 0 before there is a card.
 */
ROWAN_API bool rowan_enrolled(const struct rowan *r);
ROWAN_API const uint8_t *rowan_self_device(const struct rowan *r);
ROWAN_API const uint8_t *rowan_self_member(const struct rowan *r);
ROWAN_API enum rowan_role rowan_self_role(const struct rowan *r);
ROWAN_API const char *rowan_self_agency(const struct rowan *r);
ROWAN_API unsigned rowan_self_rights(const struct rowan *r);
ROWAN_API uint64_t rowan_self_expires(const struct rowan *r);

#endif
