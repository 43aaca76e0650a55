/*
 * The vault's master key under a host's key or a passphrase.
 *
 * Inside the vault: vault.h is the door.
 */
#ifndef SESSION_VAULT_LOCK_H
#define SESSION_VAULT_LOCK_H

#include "session/vault/vault.h"

/**
 * vault_lock_wrap(master, unlock, ret_form, ret):
 * Seal ${master} for ${unlock}. The caller owns ${ret}; ${ret_form} tells the
 * two ways apart at rest.
 */
ROWAN_MUST int vault_lock_wrap(const struct key32 *master,
	const struct vault_unlock *unlock, int *ret_form, struct buf *ret);

/**
 * vault_lock_unwrap(master, unlock, form, wrapped):
 * Open it again. ROWAN_E_CRYPTO for the wrong key, passphrase or way,
 * ROWAN_E_CORRUPT when it is not what vault_lock_wrap made.
 */
ROWAN_MUST int vault_lock_unwrap(struct key32 *master,
	const struct vault_unlock *unlock, int form, struct bytes wrapped);

#endif
