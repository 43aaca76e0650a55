/*
 * A program that is killed at a commit of its vault: right before it, or
 * right after. From then on nothing is written, as by a process that is gone,
 * until the test says that it has been started anew.
 *
 * A test that uses this is linked with FAULTY_VAULT_LDFLAGS (see
 * tests/lib/faulty_vault.mk).
 */
#ifndef TESTS_LIB_FAULTY_VAULT_H
#define TESTS_LIB_FAULTY_VAULT_H

#include <stdbool.h>
#include <stdint.h>

enum faulty_vault_kind { KILLED_BEFORE = 1, KILLED_AFTER };

/**
 * faulty_vault_after(n, kind):
 * Kill at the ${n}th commit from now (from 1); 0: never.
 */
void faulty_vault_after(uint64_t n, enum faulty_vault_kind kind);

/**
 * faulty_vault_hit(), faulty_vault_revive():
 * Whether it has happened; begin anew.
 */
bool faulty_vault_hit(void);
void faulty_vault_revive(void);

#endif
