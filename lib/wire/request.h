/*
 * Card requests: what a device asks to have carded, by file or by invite.
 *
 * Form only. Whether possession is proven is lib/trust/issue.h. Role, agency
 * and rights are wishes: the issuer decides.
 *
 *	struct {
 *		uint16 version = 1;
 *		opaque clinic[16];
 *		opaque member[16];
 *		opaque device[16];
 *		uint8 role;
 *		opaque agency<1..16>;
 *		uint16 rights;
 *		opaque case_id[16];	zero unless role is victim
 *		opaque signature_key[32];
 *		opaque transport_key[32];
 *		opaque possession[64];
 *	} CardRequest;
 *
 * And what another device of the same member says to one, as it comes to the
 * registrar:
 *
 *	struct {
 *		uint16 version = 1;
 *		opaque request<1..256>;	a CardRequest
 *		opaque device[16];
 *		opaque signature[64];	as in a card's consent
 *	} CardConsent;
 */
#ifndef WIRE_REQUEST_H
#define WIRE_REQUEST_H

#include "wire/card.h"

#define WIRE_REQUEST_VERSION 1
#define WIRE_REQUEST_MAX     256 /* bytes; the longest has 229 */
#define WIRE_CONSENT_VERSION 1
#define WIRE_CONSENT_MAX     384 /* bytes */

struct wire_request {
	struct id16 clinic;
	struct id16 member;
	struct id16 device;
	uint8_t role; /* enum wire_role */
	struct bytes agency;
	uint16_t rights; /* enum wire_right */
	struct id16 case_id;
	struct wire_key signature_key;
	struct wire_key transport_key;
	struct wire_sig possession; /* as of the card, see wire_card_request */

	struct bytes raw; /* decoded: the whole request */
};

struct wire_consent_file {
	struct wire_request request; /* encoded: its raw is taken */
	struct wire_consent consent;
};

/**
 * wire_request_decode(input, ret), wire_request_encode(r, w):
 * Exactly one request; views borrow from ${input}. ROWAN_E_VERSION,
 * ROWAN_E_MALFORMED, ROWAN_E_LIMIT; ROWAN_E_INVAL for what would not decode.
 */
ROWAN_MUST int wire_request_decode(
	struct bytes input, struct wire_request *ret);
ROWAN_MUST int wire_request_encode(
	const struct wire_request *r, struct writer *w);

/**
 * wire_consent_decode(input, ret), wire_consent_encode(c, w):
 * The same of a consent.
 */
ROWAN_MUST int wire_consent_decode(
	struct bytes input, struct wire_consent_file *ret);
ROWAN_MUST int wire_consent_encode(
	const struct wire_consent_file *c, struct writer *w);

#endif
