/*
 * Names of logs and witnesses: see origin.h.
 */
#include <stdio.h>

#include "tlog/origin.h"

static int named(const char *prefix, const struct id16 *id, enum note_type type,
	const uint8_t pk[crypto_sign_PUBLICKEYBYTES], struct note_key *ret)
{
	char hex[2 * ID16_LEN + 1], name[64];

	(void)sodium_bin2hex(hex, sizeof hex, id->b, ID16_LEN);
	(void)snprintf(name, sizeof name, "%s%s", prefix, hex);
	return note_key_init(ret, name, type, pk);
}

int origin_log(const struct id16 *clinic,
	const uint8_t pk[crypto_sign_PUBLICKEYBYTES], struct note_key *ret)
{
	return named(ORIGIN_LOG, clinic, NOTE_ED25519, pk, ret);
}

int origin_witness(const struct id16 *device,
	const uint8_t pk[crypto_sign_PUBLICKEYBYTES], struct note_key *ret)
{
	return named(ORIGIN_WITNESS, device, NOTE_COSIGNATURE, pk, ret);
}
