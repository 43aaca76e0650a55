/*
 * The signed head of the log: see head.h.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "log/head.h"
#include "log/witnessed.h"
#include "tlog/origin.h"
#include "tlog/text.h"

struct head {
	struct store *store;
	struct guard *guard;
	struct note_key key;
	uint8_t *sk;	 /* guarded */
	struct buf note; /* the newest checkpoint */
	uint64_t size;	 /* of it */
	uint64_t signed_at;
	bool noted; /* in the guard */
	struct witnessed *witnessed;
};

/* How do the tree and the record stand? */
static int compare(struct store_reader *rd, bool found, struct head_found *f)
{
	struct merkle_source src = store_log_source(rd);
	struct merkle_hash root;
	int rc;

	if (!found) {
		f->verdict = f->size == 0 ? HEAD_GOOD : HEAD_MISSING;
		return 0;
	}
	if (f->last.size > f->size) {
		f->verdict = HEAD_BEHIND;
		return 0;
	}
	rc = merkle_proof_root(&src, f->last.size, &root);
	if (rc == 0)
		f->verdict =
			merkle_eq(&root, &f->last.root) ? HEAD_GOOD : HEAD_FORK;
	return rc;
}

/*
 * The text of a checkpoint says when it was signed: never earlier than the one
 * before, whatever became of the clock. A longer tree that says it is the
 * older one would be proof against an honest log.
 */
static int sign(struct head *h, uint64_t now)
{
	struct checkpoint c = {
		.origin = bytes_of(h->key.name, strlen(h->key.name))};
	struct merkle tree;
	struct writer w, line;
	uint8_t mem[64];
	struct buf note;
	int rc;

	if (now < h->signed_at)
		now = h->signed_at;
	store_log_tree(h->store, &tree);
	writer_init_fixed(&line, mem, sizeof mem);
	text_write(&line, "time ");
	text_write_u64(&line, now);
	text_write(&line, "\n");
	c.size = tree.size;
	c.extension = writer_view(&line);
	merkle_root(&tree, &c.root);
	writer_init(&w, GUARD_NOTE_MAX);
	rc = checkpoint_sign(&w, &c, &h->key, h->sk);
	if (rc == 0)
		rc = writer_finish(&w, &note);
	else
		writer_wipe(&w);
	if (rc != 0)
		return rc;
	buf_wipe(&h->note);
	h->note = note;
	h->size = tree.size;
	h->signed_at = now;
	h->noted = false;
	return 0;
}

static int keys(struct head *h, const struct head_options *o)
{
	uint8_t pk[crypto_sign_PUBLICKEYBYTES];

	h->sk = secret_new(crypto_sign_SECRETKEYBYTES);
	if (h->sk == NULL)
		return ROWAN_E_NOMEM;
	(void)crypto_sign_seed_keypair(pk, h->sk, o->seed->b);
	return origin_log(o->clinic, pk, &h->key);
}

/* May it start, and with which record? */
static int judge(struct head *h, const struct head_options *o, bool found,
	struct head_found *f)
{
	struct store_reader *rd = store_view(o->store);
	int rc = store_log_size(rd, &f->size);

	if (rc == 0)
		rc = compare(rd, found, f);
	if (rc != 0)
		return rc;
	if (f->verdict != HEAD_GOOD && !o->accept) {
		rc = found && o->restored != NULL
			     ? o->restored(rd, f->last.size, &f->last.root)
			     : ROWAN_E_NOT_FOUND;
		if (rc != 0)
			return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_REFUSED : rc;
	}
	h->signed_at = f->last.time;
	rc = sign(h, o->now);
	if (rc != 0)
		return rc;
	rc = guard_reset(h->guard, buf_view(&h->note));
	h->noted = rc == 0;
	return rc;
}

int head_open(struct head **ret, const struct head_options *o,
	struct head_found *ret_found)
{
	struct head *h = calloc(1, sizeof *h);
	bool found;
	int rc;

	*ret = NULL;
	memset(ret_found, 0, sizeof *ret_found);
	if (h == NULL)
		return ROWAN_E_NOMEM;
	h->store = o->store;
	rc = guard_open(&h->guard, o->guard, &found, &ret_found->last);
	if (rc == 0)
		rc = keys(h, o);
	if (rc == 0)
		rc = witnessed_load(&h->witnessed, o->store);
	if (rc == 0)
		rc = judge(h, o, found, ret_found);
	if (rc != 0) {
		head_close(h);
		return rc;
	}
	*ret = h;
	return 0;
}

void head_close(struct head *h)
{
	if (h == NULL)
		return;
	guard_close(h->guard);
	witnessed_free(h->witnessed);
	secret_free(h->sk);
	buf_wipe(&h->note);
	free(h);
}

static int note_down(struct head *h)
{
	int rc = h->noted ? 0 : guard_write(h->guard, buf_view(&h->note));

	h->noted = rc == 0;
	return rc;
}

int head_settle(struct head *h, uint64_t now)
{
	struct merkle tree;
	int rc = 0;

	store_log_tree(h->store, &tree);
	if ((tree.size != h->size && now != h->signed_at) ||
		now >= h->signed_at + HEAD_FRESH)
		rc = sign(h, now);
	return rc == 0 ? note_down(h) : rc;
}

int head_renew(struct head *h, uint64_t now)
{
	struct merkle tree;
	int rc = 0;

	store_log_tree(h->store, &tree);
	if (tree.size != h->size)
		rc = sign(h, now);
	return rc == 0 ? note_down(h) : rc;
}

int head_sync(struct head *h)
{
	return guard_sync(h->guard);
}

struct bytes head_note(const struct head *h, uint64_t *ret_size)
{
	if (ret_size != NULL)
		*ret_size = h->size;
	return buf_view(&h->note);
}

int head_offer(struct head *h, const struct note_key *witness, uint64_t now,
	struct bytes *ret)
{
	*ret = buf_view(&h->note);
	return witnessed_meet(h->witnessed, witness, now, h->size, ret);
}

int head_cosign(struct head *h, uint64_t size, struct bytes line,
	const struct note_key *witness)
{
	return witnessed_add(h->witnessed, size, line, witness);
}

/* The note with this log's signature alone; that is the same each time. */
static int own_note(struct head *h, struct bytes text, struct buf *ret)
{
	struct writer w;
	int rc;

	writer_init(&w, GUARD_NOTE_MAX);
	rc = note_sign(&w, text, &h->key, h->sk);
	if (rc == 0)
		rc = writer_finish(&w, ret);
	else
		writer_wipe(&w);
	return rc;
}

int head_take(struct head *h, struct bytes input, struct head_taken *ret)
{
	struct store_reader *rd = store_view(h->store);
	struct merkle_source src = store_log_source(rd);
	struct buf own = {NULL, 0};
	struct merkle_hash root;
	struct checkpoint c;
	uint64_t size;
	int rc = checkpoint_open(&c, &ret->note, input, &h->key);

	if (rc == ROWAN_E_CRYPTO)
		return ROWAN_E_STALE;
	if (rc == 0)
		rc = store_log_size(rd, &size);
	if (rc == 0 && c.size > size)
		rc = ROWAN_E_STALE;
	if (rc == 0)
		rc = merkle_proof_root(&src, c.size, &root);
	if (rc == 0 && !merkle_eq(&root, &c.root))
		rc = ROWAN_E_STALE;
	if (rc == 0)
		rc = own_note(h, ret->note.text, &own);
	if (rc == 0)
		rc = witnessed_offer(h->witnessed, c.size, buf_view(&own));
	ret->size = c.size;
	buf_wipe(&own);
	return rc == ROWAN_E_LIMIT ? ROWAN_E_MALFORMED : rc;
}

int head_cosigned(const struct head *h, size_t need, struct buf *ret)
{
	return witnessed_find(h->witnessed, need, ret);
}

int head_kept(const struct head *h, size_t at, struct buf *ret)
{
	return witnessed_kept(h->witnessed, at, ret);
}
