/*
 * The record of the last signed checkpoint: see guard.h.
 *
 *	struct {
 *		opaque magic[8];
 *		uint16 len;
 *		opaque note[len];
 *		opaque checksum[16];	of all before
 *	} Slot;				2,048 bytes with zeros behind
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/reader.h"
#include "log/guard.h"
#include "tlog/watch.h"

#define SLOT	 2048
#define SLOTS	 2
#define SUM_LEN	 16
#define HEAD_LEN (8 + 2)

static const uint8_t magic[8] = {'R', 'W', 'N', 'G', 'U', 'A', 'R', '1'};

struct guard {
	int fd;
	unsigned next; /* the place that is written next */
	_Atomic bool dirty;
};

static void checksum(struct bytes data, uint8_t ret[SUM_LEN])
{
	(void)crypto_generichash(ret, SUM_LEN, data.data, data.len, NULL, 0);
}

/* 0, ROWAN_E_NOT_FOUND for an empty place, ROWAN_E_CORRUPT. */
static int slot_read(const uint8_t slot[SLOT], struct guard_state *ret)
{
	static const uint8_t empty[SLOT];
	uint8_t sum[SUM_LEN];
	struct checkpoint c;
	struct bytes note;
	struct note n;
	struct reader r;
	uint16_t len = 0;

	if (memcmp(slot, empty, SLOT) == 0)
		return ROWAN_E_NOT_FOUND;
	reader_init(&r, bytes_of(slot + sizeof magic, SLOT - sizeof magic));
	if (memcmp(slot, magic, sizeof magic) != 0 ||
		reader_u16(&r, &len) != 0 || len > GUARD_NOTE_MAX ||
		reader_view(&r, len, &note) != 0)
		return ROWAN_E_CORRUPT;
	checksum(bytes_of(slot, HEAD_LEN + (size_t)len), sum);
	if (memcmp(r.pos, sum, SUM_LEN) != 0 || note_parse(&n, note) != 0 ||
		checkpoint_parse(&c, n.text) != 0)
		return ROWAN_E_CORRUPT;
	*ret = (struct guard_state){c.size, c.root, 0};
	if (watch_time(&c, &ret->time) != 0)
		ret->time = 0;
	return 0;
}

static bool is_newer(const struct guard_state *a, const struct guard_state *b)
{
	return a->size != b->size ? a->size > b->size : a->time >= b->time;
}

/* One place may be torn; the other one then counts. */
static int file_read(
	struct guard *g, bool *ret_found, struct guard_state *ret_state)
{
	uint8_t mem[SLOTS * SLOT] = {0};
	struct guard_state s;
	size_t corrupt = 0;
	ssize_t n = pread(g->fd, mem, sizeof mem, 0);

	if (n < 0)
		return ROWAN_E_IO;
	for (unsigned i = 0; i < SLOTS; i++) {
		int rc = slot_read(mem + i * SLOT, &s);

		corrupt += rc == ROWAN_E_CORRUPT;
		if (rc != 0 || (*ret_found && !is_newer(&s, ret_state)))
			continue;
		*ret_state = s;
		*ret_found = true;
		g->next = (i + 1) % SLOTS;
	}
	return corrupt > 0 && !*ret_found ? ROWAN_E_CORRUPT : 0;
}

/* Both places are there from the beginning: later writes need no room. */
static int lay(struct guard *g)
{
	static const uint8_t zero[SLOTS * SLOT];
	struct stat st;

	if (fstat(g->fd, &st) != 0)
		return ROWAN_E_IO;
	if (st.st_size >= SLOTS * SLOT)
		return 0;
	if (pwrite(g->fd, zero, (size_t)(SLOTS * SLOT - st.st_size),
		    st.st_size) != SLOTS * SLOT - st.st_size ||
		fsync(g->fd) != 0)
		return ROWAN_E_IO;
	return 0;
}

int guard_open(struct guard **ret, const char *path, bool *ret_found,
	struct guard_state *ret_state)
{
	struct guard *g = calloc(1, sizeof *g);
	int rc;

	*ret = NULL;
	*ret_found = false;
	memset(ret_state, 0, sizeof *ret_state);
	if (g == NULL)
		return ROWAN_E_NOMEM;
	g->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	rc = g->fd < 0 ? ROWAN_E_IO : file_read(g, ret_found, ret_state);
	if (rc == 0)
		rc = lay(g);
	if (rc != 0) {
		guard_close(g);
		return rc;
	}
	*ret = g;
	return 0;
}

uint64_t guard_time(const char *path)
{
	struct guard g = {.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
	struct guard_state s = {.size = 0};
	bool found = false;
	int rc = g.fd < 0 ? ROWAN_E_IO : file_read(&g, &found, &s);

	if (g.fd >= 0)
		(void)close(g.fd);
	return rc == 0 && found ? s.time : 0;
}

void guard_close(struct guard *g)
{
	if (g == NULL)
		return;
	if (g->fd >= 0 && atomic_load(&g->dirty))
		(void)fdatasync(g->fd);
	if (g->fd >= 0)
		(void)close(g->fd);
	free(g);
}

int guard_write(struct guard *g, struct bytes note)
{
	uint8_t slot[SLOT];
	struct writer w;

	if (note.len > GUARD_NOTE_MAX)
		return ROWAN_E_LIMIT;
	memset(slot, 0, sizeof slot);
	writer_init_fixed(&w, slot, sizeof slot);
	writer_raw(&w, magic, sizeof magic);
	writer_u16(&w, (uint16_t)note.len);
	writer_raw(&w, note.data, note.len);
	checksum(writer_view(&w), slot + w.len);
	if (pwrite(g->fd, slot, sizeof slot, (off_t)g->next * SLOT) !=
		(ssize_t)sizeof slot)
		return ROWAN_E_IO;
	g->next = (g->next + 1) % SLOTS;
	atomic_store(&g->dirty, true);
	return 0;
}

int guard_reset(struct guard *g, struct bytes note)
{
	int rc = guard_write(g, note);

	if (rc == 0)
		rc = guard_write(g, note);
	return rc == 0 ? guard_sync(g) : rc;
}

int guard_sync(struct guard *g)
{
	if (!atomic_exchange(&g->dirty, false))
		return 0;
	if (fdatasync(g->fd) == 0)
		return 0;
	atomic_store(&g->dirty, true);
	return ROWAN_E_IO;
}
