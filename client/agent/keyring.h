/*
 * What opens this person's vault: a random master key in a file sealed under
 * their passphrase. The vault's key and the book's are derived from it, so
 * a new passphrase rewrites one small file, and there is one Argon2id.
 */
#ifndef AGENT_KEYRING_H
#define AGENT_KEYRING_H

#include "base/secret.h"

struct keyring {
	struct key32 vault, book;
};

/**
 * keyring_make(path, pass, ret):
 * A fresh one in a new file. ROWAN_E_EXISTS, ROWAN_E_FULL, ROWAN_E_IO, and
 * the codes of passphrase_seal. keyring_wipe ends it.
 */
ROWAN_MUST int keyring_make(
	const char *path, struct bytes pass, struct keyring *ret);
void keyring_wipe(struct keyring *k);

/**
 * keyring_open(path, pass, ret):
 * ROWAN_E_NOT_FOUND, ROWAN_E_CRYPTO for another passphrase, ROWAN_E_CORRUPT.
 */
ROWAN_MUST int keyring_open(
	const char *path, struct bytes pass, struct keyring *ret);

/**
 * keyring_change(path, old, fresh):
 * Open with one passphrase, seal under another, in one step.
 */
ROWAN_MUST int keyring_change(
	const char *path, struct bytes old, struct bytes fresh);

#endif
