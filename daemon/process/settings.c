/*
 * Remembering settings: see settings.h. They are kept as the file that
 * config_print makes of them.
 */
#include <stdlib.h>
#include <string.h>

#include "log/entry.h"
#include "process/settings.h"

static int put(struct store *st, struct bytes text)
{
	return store_meta_put(st, STORE_META_SETTINGS, text);
}

int settings_remember(struct store *st, const struct config *c)
{
	struct writer w;
	int rc;

	writer_init(&w, STORE_META_MAX);
	config_print(c, &w);
	rc = writer_status(&w);
	if (rc == 0)
		rc = put(st, writer_view(&w));
	writer_wipe(&w);
	return rc;
}

/* An older version's may be no configuration of this one. */
static void name_changes(struct bytes before, const struct config *c,
	struct settings_change *ret)
{
	struct config_report *report = malloc(sizeof *report);
	struct config *old = malloc(sizeof *old);
	struct config_change change;

	if (report != NULL && old != NULL &&
		config_parse(before, old, report) == 0) {
		config_change(old, c, &change);
		for (size_t i = 0; i < change.taken_count; i++)
			ret->name[ret->count++] = change.taken[i];
		for (size_t i = 0; i < change.left_count; i++)
			ret->name[ret->count++] = change.left[i];
	}
	free(report);
	free(old);
}

static int write_down(
	struct store *st, struct bytes text, const struct noted_act *act)
{
	int rc = store_begin(st, act->time);

	if (rc != 0)
		return rc;
	rc = entry_admin(st, act->time, act->number,
		bytes_of(act->text, strlen(act->text)));
	if (rc == 0)
		rc = put(st, text);
	if (rc == 0)
		return store_commit(st);
	store_abort(st);
	return rc;
}

int settings_begin(struct store *st, const struct config *c,
	const struct noted_act *act, struct settings_change *ret)
{
	struct buf before;
	struct writer w;
	int rc = store_meta_get(store_view(st), STORE_META_SETTINGS, &before);

	*ret = (struct settings_change){.any = false};
	if (rc != 0 && rc != ROWAN_E_NOT_FOUND)
		return rc;
	writer_init(&w, STORE_META_MAX);
	config_print(c, &w);
	rc = writer_status(&w);
	if (rc == 0 && !bytes_eq(buf_view(&before), writer_view(&w))) {
		rc = write_down(st, writer_view(&w), act);
		ret->any = rc == 0;
		if (ret->any && before.len > 0)
			name_changes(buf_view(&before), c, ret);
	}
	writer_wipe(&w);
	buf_wipe(&before);
	return rc;
}
