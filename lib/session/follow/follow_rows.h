/*
 * Names of what the vault keeps of the clinic, for the files that do:
 * follow_rows.c has the list, follow_cut.c what is taken out of it again.
 */
#ifndef SESSION_FOLLOW_ROWS_H
#define SESSION_FOLLOW_ROWS_H

#include "session/follow/follow_inner.h"

/* A name of a letter and bytes. */
struct name {
	uint8_t b[1 + WIRE_HASH_LEN];
	size_t len;
};

static inline struct bytes named(
	struct name *n, char letter, const void *id, size_t len)
{
	n->b[0] = (uint8_t)letter;
	memcpy(n->b + 1, id, len);
	return bytes_of(n->b, 1 + len);
}

static inline struct bytes text(const char *s)
{
	return bytes_of(s, strlen(s));
}

static inline struct bytes link_name(struct name *n, const struct id16 *chain)
{
	return follow_is_clinic(chain) ? text("link")
				       : named(n, 'l', chain->b, ID16_LEN);
}

static inline enum vault_kind link_kind(const struct id16 *chain)
{
	return follow_is_clinic(chain) ? VAULT_CLINIC : VAULT_CASE;
}

struct card_row {
	uint64_t logged, logged_at, revoked, revoked_at;
	struct bytes card;
};

/* ROWAN_E_CORRUPT, ROWAN_E_TOO_NEW. */
ROWAN_MUST int follow_read_card(struct bytes input, struct card_row *ret);

#endif
