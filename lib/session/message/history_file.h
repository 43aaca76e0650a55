/*
 * The file of an exported history: items sealed one after the other under a
 * key of the file's own, which lies in front under a passphrase or an
 * archive's key.
 *
 *	struct {
 *		opaque magic[8];	"rowanhs1"
 *		uint8 form;		1: passphrase, 2: archive key
 *		opaque lock<V>;		PassphraseFile, or a sealed box
 *		opaque header[24];
 *		Item items[];		the last one is marked as such
 *	} History;
 *
 *	struct { uint32 length; opaque sealed[length]; } Item;
 *
 * XChaCha20-Poly1305 by libsodium's secretstream: an item that is changed,
 * left out, moved or repeated does not open, and a file that was cut has no
 * last item. Everything before the items is bound to the first.
 *
 * Trusts no byte it reads. A file is whole before it has its name.
 */
#ifndef SESSION_HISTORY_FILE_H
#define SESSION_HISTORY_FILE_H

#include "base/bytes.h"
#include "base/secret.h"
#include "base/writer.h"

#define HISTORY_ITEM_MAX (128 * 1024) /* bytes of one, in the clear */

/* Exactly one of the two. */
struct history_lock {
	struct bytes passphrase;
	/* X25519: the public key to write, the secret one to read. */
	const struct key32 *archive;
};

struct history_out;
struct history_in;

/**
 * history_out_new(ret, path, lock), history_out_put(o, item, last),
 * history_out_finish(o), history_out_free(o):
 * Write a new file: ROWAN_E_EXISTS, ROWAN_E_IO, ROWAN_E_FULL. It has its name
 * after history_out_finish; freed before that, nothing is left of it.
 */
ROWAN_MUST int history_out_new(struct history_out **ret, const char *path,
	const struct history_lock *lock);
ROWAN_MUST int history_out_put(
	struct history_out *o, struct bytes item, bool last);
ROWAN_MUST int history_out_finish(struct history_out *o);
void history_out_free(struct history_out *o);

/**
 * history_in_new(ret, path, lock), history_in_next(i, ret, ret_last),
 * history_in_free(i):
 * Read: the caller owns ${ret}. ROWAN_E_NOT_FOUND and ROWAN_E_IO for the
 * file, ROWAN_E_MALFORMED for what is none, ROWAN_E_LIMIT, ROWAN_E_CRYPTO for
 * another passphrase or key or an altered file. What follows the last item is
 * ROWAN_E_MALFORMED with that item.
 */
ROWAN_MUST int history_in_new(struct history_in **ret, const char *path,
	const struct history_lock *lock);
ROWAN_MUST int history_in_next(
	struct history_in *i, struct buf *ret, bool *ret_last);
void history_in_free(struct history_in *i);

#endif
