/*
 * JSON lines over a socket: see line.h.
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sodium.h>

#include "agent/line.h"

#define PART ((size_t)64 * 1024)

static void wiping_free(void *p)
{
	if (p != NULL)
		sodium_memzero(p, malloc_usable_size(p));
	free(p);
}

void line_wipe_memory(void)
{
	json_set_alloc_funcs(malloc, wiping_free);
}

void line_init(struct line *l, int fd)
{
	*l = (struct line){.fd = fd};
}

void line_close(struct line *l)
{
	if (l->fd >= 0)
		(void)close(l->fd);
	mem_free(l->in, l->in_cap);
	mem_free(l->out, l->out_cap);
	*l = (struct line){.fd = -1};
}

/* Room for ${more} bytes; outgrown memory is wiped. */
static int grow(char **data, size_t len, size_t *cap, size_t more)
{
	size_t size = *cap > 0 ? *cap : PART;
	char *fresh;

	while (size - len < more)
		size *= 2;
	if (size == *cap)
		return 0;
	fresh = malloc(size);
	if (fresh == NULL)
		return ROWAN_E_NOMEM;
	if (len > 0)
		memcpy(fresh, *data, len);
	mem_free(*data, *cap);
	*data = fresh;
	*cap = size;
	return 0;
}

int line_put(struct line *l, const json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT);
	size_t len;
	int rc;

	if (text == NULL)
		return ROWAN_E_NOMEM;
	len = strlen(text);
	if (l->out_at == l->out_len)
		l->out_at = l->out_len = 0;
	rc = grow(&l->out, l->out_len, &l->out_cap, len + 1);
	if (rc == 0) {
		memcpy(l->out + l->out_len, text, len);
		l->out[l->out_len + len] = '\n';
		l->out_len += len + 1;
	}
	wiping_free(text);
	return rc;
}

int line_flush(struct line *l)
{
	while (l->out_at < l->out_len) {
		ssize_t n = send(l->fd, l->out + l->out_at,
			l->out_len - l->out_at, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return 0;
		if (n <= 0)
			return ROWAN_E_IO;
		l->out_at += (size_t)n;
	}
	if (l->out_len > 0)
		sodium_memzero(l->out, l->out_len);
	l->out_at = l->out_len = 0;
	return 0;
}

int line_fill(struct line *l)
{
	ssize_t n;
	int rc = grow(&l->in, l->in_len, &l->in_cap, PART);

	if (rc != 0)
		return rc;
	do
		n = recv(l->fd, l->in + l->in_len, l->in_cap - l->in_len, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? ROWAN_E_AGAIN
							       : ROWAN_E_IO;
	if (n == 0)
		l->ended = true;
	l->in_len += (size_t)n;
	return 0;
}

int line_take(struct line *l, json_t **ret)
{
	char *end = l->in_len > l->in_seen ? memchr(l->in + l->in_seen, '\n',
						     l->in_len - l->in_seen)
					   : NULL;
	size_t len;

	*ret = NULL;
	if (end == NULL) {
		l->in_seen = l->in_len;
		return l->in_len > LINE_CAP ? ROWAN_E_LIMIT : ROWAN_E_NOT_FOUND;
	}
	len = (size_t)(end - l->in);
	if (len > LINE_CAP)
		return ROWAN_E_LIMIT;
	*ret = json_loadb(l->in, len, JSON_REJECT_DUPLICATES, NULL);
	l->in_len -= len + 1;
	memmove(l->in, end + 1, l->in_len);
	sodium_memzero(l->in + l->in_len, len + 1);
	l->in_seen = 0;
	if (!json_is_object(*ret)) {
		json_decref(*ret);
		*ret = NULL;
		return ROWAN_E_MALFORMED;
	}
	return 0;
}
