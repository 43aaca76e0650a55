/*
 * What the other files of the store have to do with its log.
 */
#ifndef STORE_LOG_H
#define STORE_LOG_H

#include "store/internal.h"

#include "base/reader.h"
#include "base/writer.h"

/* ---- log.c ---- */

ROWAN_MUST int log_new(struct ledger **ret);
void log_free(struct ledger *l);
/* The tree as the file has it. */
ROWAN_MUST int log_load(struct store *st);
/* With store_mark, store_undo, an abort; before and after a commit. */
void log_mark(struct store *st);
void log_undo(struct store *st);
void log_abort(struct store *st);
ROWAN_MUST int log_write(struct store *st);
void log_settle(struct store *st);
/*
 * Blank details under a secret in up to ${max} rows; 0 done: that was all, and
 * ${slice} says so.
 */
ROWAN_MUST int log_sweep(struct store *st, int64_t secret, size_t max,
	struct store_slice *slice, size_t *ret_done);

/* ---- log_pack.c ---- */

#define LOG_ROW_MAX    96 /* leaves of a row */
#define LOG_PARTS      3  /* kinds of what is said once in a row */
#define LOG_SLOTS      256
#define LOG_PACKED_MAX (1 + 14 + 32 + 16 + 32 + 9 + 32 + 1 + 9 * WIRE_READS_MAX)

/* What the details of a row have said so far, where it stands in the row. */
struct log_parts {
	const uint8_t *at[LOG_PARTS][LOG_ROW_MAX];
	uint16_t count[LOG_PARTS];
};

struct log_packer {
	struct log_parts parts;
	uint8_t slot[LOG_PARTS][LOG_SLOTS];
	struct writer *w;
};

/* Where in a row one is; copied it leads there again. */
struct log_cursor {
	struct reader in;
	uint16_t count[LOG_PARTS];
};

/*
 * Pack up to LOG_ROW_MAX details, or empty ones, into fixed memory; with more
 * the writer fails.
 */
void log_packer_init(struct log_packer *p, struct writer *w);
void log_pack(struct log_packer *p, struct bytes detail);
/*
 * The next one, into ${mem}; empty when it was erased. ROWAN_E_CORRUPT. The
 * first time from the row's beginning on: ${p} gathers what was said.
 */
void log_cursor_init(struct log_cursor *c, struct bytes packed);
ROWAN_MUST int log_unpack(struct log_cursor *c, struct log_parts *p,
	uint8_t mem[WIRE_DETAIL_MAX], struct bytes *ret);

/* ---- log_secret.c ---- */

ROWAN_MUST int log_secrets_new(struct log_secrets **ret);
void log_secrets_free(struct log_secrets *s);
/*
 * Something was undone: what is remembered may not be there any more, unless
 * the transaction has made and erased none. After its end it has not.
 */
void log_secrets_forget(struct store *st);
void log_secrets_settle(struct store *st);
/* The salt of a committed leaf. ROWAN_E_NOT_FOUND when erased. */
ROWAN_MUST int log_secret_salt(struct store_reader *rd,
	const struct id16 *scope, uint64_t leaf, struct wire_salt *ret);
/* The name of the case whose secret is in row ${row}. */
ROWAN_MUST int log_secret_name(
	struct store *st, int64_t row, uint8_t ret[SEAL_HASH_LEN]);

#endif
