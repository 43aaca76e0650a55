/*
 * A backup as a file: the database, compacted, sealed to a key whose secret
 * half is kept elsewhere.
 *
 *	opaque magic[8];		"rowanbk1"
 *	opaque key[80];			of this file: libsodium's sealed box
 *	opaque header[24];		of secretstream XChaCha20-Poly1305
 *	then chunks of up to 65,536 bytes and 17 more each, the last one
 *	marked as such, of:
 *		opaque manifest<V>;
 *		the database
 *
 *	struct {
 *		uint16 version = 1;
 *		uint64 time;		seconds since 1970
 *		uint64 schema;
 *		uint64 bytes;		of the database
 *		opaque hash[32];	BLAKE2b of it
 *		uint64 log_size;	leaves of the audit log under the head
 *					that was signed when it was begun; the
 *					log in it may be longer; 0: not known
 *		opaque log_root[32];
 *		opaque by<V>;		version of rowand
 *	} Manifest;
 *
 * Inside, values are sealed under the store key as in the database: a backup
 * needs both keys. Cut short, lengthened, reordered or changed anywhere it
 * does not open.
 */
#ifndef BACKUP_FORMAT_H
#define BACKUP_FORMAT_H

#include "base/bytes.h"
#include "base/secret.h"
#include "base/writer.h"

#define BACKUP_CHUNK	    65536
#define BACKUP_HASH_LEN	    32
#define BACKUP_MANIFEST_MAX 512
#define BACKUP_BY_MAX	    32

struct backup_manifest {
	uint64_t time, schema, bytes;
	uint8_t hash[BACKUP_HASH_LEN];
	uint64_t log_size;
	uint8_t log_root[32];
	char by[BACKUP_BY_MAX + 1];
};

/**
 * backup_manifest_encode(m, w), backup_manifest_decode(input, ret):
 * ROWAN_E_VERSION, ROWAN_E_MALFORMED, ROWAN_E_LIMIT.
 */
ROWAN_MUST int backup_manifest_encode(
	const struct backup_manifest *m, struct writer *w);
ROWAN_MUST int backup_manifest_decode(
	struct bytes input, struct backup_manifest *ret);

/* An open file, read from its beginning, and whether to give up. */
struct backup_from {
	int fd;
	const _Atomic int *stop; /* once it is set; NULL: never */
};

/**
 * backup_hash(from, ret, ret_bytes):
 * Hash a file. ROWAN_E_IO; ROWAN_E_STATE when it gave up.
 */
ROWAN_MUST int backup_hash(const struct backup_from *from,
	uint8_t ret[BACKUP_HASH_LEN], uint64_t *ret_bytes);

/**
 * backup_seal(from, to, key, m):
 * Write ${from} as a backup to ${to}; ${m} says what it is. ROWAN_E_IO,
 * ROWAN_E_FULL, ROWAN_E_CRYPTO for a key that is none; ROWAN_E_STATE when it
 * gave up.
 */
ROWAN_MUST int backup_seal(const struct backup_from *from, int to,
	const struct key32 *key, const struct backup_manifest *m);

/**
 * backup_open(from, to, secret, ret):
 * Open a backup into ${to}, or with ${to} -1 only check it; the content is
 * compared with the manifest. ROWAN_E_CRYPTO for another key or a changed
 * file, ROWAN_E_MALFORMED for what is no backup, ROWAN_E_VERSION, ROWAN_E_IO,
 * ROWAN_E_FULL. On failure ${to} holds nothing to be used.
 */
ROWAN_MUST int backup_open(int from, int to, const struct key32 *secret,
	struct backup_manifest *ret);

/**
 * backup_key_read(path, ret), backup_key_write(path, key):
 * The public key as a text file, which cannot be mistaken for a secret one.
 * ROWAN_E_NOT_FOUND, ROWAN_E_MALFORMED, ROWAN_E_EXISTS, ROWAN_E_IO.
 */
ROWAN_MUST int backup_key_read(const char *path, struct key32 *ret);
ROWAN_MUST int backup_key_write(const char *path, const struct key32 *key);

#endif
