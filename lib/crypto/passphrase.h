/*
 * Secrets at rest under a passphrase: Argon2id and XChaCha20-Poly1305.
 *
 *	struct {
 *		opaque magic[8];	"rowanpw1"
 *		opaque label<V>;	what it is; bound, not secret
 *		uint64 operations;	Argon2id
 *		uint64 memory;		bytes
 *		opaque salt[16];
 *		opaque nonce[24];
 *		opaque sealed<V>;	everything before it is bound
 *	} PassphraseFile;
 *
 * Trusts no byte of a file: its cost parameters are bounded before they are
 * used, so a hostile file cannot exhaust the machine.
 */
#ifndef CRYPTO_PASSPHRASE_H
#define CRYPTO_PASSPHRASE_H

#include "base/bytes.h"
#include "base/writer.h"

#define PASSPHRASE_PLAIN_MAX  (1024 * 1024) /* bytes sealed at once */
#define PASSPHRASE_MEMORY_MAX (1024 * 1024 * 1024ULL)
#define PASSPHRASE_OPS_MAX    16
#define PASSPHRASE_LABEL_MAX  64

struct passphrase_cost {
	uint64_t operations; /* 1 to PASSPHRASE_OPS_MAX */
	uint64_t memory;     /* bytes, 8192 to PASSPHRASE_MEMORY_MAX */
};

/* About half a second and 256 MiB: for keys that lie on a disk for years. */
extern const struct passphrase_cost passphrase_cost_default;

/**
 * passphrase_seal(w, label, pass, cost, plain):
 * Write ${plain} sealed under ${pass}. ROWAN_E_INVAL for an empty passphrase
 * or a cost out of bounds, ROWAN_E_NOMEM when Argon2id cannot have its
 * memory.
 */
ROWAN_MUST int passphrase_seal(struct writer *w, const char *label,
	struct bytes pass, const struct passphrase_cost *cost,
	struct bytes plain);

/**
 * passphrase_open(input, label, pass, ret):
 * Open what passphrase_seal wrote under the same label. ${ret} is the
 * caller's to wipe. ROWAN_E_MALFORMED when it is not such a file,
 * ROWAN_E_LIMIT when it asks for more than the bounds, ROWAN_E_CRYPTO when
 * the passphrase or the label is another, or the file was changed.
 */
ROWAN_MUST int passphrase_open(struct bytes input, const char *label,
	struct bytes pass, struct buf *ret);

#endif
