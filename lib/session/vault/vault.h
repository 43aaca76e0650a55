/*
 * The vault: everything a device keeps, in one file whose every value is
 * sealed. What must change together changes in one transaction, so that a
 * crash neither loses a message nor shows it twice.
 *
 * Trusts the key it is opened with, and the disk for nothing but to keep what
 * it synced. Cannot see that the whole file was replaced by an older copy of
 * itself: the daemon's high-water mark tells (session/link/requests.h).
 *
 * Never holds a name, a file name or a text in the clear; what can be seen of
 * a closed vault is its size, how many values of which kind it has, and how
 * long they are.
 *
 * One handle, one thread, one process: the file is locked while it is open.
 */
#ifndef SESSION_VAULT_H
#define SESSION_VAULT_H

#include "base/bytes.h"
#include "base/secret.h"

#define VAULT_VALUE_MAX (16 * 1024 * 1024) /* bytes */
#define VAULT_NAME_MAX	64		   /* bytes of a name */

struct vault;

/*
 * What kind of value. Numbers are stored: never reused.
 */
enum vault_kind {
	VAULT_SETTINGS = 1,
	VAULT_IDENTITY = 2, /* keys, card, chain of cards */
	VAULT_CLINIC = 3,   /* state, heads, cards of others */
	VAULT_CASE = 4,
	VAULT_MLS = 5,	   /* client and groups */
	VAULT_MESSAGE = 6, /* by channel, in order of arrival */
	VAULT_OUTBOX = 7,  /* what is not acknowledged yet */
	VAULT_EVENT = 8,   /* what the application has not taken yet */
	VAULT_BLOB = 9,	   /* attachments on their way */
	VAULT_CARD = 10,
	VAULT_ACT = 11,	   /* what this device does to the clinic */
	VAULT_INVITE = 12, /* invites made, and the one redeemed */
	VAULT_PROOF = 13,  /* receipts, and what was seen of the log */
	VAULT_KINDS = 31
};

/* How the vault is unlocked: exactly one of the two. */
struct vault_unlock {
	const struct key32 *key; /* from the platform's key store */
	struct bytes passphrase;
};

/**
 * vault_create(ret, path, unlock), vault_open(ret, path, unlock):
 * Make a vault where there is none (ROWAN_E_EXISTS); open one. Returns
 * ROWAN_E_CRYPTO for the wrong key or passphrase, ROWAN_E_NOT_FOUND when
 * there is no file, ROWAN_E_AGAIN while another process has it open,
 * ROWAN_E_CORRUPT, ROWAN_E_TOO_NEW, ROWAN_E_IO. Closed by vault_close. What
 * was left by a vault_create or vault_destroy that was cut short is removed
 * by vault_open, and is ROWAN_E_NOT_FOUND.
 */
ROWAN_MUST int vault_create(struct vault **ret, const char *path,
	const struct vault_unlock *unlock);
ROWAN_MUST int vault_open(struct vault **ret, const char *path,
	const struct vault_unlock *unlock);

/**
 * vault_close(v):
 * Give up what is not committed, close, and wipe the keys. NULL is harmless.
 */
void vault_close(struct vault *v);

/**
 * vault_relock(v, unlock):
 * From now on the vault opens with ${unlock} only. Not inside a transaction.
 * Killed anywhere, it opens with the old one or with the new one.
 */
ROWAN_MUST int vault_relock(struct vault *v, const struct vault_unlock *unlock);

/**
 * vault_destroy(path):
 * Make the vault unreadable for ever, then remove its files. Needs no key;
 * ROWAN_E_AGAIN while another process has it open. Killed anywhere, it was
 * not begun, or nothing is left that opens.
 */
ROWAN_MUST int vault_destroy(const char *path);

/**
 * vault_begin(v), vault_commit(v), vault_abort(v):
 * A transaction. vault_commit returns 0 once the disk has it; on any error
 * nothing of the transaction happened. vault_abort is harmless when none is
 * open. Changes outside a transaction are ROWAN_E_STATE.
 */
ROWAN_MUST int vault_begin(struct vault *v);
ROWAN_MUST int vault_commit(struct vault *v);
void vault_abort(struct vault *v);

/**
 * vault_busy(v):
 * Whether a transaction is open.
 */
bool vault_busy(const struct vault *v);

/**
 * vault_put(v, kind, name, n, value):
 * Keep ${value} as number ${n} under ${name}, in the place of an older one.
 */
ROWAN_MUST int vault_put(struct vault *v, enum vault_kind kind,
	struct bytes name, uint64_t n, struct bytes value);

/**
 * vault_get(v, kind, name, n, ret):
 * The caller owns ${ret}. ROWAN_E_NOT_FOUND.
 */
ROWAN_MUST int vault_get(struct vault *v, enum vault_kind kind,
	struct bytes name, uint64_t n, struct buf *ret);

/**
 * vault_delete(v, kind, name, n):
 * Harmless when there is none. The bytes are overwritten.
 */
ROWAN_MUST int vault_delete(
	struct vault *v, enum vault_kind kind, struct bytes name, uint64_t n);

/**
 * vault_delete_all(v, kind, name):
 * Delete every number under ${name}.
 */
ROWAN_MUST int vault_delete_all(
	struct vault *v, enum vault_kind kind, struct bytes name);

/**
 * vault_next(v, kind, name, from, ret_n, ret):
 * The value with the lowest number not below ${from}. ROWAN_E_NOT_FOUND at
 * the end. ${ret} may be NULL.
 */
ROWAN_MUST int vault_next(struct vault *v, enum vault_kind kind,
	struct bytes name, uint64_t from, uint64_t *ret_n, struct buf *ret);

/**
 * vault_last(v, kind, name, below, ret_n, ret):
 * The value with the highest number below ${below}.
 */
ROWAN_MUST int vault_last(struct vault *v, enum vault_kind kind,
	struct bytes name, uint64_t below, uint64_t *ret_n, struct buf *ret);

#endif
