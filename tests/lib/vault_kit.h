/*
 * A vault in a directory of its own, where there is memory for one.
 *
 * For tests only: a failure of the kit itself aborts.
 */
#ifndef TESTS_LIB_VAULT_KIT_H
#define TESTS_LIB_VAULT_KIT_H

#include "session/vault/vault.h"

struct vault_kit {
	char dir[64];
	char path[96];
	struct vault *vault;
};

/**
 * vault_kit_begin(k), vault_kit_again(k), vault_kit_end(k):
 * Make one; close it and open it again, as a restart would; remove it and
 * whatever else lies in the directory.
 */
void vault_kit_begin(struct vault_kit *k);
void vault_kit_again(struct vault_kit *k);
void vault_kit_end(struct vault_kit *k);

/**
 * vault_kit_path(k, name, ret, size):
 * The path of a file beside the vault.
 */
void vault_kit_path(
	const struct vault_kit *k, const char *name, char *ret, size_t size);

#endif
