/*
 * A vault that is a list in memory, in the place of lib/session/vault/vault.c:
 * linked in front of the library it gives the whole session rows that nobody
 * sealed.
 *
 * For tests only. Transactions are not taken back.
 */
#ifndef TESTS_FUZZ_MEMORY_VAULT_H
#define TESTS_FUZZ_MEMORY_VAULT_H

#include "base/writer.h"
#include "session/vault/vault.h"

/**
 * memory_vault_fill(rows):
 * What the next vault that is opened or created holds: for each row
 *
 *	uint8 kind, uint8 len, name[len], uint64 n, uint24 len, value[len]
 *
 * A torn last row is left out.
 */
void memory_vault_fill(struct bytes rows);

#endif
