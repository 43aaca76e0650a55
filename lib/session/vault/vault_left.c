/*
 * The look at what may be left: see vault_left.h. Reads the file as the bytes
 * that it is, by what SQLite's file format says of the first page.
 *
 * Trusts nothing that it reads; never writes.
 */
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "session/vault/shred.h"
#include "session/vault/vault_left.h"

#define MAGIC	       "SQLite format 3" /* and its 0 */
#define APPLICATION_AT 68
#define CELLS_AT       103 /* how many entries the schema has */

_Static_assert(SHRED_LAST == VAULT_PAGE, "the second page goes first");

static bool is_zero(const uint8_t *mem, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (mem[i] != 0)
			return false;
	return true;
}

static uint32_t application(const uint8_t *page)
{
	const uint8_t *at = page + APPLICATION_AT;

	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	       (uint32_t)at[2] << 8 | at[3];
}

/* The first two pages; false: it cannot be read. */
static bool take(const char *path, uint8_t mem[2 * VAULT_PAGE], size_t *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = 1;

	*ret = 0;
	if (fd < 0)
		return false;
	while (n > 0 && *ret < 2 * VAULT_PAGE) {
		n = read(fd, mem + *ret, 2 * VAULT_PAGE - *ret);
		*ret += n > 0 ? (size_t)n : 0;
	}
	(void)close(fd);
	return n >= 0;
}

bool vault_is_left(const char *path)
{
	uint8_t mem[2 * VAULT_PAGE];
	bool ours, sqlite;
	size_t len;

	if (!take(path, mem, &len))
		return false;
	if (len == 0)
		return true;
	if (len < VAULT_PAGE)
		return false;
	sqlite = memcmp(mem, MAGIC, sizeof MAGIC) == 0;
	/* Its making was cut short: not even a lock. */
	if (len == VAULT_PAGE)
		return sqlite && application(mem) == 0 &&
		       is_zero(mem + CELLS_AT, 2);
	ours = sqlite && application(mem) == VAULT_APPLICATION_ID;
	return len == sizeof mem && (ours || is_zero(mem, VAULT_PAGE)) &&
	       is_zero(mem + VAULT_PAGE, VAULT_PAGE);
}
