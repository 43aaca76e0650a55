/*
 * Rowan: history out of a vault, into one, and on to a successor. Included
 * by rowan.h.
 *
 * History is messages and names, never keys of channels.
 */
#ifndef ROWAN_HISTORY_H
#define ROWAN_HISTORY_H

#ifndef ROWAN_H
#error "include <rowan.h>"
#endif

/*
 * rowan_history_export(r, path, channel, passphrase, len), rowan_history_seal:
 * Write a channel's messages, or with NULL those of all channels, to a new
 * file: sealed under a passphrase of at most 1024 bytes (Argon2id), or to an
 * agency's archive key (X25519 public key).
 */
ROWAN_API ROWAN_MUST int rowan_history_export(struct rowan *r, const char *path,
	const uint8_t *channel, const void *passphrase, size_t len);
ROWAN_API ROWAN_MUST int rowan_history_seal(struct rowan *r, const char *path,
	const uint8_t *channel, const uint8_t archive[32]);

/*
 * rowan_history_import(r, path, passphrase, len), rowan_history_unseal:
 * Take in what was exported; a message that is here already is left as it
 * is. ${ret}: how many were new. ROWAN_E_CRYPTO for the wrong passphrase or
 * key or an altered file; then nothing was taken.
 */
ROWAN_API ROWAN_MUST int rowan_history_import(struct rowan *r, const char *path,
	const void *passphrase, size_t len, uint64_t *ret);
ROWAN_API ROWAN_MUST int rowan_history_unseal(struct rowan *r, const char *path,
	const uint8_t archive_secret[32], uint64_t *ret);

/*
 * rowan_hand_over(r, messages, count):
 * Send earlier messages of one channel, ${count} ids in a row, to those who
 * are in it now and were not then. Shown to everybody as such.
 */
ROWAN_API ROWAN_MUST int rowan_hand_over(
	struct rowan *r, const uint8_t *messages, size_t count);

#endif
