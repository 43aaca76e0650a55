/*
 * The secrets from which the salts of leaves come, one for each case and one
 * for what is of no case.
 *
 * An erased case keeps its row with an empty secret, so that it never gets
 * another one. Secrets that were used lately are remembered in guarded
 * memory, for the writer's thread.
 */
#include "store/internal.h"

#include <sodium.h>

#include "store/log.h"

#define SETS 1024 /* a power of two, at most 65,536 */
#define WAYS 2	  /* scopes that meet in a set and are both remembered */

struct log_secret {
	struct id16 scope;
	struct key32 key;
	bool known;
};

struct log_secrets {
	struct log_secret at[SETS][WAYS]; /* of a set the latest first */
	bool changed; /* made or erased in the open transaction */
};

static struct seal_place place(int64_t row)
{
	return (struct seal_place){TABLE_LOG_SECRET, COLUMN_KEY, (uint64_t)row};
}

int log_secrets_new(struct log_secrets **ret)
{
	*ret = secret_new(sizeof(**ret));
	return *ret != NULL ? 0 : ROWAN_E_NOMEM;
}

void log_secrets_free(struct log_secrets *s)
{
	secret_free(s);
}

void log_secrets_forget(struct store *st)
{
	struct log_secrets *s = st->log_secrets;

	/* What is read again may be of this transaction: still changed. */
	if (s->changed)
		sodium_memzero(s->at, sizeof(s->at));
}

void log_secrets_settle(struct store *st)
{
	st->log_secrets->changed = false;
}

static bool is_of(const struct log_secret *s, const struct id16 *scope)
{
	return s->known && id16_eq(&s->scope, scope);
}

/* The place for ${scope}, which may hold another one. Ids are random. */
static struct log_secret *slot(struct store *st, const struct id16 *scope)
{
	size_t at =
		(size_t)scope->b[ID16_LEN - 2] << 8 | scope->b[ID16_LEN - 1];
	struct log_secret *set = st->log_secrets->at[at % SETS], was;

	if (is_of(&set[0], scope))
		return &set[0];
	was = set[1];
	set[1] = set[0];
	if (is_of(&was, scope))
		set[0] = was;
	else
		sodium_memzero(&set[0], sizeof(set[0]));
	sodium_memzero(&was, sizeof(was));
	return &set[0];
}

/* Read: ${ret_row} is 0 when there is none; ROWAN_E_NOT_FOUND when erased. */
static int read_secret(struct store_reader *rd, const struct id16 *scope,
	struct key32 *ret, int64_t *ret_row)
{
	uint8_t name[SEAL_HASH_LEN];
	sqlite3_stmt *q = db_use(&rd->db, SQL_LOG_SECRET_GET);
	struct bytes sealed;
	size_t len;
	int r;

	*ret_row = 0;
	row_name(rd->seal, TABLE_LOG_SECRET, scope, name);
	db_bytes(q, 1, name, sizeof(name));
	r = db_row(&rd->db, q);
	if (r == 1) {
		*ret_row = db_get_int(q, 0);
		sealed = db_get_bytes(q, 1);
		r = sealed.len == 0
			    ? ROWAN_E_NOT_FOUND
			    : row_open(rd->seal, place(*ret_row), sealed,
				      sizeof(ret->b), ret->b, &len);
		if (r == 0 && len != sizeof(ret->b))
			r = ROWAN_E_CORRUPT;
	}
	db_end(q);
	return r;
}

static int make_secret(
	struct store *st, const struct id16 *scope, struct key32 *ret)
{
	uint8_t name[SEAL_HASH_LEN], sealed[KEY32_LEN + SEAL_OVERHEAD];
	struct db *db = &st->view.db;
	sqlite3_stmt *q;
	int64_t row;
	int r = db_pragma(
		db, "SELECT coalesce(max(id), 0) + 1 FROM log_secret", &row);

	if (r != 0)
		return r;
	st->log_secrets->changed = true;
	randombytes_buf(ret->b, sizeof(ret->b));
	row_name(st->seal, TABLE_LOG_SECRET, scope, name);
	seal_put(st->seal, place(row), key32_view(ret), sealed);
	q = db_use(db, SQL_LOG_SECRET_ADD);
	db_int(q, 1, row);
	db_bytes(q, 2, name, sizeof(name));
	db_bytes(q, 3, sealed, sizeof(sealed));
	return db_run(db, q);
}

int store_log_salt(
	struct store *st, const struct id16 *scope, struct wire_salt *ret)
{
	struct log_secret *s = slot(st, scope);
	int64_t row;
	int r = tx_ready(st);

	memset(ret, 0, sizeof(*ret));
	if (r != 0)
		return r;
	if (!is_of(s, scope)) {
		s->known = false;
		r = read_secret(&st->view, scope, &s->key, &row);
		if (r == 0 && row == 0)
			r = make_secret(st, scope, &s->key);
		if (r != 0)
			return tx_done(st, r);
		s->scope = *scope;
		s->known = true;
	}
	leaf_salt(&s->key, store_log_next(st), ret);
	return 0;
}

int log_secret_salt(struct store_reader *rd, const struct id16 *scope,
	uint64_t leaf, struct wire_salt *ret)
{
	struct key32 secret;
	int64_t row;
	int r = read_secret(rd, scope, &secret, &row);

	memset(ret, 0, sizeof(*ret));
	/* A detail without the secret it was made with. */
	if (r == 0 && row == 0)
		r = ROWAN_E_CORRUPT;
	if (r == 0)
		leaf_salt(&secret, leaf, ret);
	key32_wipe(&secret);
	return r;
}

int log_secret_name(struct store *st, int64_t row, uint8_t ret[SEAL_HASH_LEN])
{
	sqlite3_stmt *q = db_use(&st->view.db, SQL_LOG_SECRET_NAME);
	struct bytes name;
	int r;

	memset(ret, 0, SEAL_HASH_LEN);
	db_int(q, 1, row);
	r = db_row(&st->view.db, q);
	if (r == 1) {
		name = db_get_bytes(q, 0);
		r = name.len == SEAL_HASH_LEN ? 0 : ROWAN_E_CORRUPT;
		if (r == 0)
			memcpy(ret, name.data, name.len);
	} else if (r == 0) {
		r = ROWAN_E_CORRUPT;
	}
	db_end(q);
	return r;
}

int store_log_erase(struct store *st, const struct id16 *case_id)
{
	struct db *db = &st->view.db;
	struct key32 secret;
	sqlite3_stmt *q;
	int64_t row;
	int r = tx_ready(st);

	if (r != 0)
		return r;
	r = read_secret(&st->view, case_id, &secret, &row);
	key32_wipe(&secret);
	if (r == ROWAN_E_NOT_FOUND)
		return 0;
	if (r != 0)
		return r;
	if (row == 0) {
		/* None yet, and none ever: an empty one. */
		r = make_secret(st, case_id, &secret);
		key32_wipe(&secret);
		if (r == 0)
			r = read_secret(&st->view, case_id, &secret, &row);
		key32_wipe(&secret);
		if (r != 0)
			return tx_done(st, r);
	}
	st->log_secrets->changed = true;
	log_secrets_forget(st);
	st->deleted = true;
	q = db_use(db, SQL_LOG_SECRET_ERASE);
	db_int(q, 1, row);
	if ((r = db_run(db, q)) != 0)
		return r;
	q = db_use(db, SQL_TRASH_ADD);
	db_int(q, 1, TRASH_LOG);
	db_int(q, 2, row);
	return db_run(db, q);
}
