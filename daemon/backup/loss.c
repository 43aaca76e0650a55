/*
 * What a restore loses: see loss.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "backup/loss.h"
#include "clinic/export.h"
#include "wire/leaf.h"

#define PATH_LEN   4096
#define HEX_LEN	   (2 * ID16_LEN + 1)
#define ROWS	   64 /* of up to 256 leaves, in one piece of the walk */
#define FETCH	   256
#define FETCH_MOST (1024 * 1024)

/* ---- opening ---- */

static const char *const ends[] = {"", "-wal", "-shm", "-reserve"};

void loss_remove(const char *aside)
{
	char path[PATH_LEN];

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (snprintf(path, sizeof path, "%s%s", aside, ends[i]) <
			PATH_LEN)
			(void)unlink(path);
}

/* Byte for byte: it may be damaged. */
static int copy_bytes(int from, int to)
{
	static const size_t room = 1024 * 1024;
	uint8_t *part = malloc(room);
	ssize_t n = part == NULL ? -1 : 1;

	while (n > 0 && (n = read(from, part, room)) > 0)
		if (write(to, part, (size_t)n) != n)
			n = -1;
	free(part);
	return n == 0 ? 0 : errno == ENOSPC ? ROWAN_E_FULL : ROWAN_E_IO;
}

static int copy(const char *from, const char *to, const char *end)
{
	char a[PATH_LEN], b[PATH_LEN];
	int in, out, rc;

	if (snprintf(a, sizeof a, "%s%s", from, end) >= PATH_LEN ||
		snprintf(b, sizeof b, "%s%s", to, end) >= PATH_LEN)
		return ROWAN_E_INVAL;
	in = open(a, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return errno == ENOENT ? ROWAN_E_NOT_FOUND : ROWAN_E_IO;
	out = open(b, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	rc = out < 0 ? ROWAN_E_IO : copy_bytes(in, out);
	close(in);
	if (out >= 0)
		close(out);
	return rc;
}

int loss_open(struct store **ret, const char *from, const char *aside,
	const struct key32 *key)
{
	struct store_options o = {.path = aside,
		.key = key,
		.mailbox_max = 1,
		.skip_check = true};
	int rc;

	*ret = NULL;
	loss_remove(aside);
	rc = copy(from, aside, "");
	if (rc != 0)
		return rc;
	rc = copy(from, aside, "-wal");
	return rc == 0 || rc == ROWAN_E_NOT_FOUND ? store_open(ret, &o) : rc;
}

/* ---- who still waited ---- */

/* Leaves of envelopes that were in somebody's mailbox; ascending, once. */
struct waiting {
	uint64_t *leaf;
	size_t len, room;
};

static int wait_add(struct waiting *w, uint64_t leaf)
{
	if (w->len == w->room) {
		size_t room = w->room == 0 ? 1024 : 2 * w->room;
		uint64_t *more = realloc(w->leaf, room * sizeof *more);

		if (more == NULL)
			return ROWAN_E_NOMEM;
		w->leaf = more;
		w->room = room;
	}
	w->leaf[w->len++] = leaf;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int mailbox(struct store_reader *rd, const struct id16 *device,
	struct store_batch *batch, struct waiting *w)
{
	struct store_fetch f = {
		.device = *device, .max_items = FETCH, .max_bytes = FETCH_MOST};
	bool more = true;
	int rc = 0;

	while (rc == 0 && more) {
		const struct store_item *items;
		size_t len;

		rc = store_fetch(rd, &f, batch, &more);
		if (rc != 0)
			break;
		items = store_batch_items(batch, &len);
		for (size_t i = 0; rc == 0 && i < len; i++)
			if (items[i].leaf != UINT64_MAX)
				rc = wait_add(w, items[i].leaf);
		more = more && len > 0;
		if (len > 0)
			f.from = items[len - 1].seq + 1;
	}
	return rc;
}

/* A mailbox that cannot be read is passed over. */
static int find_waiting(struct store_reader *rd, struct waiting *w)
{
	struct store_batch *batch;
	struct store_device d;
	int64_t row = 0;
	int rc = store_batch_new(&batch);

	if (rc != 0)
		return rc;
	while (rc == 0 && store_device_next(rd, &row, &d) == 0)
		if (mailbox(rd, &d.id, batch, w) == ROWAN_E_NOMEM)
			rc = ROWAN_E_NOMEM;
	store_batch_free(batch);
	if (w->len > 0)
		qsort(w->leaf, w->len, sizeof *w->leaf, by_number);
	return rc;
}

static bool is_waiting(const struct waiting *w, uint64_t leaf)
{
	return w->len > 0 &&
	       bsearch(&leaf, w->leaf, w->len, sizeof leaf, by_number) != NULL;
}

/* ---- the report ---- */

struct walk {
	struct store_reader *rd;
	struct loss *l;
	struct waiting waiting;
	FILE *report;
	struct writer *statements;
	uint64_t next; /* leaf that is named next */
};

static void hex(const struct id16 *id, char ret[HEX_LEN])
{
	(void)sodium_bin2hex(ret, HEX_LEN, id->b, ID16_LEN);
}

static void when(const struct wire_detail *d, char ret[32])
{
	time_t t = (time_t)d->time;
	struct tm tm;

	(void)strftime(ret, 32,
		d->grain == WIRE_GRAIN_HOUR ? "%Y-%m-%dT%HZ" : "%Y-%m-%dT%TZ",
		gmtime_r(&t, &tm));
}

static void message(struct walk *w, uint64_t leaf, const struct wire_detail *d)
{
	bool waits = is_waiting(&w->waiting, leaf);
	char device[HEX_LEN], channel[HEX_LEN], time[32];

	hex(&d->device, device);
	hex(&d->channel, channel);
	when(d, time);
	w->l->messages++;
	w->l->waiting += waits;
	(void)fprintf(w->report,
		"message %llu %s device %s channel %s counter %llu state %s\n",
		(unsigned long long)leaf, time, device, channel,
		(unsigned long long)d->number, waits ? "waiting" : "fetched");
}

static void statement(
	struct walk *w, uint64_t leaf, const struct wire_detail *d)
{
	char device[HEX_LEN], chain[HEX_LEN], time[32];

	hex(&d->device, device);
	hex(&d->case_id, chain);
	when(d, time);
	w->l->statements++;
	(void)fprintf(w->report,
		"statement %llu %s device %s chain %s number %llu\n",
		(unsigned long long)leaf, time, device, chain,
		(unsigned long long)d->number);
	/* One that cannot be read is somebody's to bring. */
	(void)!export_statement(w->rd, &d->case_id, d->number, w->statements);
}

static void blob(struct walk *w, uint64_t leaf, const struct wire_detail *d)
{
	char device[HEX_LEN], channel[HEX_LEN], time[32];

	hex(&d->device, device);
	hex(&d->channel, channel);
	when(d, time);
	w->l->blobs++;
	(void)fprintf(w->report,
		"blob %llu %s device %s channel %s chunk %llu\n",
		(unsigned long long)leaf, time, device, channel,
		(unsigned long long)d->number);
}

static void other(struct walk *w, uint64_t leaf, const struct wire_detail *d)
{
	char device[HEX_LEN], of[HEX_LEN], time[32];

	hex(&d->device, device);
	hex(&d->case_id, of);
	when(d, time);
	(void)fprintf(w->report,
		"other %llu %s %s device %s case %s number %llu\n",
		(unsigned long long)leaf, time, wire_act_name(d->act), device,
		of, (unsigned long long)d->number);
}

static void unread(struct walk *w, uint64_t to)
{
	for (; w->next < to; w->next++)
		(void)fprintf(w->report, "unread %llu\n",
			(unsigned long long)w->next);
}

static bool visit(void *ctx, uint64_t leaf, struct bytes detail)
{
	struct walk *w = ctx;
	struct wire_detail *d;

	if (leaf >= w->l->end)
		return false;
	if (leaf < w->next)
		return true;
	unread(w, leaf);
	d = malloc(sizeof *d);
	if (d == NULL)
		return false;
	if (detail.len == 0 || wire_detail_read(detail, d) != 0) {
		(void)fprintf(
			w->report, "erased %llu\n", (unsigned long long)leaf);
		w->next = leaf + 1;
		w->l->read++;
		free(d);
		return true;
	}
	if (d->act == WIRE_ACT_SUBMIT)
		message(w, leaf, d);
	else if (d->act == WIRE_ACT_STATEMENT)
		statement(w, leaf, d);
	else if (d->act == WIRE_ACT_BLOB)
		blob(w, leaf, d);
	else
		other(w, leaf, d);
	free(d);
	w->l->read++;
	w->next = leaf + 1;
	return true;
}

int loss_write(struct store *lost, struct loss *l, FILE *report,
	struct writer *statements)
{
	struct walk w = {.rd = store_view(lost),
		.l = l,
		.report = report,
		.statements = statements,
		.next = l->first};
	struct store_log_range range = {.from = l->first, .rows = ROWS};
	uint64_t next, size = 0;
	int rc;

	if (store_log_size(w.rd, &size) == 0 && l->end == 0)
		l->end = size;
	(void)fprintf(report, "rowan loss 1\n");
	if (l->end > l->first)
		(void)fprintf(report, "entries %llu to %llu\n",
			(unsigned long long)l->first,
			(unsigned long long)l->end - 1);
	rc = find_waiting(w.rd, &w.waiting);
	while (rc == 0 && range.from < l->end && range.from < size) {
		/* What lies on a damaged page is named as unread. */
		if (store_log_walk(w.rd, &range, visit, &w, &next) != 0 ||
			next <= range.from)
			next = w.next > range.from ? w.next : range.from + 1;
		range.from = next;
	}
	unread(&w, l->end);
	free(w.waiting.leaf);
	if (rc == 0)
		rc = writer_status(statements);
	return rc == 0 && ferror(report) ? ROWAN_E_IO : rc;
}

int loss_known(struct store_reader *rd, FILE *report)
{
	struct store_device d;
	int64_t row = 0;
	int rc;

	while ((rc = store_device_next(rd, &row, &d)) == 0) {
		char device[HEX_LEN];
		uint64_t high = 0;

		if (store_counter(rd, &d.id, &high) != 0)
			continue;
		hex(&d.id, device);
		(void)fprintf(report, "after device %s counter %llu\n", device,
			(unsigned long long)high);
	}
	if (rc == ROWAN_E_NOT_FOUND)
		rc = 0;
	return rc == 0 && ferror(report) ? ROWAN_E_IO : rc;
}
