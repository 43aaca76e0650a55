/*
 * Watching a log: see watch.h.
 */
#include <string.h>

#include "base/reader.h"
#include "base/writer.h"
#include "tlog/text.h"
#include "tlog/watch.h"

#define SAVED_VERSION 1

void watch_init(struct watch *w)
{
	memset(w, 0, sizeof *w);
}

int watch_time(const struct checkpoint *c, uint64_t *ret)
{
	struct bytes rest = c->extension, line;

	*ret = 0;
	while (rest.len > 0) {
		int rc = text_line(&rest, &line);

		if (rc != 0)
			return rc;
		if (text_skip(&line, "time ") == 0)
			return text_u64(line, ret);
	}
	return ROWAN_E_MALFORMED;
}

enum watch_verdict watch_judge(const struct watch *w,
	const struct checkpoint *c, uint64_t now, uint64_t limit)
{
	uint64_t time = 0;
	bool timed = watch_time(c, &time) == 0;

	if (c->size == w->size && w->size > 0 && !merkle_eq(&c->root, &w->root))
		return WATCH_FORK;
	if (c->size < w->size && (!timed || time > w->time))
		return WATCH_SHRUNK;
	if (c->size < w->size)
		return WATCH_OLDER;
	if (c->size > w->size)
		return WATCH_GROWN;
	return limit > 0 && (!timed || now > time + limit) ? WATCH_STALE
							   : WATCH_SAME;
}

int watch_grow(struct watch *w, const struct checkpoint *c,
	const struct merkle_proof *proof)
{
	uint64_t time = 0;

	if (c->size < w->size)
		return ROWAN_E_CHAIN;
	if (w->size > 0 && merkle_proof_check_consistency(proof, w->size,
				   &w->root, c->size, &c->root) != 0)
		return ROWAN_E_CHAIN;
	/* Without a time it is no later than the one before. */
	if (watch_time(c, &time) != 0)
		time = w->time;
	w->size = c->size;
	w->root = c->root;
	if (time > w->time)
		w->time = time;
	return 0;
}

void watch_save(const struct watch *w, uint8_t ret[WATCH_SAVED_LEN])
{
	struct writer out;

	writer_init_fixed(&out, ret, WATCH_SAVED_LEN);
	writer_u8(&out, SAVED_VERSION);
	writer_u64(&out, w->size);
	writer_raw(&out, w->root.b, sizeof w->root.b);
	writer_u64(&out, w->time);
}

int watch_load(struct watch *w, struct bytes input)
{
	struct reader r;
	uint8_t version = 0;

	watch_init(w);
	reader_init(&r, input);
	if (reader_u8(&r, &version) != 0)
		return ROWAN_E_CORRUPT;
	if (version > SAVED_VERSION)
		return ROWAN_E_TOO_NEW;
	if (version != SAVED_VERSION || reader_u64(&r, &w->size) != 0 ||
		reader_array(&r, w->root.b, sizeof w->root.b) != 0 ||
		reader_u64(&r, &w->time) != 0 || reader_end(&r) != 0) {
		watch_init(w);
		return ROWAN_E_CORRUPT;
	}
	return 0;
}

const char *watch_verdict_name(enum watch_verdict v)
{
	switch (v) {
	case WATCH_SAME: return "nothing new";
	case WATCH_GROWN: return "grown";
	case WATCH_OLDER: return "older than what was seen";
	case WATCH_FORK: return "another history than was seen before";
	case WATCH_SHRUNK: return "shorter than what was seen before";
	case WATCH_STALE: return "signed too long ago";
	}
	return "unknown";
}
