/*
 * A vault in a directory of its own: see vault_kit.h.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/vault_kit.h"

static const struct key32 key = {{1, 2, 3}};
static const struct vault_unlock unlock = {.key = &key};

void vault_kit_begin(struct vault_kit *k)
{
	snprintf(k->dir, sizeof k->dir, "%s/vault-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(k->dir) == NULL)
		abort();
	snprintf(k->path, sizeof k->path, "%s/vault", k->dir);
	if (vault_create(&k->vault, k->path, &unlock) != 0)
		abort();
}

void vault_kit_again(struct vault_kit *k)
{
	vault_close(k->vault);
	if (vault_open(&k->vault, k->path, &unlock) != 0)
		abort();
}

void vault_kit_path(
	const struct vault_kit *k, const char *name, char *ret, size_t size)
{
	snprintf(ret, size, "%s/%s", k->dir, name);
}

void vault_kit_end(struct vault_kit *k)
{
	char path[512];
	struct dirent *e;
	DIR *d;

	vault_close(k->vault);
	k->vault = NULL;
	d = opendir(k->dir);
	if (d == NULL)
		abort();
	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		vault_kit_path(k, e->d_name, path, sizeof path);
		unlink(path);
	}
	closedir(d);
	rmdir(k->dir);
}
