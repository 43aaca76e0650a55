/*
 * Killed at a commit: see faulty_vault.h.
 */
#include "lib/faulty_vault.h"
#include "session/vault/vault.h"

int __real_vault_commit(struct vault *v);
int __real_vault_begin(struct vault *v);
int __wrap_vault_commit(struct vault *v);
int __wrap_vault_begin(struct vault *v);

static uint64_t left;
static enum faulty_vault_kind how;
static bool dead;

void faulty_vault_after(uint64_t n, enum faulty_vault_kind kind)
{
	left = n;
	how = kind;
	dead = false;
}

bool faulty_vault_hit(void)
{
	return dead;
}

void faulty_vault_revive(void)
{
	dead = false;
	left = 0;
}

int __wrap_vault_begin(struct vault *v)
{
	return dead ? ROWAN_E_IO : __real_vault_begin(v);
}

int __wrap_vault_commit(struct vault *v)
{
	int rc;

	if (left == 0 || --left > 0)
		return __real_vault_commit(v);
	dead = true;
	rc = how == KILLED_AFTER ? __real_vault_commit(v) : 0;
	/* What is not on the disk by now never will be. */
	vault_abort(v);
	return rc == 0 ? ROWAN_E_IO : rc;
}
