/*
 * Looking for bytes where they must not be.
 *
 * Trusts /proc. Reads only.
 */
#include "campaign/haystack.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAPPING_MAX ((size_t)1 << 30)

/* nftw has no cookie. */
static struct {
	haystack_each *each;
	void *cookie;
} walk;

static int read_file(const char *path, struct buf *ret)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC), r = ROWAN_E_IO;
	size_t got = 0;

	*ret = (struct buf){NULL, 0};
	/* A file may be replaced between its name and its opening. */
	if (fd < 0)
		return errno == ENOENT ? 0 : ROWAN_E_IO;
	if (fstat(fd, &st) == 0 && st.st_size >= 0)
		r = buf_alloc(ret, (size_t)st.st_size);
	while (r == 0 && got < ret->len) {
		ssize_t n =
			pread(fd, ret->data + got, ret->len - got, (off_t)got);

		if (n <= 0)
			break;
		got += (size_t)n;
	}
	close(fd);
	return r;
}

static int visit(
	const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	struct buf b;

	if (kind != FTW_F || !S_ISREG(st->st_mode))
		return 0;
	if (read_file(path, &b))
		return -1;
	walk.each(walk.cookie, path, buf_view(&b));
	buf_wipe(&b);
	return 0;
}

int haystack_dir(const char *dir, haystack_each *each, void *cookie)
{
	walk.each = each;
	walk.cookie = cookie;
	return nftw(dir, visit, 16, FTW_PHYS) ? ROWAN_E_IO : 0;
}

struct mapping {
	unsigned long from, to;
	char name[256];
};

static int show_mapping(
	int mem, const struct mapping *m, haystack_each *each, void *cookie)
{
	struct buf b;
	size_t len = m->to - m->from, got = 0;

	if (len > MAPPING_MAX)
		return ROWAN_E_LIMIT;
	if (buf_alloc(&b, len))
		return ROWAN_E_NOMEM;
	while (got < len) {
		ssize_t n = pread(
			mem, b.data + got, len - got, (off_t)(m->from + got));

		if (n <= 0)
			break;
		got += (size_t)n;
	}
	each(cookie, m->name, bytes_of(b.data, got));
	buf_wipe(&b);
	return 0;
}

int haystack_core(int pid, haystack_each *each, void *cookie)
{
	struct mapping m = {0, 0, ""};
	char path[64], line[512], perms[8];
	unsigned long from, to;
	int mem, r = 0, name;
	bool readable = false;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/mem", pid);
	mem = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof path, "/proc/%d/smaps", pid);
	f = fopen(path, "r");
	if (mem < 0 || f == NULL)
		r = ROWAN_E_IO;
	while (r == 0 && fgets(line, sizeof line, f)) {
		name = 0;
		if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %n", &from, &to,
			    perms, &name) == 3 &&
			name > 0) {
			m.from = from;
			m.to = to;
			readable = perms[0] == 'r';
			line[strcspn(line, "\n")] = 0;
			snprintf(m.name, sizeof m.name, "core %.200s",
				line[name] ? line + name : "(anonymous)");
		} else if (strncmp(line, "VmFlags:", 8) == 0 && readable &&
			   strstr(line, " dd") == NULL &&
			   strstr(m.name, "[v") == NULL)
			r = show_mapping(mem, &m, each, cookie);
	}
	if (f != NULL)
		fclose(f);
	if (mem >= 0)
		close(mem);
	return r;
}

size_t haystack_count(struct bytes hay, struct bytes needle)
{
	const uint8_t *p = hay.data, *end = hay.data + hay.len;
	size_t n = 0;

	while (p < end && (p = memmem(p, (size_t)(end - p), needle.data,
				   needle.len)) != NULL) {
		n++;
		p += needle.len;
	}
	return n;
}
