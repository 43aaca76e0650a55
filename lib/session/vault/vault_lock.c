/*
 * Locking the master key: see vault_lock.h.
 */
#include <string.h>

#include "base/writer.h"
#include "crypto/passphrase.h"
#include "crypto/seal.h"
#include "session/vault/vault_lock.h"

#define LABEL	   "vault"
#define LOCK_TABLE 0 /* of seal.h: the master key itself */

enum lock_form { LOCK_KEY = 1, LOCK_PASSPHRASE = 2 };

int vault_lock_wrap(const struct key32 *master,
	const struct vault_unlock *unlock, int *ret_form, struct buf *ret)
{
	struct seal *seal;
	struct writer w;
	int rc;

	if (unlock->key == NULL) {
		*ret_form = LOCK_PASSPHRASE;
		writer_init(&w, 4096);
		rc = passphrase_seal(&w, LABEL, unlock->passphrase,
			&passphrase_cost_default, key32_view(master));
		if (rc == 0)
			return writer_finish(&w, ret);
		writer_wipe(&w);
		return rc;
	}
	*ret_form = LOCK_KEY;
	rc = buf_alloc(ret, KEY32_LEN + SEAL_OVERHEAD);
	if (rc == 0)
		rc = seal_new(&seal, unlock->key);
	if (rc != 0) {
		buf_wipe(ret);
		return rc;
	}
	seal_put(seal, (struct seal_place){LOCK_TABLE, 0, 0},
		key32_view(master), ret->data);
	seal_free(seal);
	return 0;
}

int vault_lock_unwrap(struct key32 *master, const struct vault_unlock *unlock,
	int form, struct bytes wrapped)
{
	struct seal *seal;
	struct buf plain;
	int rc;

	/* The other way to unlock is the wrong key. */
	if (form != (unlock->key != NULL ? LOCK_KEY : LOCK_PASSPHRASE))
		return ROWAN_E_CRYPTO;
	if (form == LOCK_KEY) {
		if (wrapped.len != KEY32_LEN + SEAL_OVERHEAD)
			return ROWAN_E_CORRUPT;
		rc = seal_new(&seal, unlock->key);
		if (rc != 0)
			return rc;
		rc = seal_get(seal, (struct seal_place){LOCK_TABLE, 0, 0},
			wrapped, master->b);
		seal_free(seal);
		return rc;
	}
	rc = passphrase_open(wrapped, LABEL, unlock->passphrase, &plain);
	if (rc == ROWAN_E_MALFORMED || rc == ROWAN_E_LIMIT)
		rc = ROWAN_E_CORRUPT;
	if (rc == 0 && plain.len != KEY32_LEN)
		rc = ROWAN_E_CORRUPT;
	if (rc == 0)
		memcpy(master->b, plain.data, KEY32_LEN);
	buf_wipe(&plain);
	return rc;
}
