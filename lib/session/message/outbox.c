/*
 * The outbox: see outbox.h. What is kept, in memory and in the vault.
 *
 * Memory has the little that tells what is to be done next. It is changed
 * with the vault, and read again when a transaction did not happen.
 */
#include <stdlib.h>

#include "session/message/outbox_inner.h"

#define PAUSE_MS  5000
#define SWEEP_MS  (60 * 60 * 1000)
#define INDEX_LEN (1 + ID16_LEN)

static const uint32_t usual_buckets[] = {1024, 4096, 16384, 65536};

struct bytes outbox_name(const char *what)
{
	return bytes_of(what, 1);
}

static struct bytes index_name(
	const struct id16 *message, uint8_t mem[INDEX_LEN])
{
	mem[0] = 'i';
	memcpy(mem + 1, message->b, ID16_LEN);
	return bytes_of(mem, INDEX_LEN);
}

static int number_get(struct outbox *x, struct bytes name, uint64_t *ret)
{
	struct buf mem = {0};
	struct reader r;
	int rc = vault_get(x->o.vault, VAULT_OUTBOX, name, 0, &mem);

	*ret = 0;
	if (rc != 0)
		return rc;
	reader_init(&r, buf_view(&mem));
	rc = reader_u64(&r, ret);
	if (rc == 0)
		rc = reader_end(&r);
	buf_wipe(&mem);
	return rc == ROWAN_E_MALFORMED ? ROWAN_E_CORRUPT : rc;
}

static int number_put(struct outbox *x, struct bytes name, uint64_t n)
{
	uint8_t mem[8];
	struct writer w;

	writer_init_fixed(&w, mem, sizeof mem);
	writer_u64(&w, n);
	return vault_put(x->o.vault, VAULT_OUTBOX, name, 0, writer_view(&w));
}

int outbox_put_counter(struct outbox *x, uint64_t counter)
{
	int rc = number_put(x, outbox_name("n"), counter);

	if (rc == 0)
		x->counter = counter;
	return rc;
}

/* ---- memory ---- */

struct outbox_item *outbox_item(struct outbox *x, uint64_t n)
{
	size_t low = 0, high = x->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (x->items[mid].n < n)
			low = mid + 1;
		else
			high = mid;
	}
	return low < x->count && x->items[low].n == n ? &x->items[low] : NULL;
}

/* What goes once more is no burden of its writer's. */
static bool waits(const struct outbox_item *it)
{
	return it->state != OUTBOX_SENT && it->sent == 0;
}

static void fill(
	struct outbox *x, struct outbox_item *it, const struct outbox_row *row)
{
	x->waiting -= it->state != 0 && waits(it);
	it->channel = row->channel;
	it->state = row->state;
	it->generation = row->generation;
	it->group_id = row->group_id;
	it->epoch = row->epoch;
	it->missed = row->missed_count > 0;
	it->awaited = 0;
	for (size_t i = 0; i < row->awaited_count; i++)
		it->awaited |= outbox_bit(&row->awaited[i]);
	it->sent = row->sent;
	x->waiting += waits(it);
}

static int append(
	struct outbox *x, uint64_t n, const struct outbox_row *row, size_t len)
{
	struct outbox_item *it;

	if (x->count == x->cap) {
		size_t cap = x->cap == 0 ? 16 : 2 * x->cap;
		struct outbox_item *p =
			realloc(x->items, cap * sizeof *x->items);

		if (p == NULL)
			return ROWAN_E_NOMEM;
		x->items = p;
		x->cap = cap;
	}
	it = &x->items[x->count++];
	memset(it, 0, sizeof *it);
	it->n = n;
	it->len = len;
	fill(x, it, row);
	x->looked = false;
	return 0;
}

static int load(struct outbox *x)
{
	struct outbox_row *row = malloc(sizeof *row);
	uint64_t n = 0;
	int rc = number_get(x, outbox_name("n"), &x->counter);

	if (rc == ROWAN_E_NOT_FOUND)
		rc = 0;
	x->count = x->waiting = 0;
	x->next = 1;
	if (row == NULL)
		rc = ROWAN_E_NOMEM;
	for (; rc == 0; n++) {
		struct buf raw = {0};

		rc = vault_next(x->o.vault, VAULT_OUTBOX, outbox_name("o"), n,
			&n, &raw);
		if (rc != 0)
			break;
		rc = outbox_row_get(buf_view(&raw), row);
		buf_wipe(&raw);
		if (rc == 0)
			rc = append(x, n, row, 0);
		x->next = n + 1;
	}
	free(row);
	/* What is unanswered still is. */
	for (size_t i = 0; i < OUTBOX_FLIGHTS; i++)
		for (size_t k = 0; x->flight[i].used && k < x->flight[i].count;
			k++) {
			struct outbox_item *it =
				outbox_item(x, x->flight[i].n[k]);

			if (it != NULL)
				it->flying = true;
		}
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

int outbox_fresh(struct outbox *x)
{
	int rc = x->reload ? load(x) : 0;

	x->reload = rc != 0;
	return rc;
}

int outbox_new(struct outbox **ret, const struct outbox_options *options)
{
	struct outbox *x = calloc(1, sizeof *x);
	int rc;

	*ret = NULL;
	if (x == NULL)
		return ROWAN_E_NOMEM;
	x->o = *options;
	for (size_t i = 0; i < OUTBOX_FLIGHTS; i++)
		x->flight[i].x = x;
	x->bucket_count = sizeof usual_buckets / sizeof *usual_buckets;
	memcpy(x->buckets, usual_buckets, sizeof usual_buckets);
	x->message_bytes = WIRE_MESSAGE_MAX;
	rc = load(x);
	if (rc != 0)
		outbox_free(x);
	else
		*ret = x;
	return rc;
}

void outbox_free(struct outbox *x)
{
	if (x == NULL)
		return;
	x->ending = true;
	for (size_t i = 0; i < OUTBOX_FLIGHTS; i++)
		if (x->flight[i].used)
			requests_cancel(x->o.requests, &x->flight[i]);
	free(x->items);
	free(x);
}

/* ---- rows ---- */

int outbox_read(struct outbox *x, uint64_t n, struct outbox_row *ret)
{
	struct buf raw = {0};
	int rc = vault_get(x->o.vault, VAULT_OUTBOX, outbox_name("o"), n, &raw);

	if (rc == 0)
		rc = outbox_row_get(buf_view(&raw), ret);
	buf_wipe(&raw);
	return rc;
}

int outbox_write(struct outbox *x, uint64_t n, const struct outbox_row *row)
{
	struct outbox_item *it = outbox_item(x, n);
	struct writer w;
	int rc;

	writer_init(&w, OUTBOX_ROW_MAX);
	rc = outbox_row_put(&w, row);
	if (rc == 0)
		rc = vault_put(x->o.vault, VAULT_OUTBOX, outbox_name("o"), n,
			writer_view(&w));
	writer_wipe(&w);
	if (rc == 0 && row->state != OUTBOX_SEALED)
		rc = vault_delete(
			x->o.vault, VAULT_OUTBOX, outbox_name("e"), n);
	if (rc == 0 && it != NULL)
		fill(x, it, row);
	x->looked = false;
	return rc;
}

int outbox_drop(struct outbox *x, uint64_t n, const struct outbox_row *row)
{
	static const char *const parts[] = {"o", "b", "e"};
	struct outbox_item *it = outbox_item(x, n);
	uint8_t mem[INDEX_LEN];
	int rc = vault_delete(
		x->o.vault, VAULT_OUTBOX, index_name(&row->message, mem), 0);

	for (size_t i = 0; rc == 0 && i < 3; i++)
		rc = vault_delete(
			x->o.vault, VAULT_OUTBOX, outbox_name(parts[i]), n);
	if (rc != 0 || it == NULL)
		return rc;
	x->waiting -= waits(it);
	memmove(it, it + 1,
		(size_t)(x->items + x->count - (it + 1)) * sizeof *it);
	x->count--;
	return 0;
}

int outbox_commit(struct outbox *x, int rc)
{
	if (rc == 0)
		rc = channels_keep(x->o.channels);
	if (rc == 0)
		rc = vault_commit(x->o.vault);
	else
		vault_abort(x->o.vault);
	if (rc != 0) {
		outbox_aborted(x);
		channels_aborted(x->o.channels);
		if (x->o.aborted != NULL)
			x->o.aborted(x->o.ctx);
	}
	return rc;
}

/* ---- asked ---- */

int outbox_put(struct outbox *x, const struct outbox_post *post)
{
	struct outbox_row *row = calloc(1, sizeof *row);
	uint8_t mem[INDEX_LEN];
	struct content content;
	uint64_t n;
	int rc = row == NULL ? ROWAN_E_NOMEM : outbox_fresh(x);

	n = x->next;
	if (rc == 0) {
		rc = content_decode(post->content, &content);
		if (rc <= -300 || post->blob_count > OUTBOX_BLOBS_MAX ||
			post->member_count > CASE_ASSIGNMENTS_MAX)
			rc = ROWAN_E_INVAL;
	}
	if (rc == 0 && x->waiting >= OUTBOX_WAITING_MAX)
		rc = ROWAN_E_QUOTA;
	if (rc == 0) {
		row->state = OUTBOX_WAITING;
		row->flags = (post->urgent ? OUTBOX_URGENT : 0) |
			     (post->kept ? OUTBOX_KEPT : 0) |
			     (post->members != NULL ? OUTBOX_CLOSED : 0);
		row->member_count = post->member_count;
		if (post->member_count > 0)
			memcpy(row->members, post->members,
				post->member_count * sizeof *row->members);
		row->channel = post->channel;
		row->message = content.id;
		row->lifetime = post->lifetime;
		row->blob_count = post->blob_count;
		memcpy(row->blobs, post->blobs, sizeof row->blobs);
		rc = outbox_write(x, n, row);
	}
	if (rc == 0)
		rc = vault_put(x->o.vault, VAULT_OUTBOX, outbox_name("b"), n,
			post->content);
	if (rc == 0)
		rc = number_put(x, index_name(&row->message, mem), n);
	if (rc == 0)
		rc = append(x, n, row, post->content.len);
	if (rc == 0)
		x->next++;
	free(row);
	return rc;
}

int outbox_cancel(struct outbox *x, const struct id16 *message)
{
	struct outbox_row *row = malloc(sizeof *row);
	uint8_t mem[INDEX_LEN];
	uint64_t n;
	int rc = row == NULL ? ROWAN_E_NOMEM
			     : number_get(x, index_name(message, mem), &n);

	if (rc == 0)
		rc = outbox_read(x, n, row);
	if (rc == 0 && row->state != OUTBOX_WAITING)
		rc = ROWAN_E_STATE;
	/* It may have been sealed, sent and refused: then it has not left. */
	if (rc == 0)
		rc = outbox_drop(x, n, row);
	free(row);
	return rc;
}

bool outbox_take_out(
	struct id16 *list, size_t *count, const struct id16 *device)
{
	size_t before = *count;

	for (size_t i = 0; i < *count; i++)
		if (id16_eq(&list[i], device))
			list[i--] = list[--*count];
	return *count < before;
}

/*
 * A receipt may come before the daemon's word that it has it: whom it is not
 * for is told now, for whoever has it is not awaited any more then.
 */
static int received_first(struct outbox *x, struct outbox_row *row)
{
	bool nobody = false;

	if ((row->flags & OUTBOX_KEPT) == 0 || row->state != OUTBOX_SEALED ||
		row->sent != 0)
		return 0;
	row->sent = channels_now(x->o.channels);
	return outbox_without(x, row, &nobody);
}

int outbox_delivered(
	struct outbox *x, const struct id16 *message, const struct id16 *device)
{
	struct outbox_row *row = malloc(sizeof *row);
	uint8_t mem[INDEX_LEN];
	bool changed = false;
	uint64_t n;
	int rc = row == NULL ? ROWAN_E_NOMEM
			     : number_get(x, index_name(message, mem), &n);

	if (rc == 0)
		rc = outbox_read(x, n, row);
	if (rc == 0 && id16_among(device, row->awaited, row->awaited_count))
		rc = received_first(x, row);
	if (rc == 0)
		changed = outbox_take_out(
			row->awaited, &row->awaited_count, device);
	/* From before a reset. */
	if (rc == 0 && outbox_take_out(row->missed, &row->missed_count, device))
		changed = true;
	if (rc == 0 && changed)
		rc = row->awaited_count + row->missed_count == 0 &&
				     row->state == OUTBOX_SENT
			     ? outbox_drop(x, n, row)
			     : outbox_write(x, n, row);
	free(row);
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

void outbox_aborted(struct outbox *x)
{
	x->reload = true;
	x->looked = false;
}

void outbox_greeted(struct outbox *x, const struct wire_hello_answer *hello)
{
	if (hello->bucket_count > 0) {
		x->bucket_count = hello->bucket_count;
		memcpy(x->buckets, hello->buckets, sizeof x->buckets);
	}
	if (hello->limits.message_bytes > 0)
		x->message_bytes = hello->limits.message_bytes;
	for (size_t i = 0; i < x->count; i++)
		x->items[i].due_ms = 0;
	x->looked = false;
}

void outbox_online(struct outbox *x, bool current)
{
	if (current && !x->online)
		x->looked = false;
	x->online = current;
}

void outbox_moved(struct outbox *x, const struct id16 *channel)
{
	for (size_t i = 0; i < x->count; i++)
		if (channel == NULL ? x->items[i].blobs
				    : id16_eq(&x->items[i].channel, channel))
			x->items[i].due_ms = 0;
	x->looked = false;
}

uint64_t outbox_counter(const struct outbox *x)
{
	return x->counter;
}

int outbox_skip(struct outbox *x, uint64_t counter)
{
	struct outbox_row *row = malloc(sizeof *row);
	int rc = row == NULL ? ROWAN_E_NOMEM : outbox_fresh(x);

	if (rc == 0 && counter > x->counter)
		rc = outbox_put_counter(x, counter);
	for (size_t i = 0; rc == 0 && i < x->count; i++) {
		if (x->items[i].state != OUTBOX_SEALED)
			continue;
		rc = outbox_read(x, x->items[i].n, row);
		if (rc != 0)
			break;
		row->state = OUTBOX_WAITING;
		row->counter = 0;
		rc = outbox_write(x, x->items[i].n, row);
	}
	free(row);
	return rc;
}

/* ---- stepped ---- */

/* What was sent long ago is not kept for a reset any more. */
static int sweep(struct outbox *x)
{
	uint64_t now = channels_now(x->o.channels);
	struct outbox_row *row = malloc(sizeof *row);
	int rc = row == NULL ? ROWAN_E_NOMEM : vault_begin(x->o.vault);

	x->swept_ms = x->now_ms + SWEEP_MS;
	if (rc != 0) {
		free(row);
		return rc;
	}
	for (size_t i = x->count; rc == 0 && i-- > 0;) {
		const struct outbox_item *it = &x->items[i];
		uint64_t n = it->n;

		if (it->state != OUTBOX_SENT || it->sent + OUTBOX_KEPT_S > now)
			continue;
		rc = outbox_read(x, n, row);
		if (rc == 0)
			rc = outbox_missed(x, row, ROWAN_E_EXPIRED);
		if (rc == 0)
			rc = outbox_drop(x, n, row);
	}
	free(row);
	return outbox_commit(x, rc);
}

int outbox_step(struct outbox *x, uint64_t now_ms)
{
	bool worked = true;
	int rc = x->error;

	x->now_ms = now_ms;
	x->error = 0;
	if (rc == 0 && x->pause_ms <= now_ms)
		rc = outbox_fresh(x);
	if (rc == 0 && !x->reload && x->online && x->swept_ms <= now_ms)
		rc = sweep(x);
	if (rc != 0)
		x->pause_ms = now_ms + PAUSE_MS;
	if (rc != 0 || x->reload || !x->online || x->pause_ms > now_ms ||
		(x->looked && x->due_ms > now_ms))
		return rc;
	rc = outbox_send(x, &worked);
	x->looked = rc == 0 && !worked;
	if (rc != 0)
		x->pause_ms = now_ms + PAUSE_MS;
	return rc;
}

uint64_t outbox_wait(const struct outbox *x, uint64_t now_ms)
{
	uint64_t pause = x->pause_ms > now_ms ? x->pause_ms - now_ms : 0;

	if (x->error != 0)
		return 0;
	if (x->reload)
		return pause;
	if (!x->online)
		return UINT64_MAX;
	if (pause > 0 || !x->looked)
		return pause;
	return x->due_ms == UINT64_MAX ? UINT64_MAX
	       : x->due_ms > now_ms    ? x->due_ms - now_ms
				       : 0;
}
