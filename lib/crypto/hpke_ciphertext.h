/*
 * HPKECiphertext (RFC 9420 section 7.6) as two views. Apart from hpke.h, so
 * that those who cannot decrypt can still carry it.
 */
#ifndef CRYPTO_HPKE_CIPHERTEXT_H
#define CRYPTO_HPKE_CIPHERTEXT_H

#include "base/bytes.h"

struct hpke_ciphertext {
	struct bytes kem_output;
	struct bytes ciphertext;
};

#endif
