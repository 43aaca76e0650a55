/*
 * Rings and wake-ups: see ring.h.
 */
#include <stdlib.h>
#include <unistd.h>

#include <sys/eventfd.h>

#include "ops/ring.h"

#define RING_MAX ((size_t)1 << 20)

int ring_init(struct ring *r, size_t cap)
{
	size_t n = 2;

	r->slot = NULL;
	r->mask = 0;
	atomic_init(&r->head, 0);
	atomic_init(&r->tail, 0);
	if (cap == 0 || cap > RING_MAX)
		return ROWAN_E_INVAL;
	while (n < cap)
		n *= 2;
	r->slot = calloc(n, sizeof *r->slot);
	if (r->slot == NULL)
		return ROWAN_E_NOMEM;
	r->mask = n - 1;
	return 0;
}

bool ring_put(struct ring *r, void *p)
{
	size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	size_t head = atomic_load_explicit(&r->head, memory_order_acquire);

	if (tail - head > r->mask)
		return false;
	r->slot[tail & r->mask] = p;
	atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
	return true;
}

size_t ring_take(struct ring *r, void **ret, size_t max)
{
	size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	size_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
	size_t n = tail - head < max ? tail - head : max;

	for (size_t i = 0; i < n; i++)
		ret[i] = r->slot[(head + i) & r->mask];
	if (n > 0)
		atomic_store_explicit(&r->head, head + n, memory_order_release);
	return n;
}

bool ring_empty(const struct ring *r)
{
	size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	size_t tail = atomic_load_explicit(&r->tail, memory_order_seq_cst);

	return head == tail;
}

size_t ring_count(const struct ring *r)
{
	size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

	/* The other side may have moved between the two. */
	return tail - head <= r->mask + 1 ? tail - head : 0;
}

void ring_wipe(struct ring *r)
{
	free(r->slot);
	r->slot = NULL;
}

int wake_init(struct wake *w)
{
	atomic_init(&w->asleep, 0);
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return w->fd < 0 ? ROWAN_E_INTERNAL : 0;
}

/*
 * The sleeper stores its flag and then loads the ring's tail; the other side
 * stores the tail and then loads the flag. Either must see the other's store,
 * which takes a full barrier on both sides. An exchange is one, and unlike a
 * fence it is understood by the thread sanitizer.
 */
void wake_doze(struct wake *w)
{
	(void)atomic_exchange_explicit(&w->asleep, 1, memory_order_seq_cst);
}

void wake_rise(struct wake *w, bool rang)
{
	uint64_t count;

	(void)atomic_exchange_explicit(&w->asleep, 0, memory_order_seq_cst);
	/* One that rings only now is heard at the next sleep. */
	if (rang && read(w->fd, &count, sizeof count) < 0)
		return;
}

void wake_ring(struct wake *w)
{
	if (atomic_exchange_explicit(&w->asleep, 0, memory_order_seq_cst) != 0)
		wake_kick(w);
}

void wake_kick(struct wake *w)
{
	uint64_t one = 1;

	/* Cannot fail: the counter is far from its maximum. */
	if (write(w->fd, &one, sizeof one) < 0)
		return;
}

void wake_wipe(struct wake *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}
