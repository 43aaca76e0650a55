/*
 * Harm done to an open store: see store_harm.h.
 */
#include <stdlib.h>

#include "lib/store_harm.h"
#include "store/internal.h"

void store_harm(struct store *st, const char *sql)
{
	if (sqlite3_exec(st->view.db.h, sql, NULL, NULL, NULL) != SQLITE_OK)
		abort();
}

static int refuse_one(void *h)
{
	sqlite3_commit_hook(h, NULL, NULL);
	return 1;
}

void store_harm_commit(struct store *st)
{
	sqlite3_commit_hook(st->view.db.h, refuse_one, st->view.db.h);
}
