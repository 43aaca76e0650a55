/*
 * Places: see places.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "agent/places.h"
#include "ui/hex.h"
#include "ui/mem.h"

#define ID_LEN 8 /* bytes of a hash of the home folder's name */

int places_set(struct places *p, const char *home)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	uint8_t hash[crypto_generichash_BYTES_MIN];
	char id[2 * ID_LEN + 1];
	char *real = realpath(home, NULL);
	const char *name = real != NULL ? real : home;
	int n;

	*p = (struct places){.home = mem_text(name)};
	(void)crypto_generichash(hash, sizeof hash, (const uint8_t *)name,
		strlen(name), NULL, 0);
	hex_write(hash, ID_LEN, id);
	p->vault = mem_print("%s/vault", name);
	p->keys = mem_print("%s/keys", name);
	p->book = mem_print("%s/book", name);
	p->events = mem_print("%s/events", name);
	p->config = mem_print("%s/config.json", name);
	p->lock = mem_print("%s/agent.lock", name);
	p->runtime = runtime != NULL && *runtime == '/'
			     ? mem_print("%s/rowan", runtime)
			     : mem_print("%s/run", name);
	free(real);
	n = snprintf(p->socket, sizeof p->socket, "%s/%s.sock", p->runtime, id);
	return n > 0 && (size_t)n < sizeof p->socket ? 0 : ROWAN_E_LIMIT;
}

void places_free(struct places *p)
{
	free(p->home);
	free(p->vault);
	free(p->keys);
	free(p->book);
	free(p->events);
	free(p->config);
	free(p->lock);
	free(p->runtime);
	*p = (struct places){.home = NULL};
}

/* Like mkdir -p for what is ours; the folders above as umask says. */
static int make(const char *path)
{
	struct stat st;
	char *copy = mem_text(path);
	int rc = 0;

	for (char *s = strchr(copy + 1, '/'); s != NULL;
		s = strchr(s + 1, '/')) {
		*s = '\0';
		if (mkdir(copy, 0700) != 0 && errno != EEXIST)
			rc = ROWAN_E_IO;
		*s = '/';
	}
	free(copy);
	if (rc == 0 && mkdir(path, 0700) != 0 && errno != EEXIST)
		rc = ROWAN_E_IO;
	if (rc == 0 && stat(path, &st) != 0)
		rc = ROWAN_E_IO;
	if (rc == 0 && (st.st_uid != geteuid() || (st.st_mode & 077) != 0))
		rc = ROWAN_E_REFUSED;
	return rc;
}

int places_make(const struct places *p)
{
	int rc = make(p->home);

	return rc == 0 ? make(p->runtime) : rc;
}

int places_tell(const struct places *p, int lock)
{
	size_t len = strlen(p->socket);

	return ftruncate(lock, 0) == 0 &&
			       pwrite(lock, p->socket, len, 0) == (ssize_t)len
		       ? 0
		       : ROWAN_E_IO;
}

int places_served(const struct places *p, char ret[PLACES_SOCKET_MAX + 1])
{
	int fd = open(p->lock, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = fd >= 0 ? read(fd, ret, PLACES_SOCKET_MAX) : -1;

	if (fd >= 0)
		(void)close(fd);
	ret[n > 0 ? n : 0] = '\0';
	return n > 0 && *ret == '/' ? 0 : ROWAN_E_NOT_FOUND;
}
