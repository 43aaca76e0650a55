/*
 * Keys under a passphrase: see keyring.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "agent/keyring.h"
#include "crypto/passphrase.h"
#include "ui/file.h"

#define LABEL	 "Rowan device keys"
#define CONTEXT	 "rowancli"
#define FILE_MAX 4096

static void derive(const struct key32 *master, struct keyring *ret)
{
	(void)crypto_kdf_derive_from_key(
		ret->vault.b, sizeof ret->vault.b, 1, CONTEXT, master->b);
	(void)crypto_kdf_derive_from_key(
		ret->book.b, sizeof ret->book.b, 2, CONTEXT, master->b);
}

void keyring_wipe(struct keyring *k)
{
	key32_wipe(&k->vault);
	key32_wipe(&k->book);
}

static int seal(const char *path, struct bytes pass, const struct key32 *master,
	unsigned flags)
{
	struct writer w;
	int rc;

	writer_init(&w, FILE_MAX);
	rc = passphrase_seal(
		&w, LABEL, pass, &passphrase_cost_default, key32_view(master));
	if (rc == 0)
		rc = file_put(path, writer_view(&w), flags | FILE_SECRET);
	writer_wipe(&w);
	return rc;
}

int keyring_make(const char *path, struct bytes pass, struct keyring *ret)
{
	struct key32 master;
	int rc;

	randombytes_buf(&master, sizeof master);
	rc = seal(path, pass, &master, 0);
	if (rc == 0)
		derive(&master, ret);
	key32_wipe(&master);
	return rc;
}

static int unseal(const char *path, struct bytes pass, struct key32 *ret)
{
	uint8_t file[FILE_MAX];
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc;
	struct buf plain = {NULL, 0};
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT ? ROWAN_E_NOT_FOUND : ROWAN_E_IO;
	n = read(fd, file, sizeof file);
	(void)close(fd);
	if (n < 0)
		return ROWAN_E_IO;
	rc = passphrase_open(bytes_of(file, (size_t)n), LABEL, pass, &plain);
	if (rc == 0 && plain.len != sizeof *ret)
		rc = ROWAN_E_CORRUPT;
	if (rc == 0)
		memcpy(ret->b, plain.data, sizeof ret->b);
	buf_wipe(&plain);
	return rc == ROWAN_E_MALFORMED || rc == ROWAN_E_LIMIT ? ROWAN_E_CORRUPT
							      : rc;
}

int keyring_open(const char *path, struct bytes pass, struct keyring *ret)
{
	struct key32 master;
	int rc = unseal(path, pass, &master);

	if (rc == 0)
		derive(&master, ret);
	key32_wipe(&master);
	return rc;
}

int keyring_change(const char *path, struct bytes old, struct bytes fresh)
{
	struct key32 master;
	int rc = unseal(path, old, &master);

	if (rc == 0)
		rc = seal(path, fresh, &master, FILE_REPLACE);
	key32_wipe(&master);
	return rc;
}
