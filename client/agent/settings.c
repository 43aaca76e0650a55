/*
 * Settings of a person's rowan: a small JSON file, because some hold while
 * the vault is locked. Nothing in it is secret.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/inner.h"
#include "ui/file.h"
#include "ui/mem.h"

#define LOCK_DEFAULT 15
#define LOCK_MAX     1440

static bool is(const json_t *value, const char *word)
{
	return json_is_string(value) &&
	       strcmp(json_string_value(value), word) == 0;
}

static void take(struct agent *a, const json_t *o)
{
	const json_t *lock = json_object_get(o, "lock_minutes");

	free(a->settings.proxy);
	free(a->settings.endpoint);
	a->settings.lock_minutes = LOCK_DEFAULT;
	if (json_is_integer(lock) && json_integer_value(lock) >= 0 &&
		json_integer_value(lock) <= LOCK_MAX)
		a->settings.lock_minutes =
			(unsigned long)json_integer_value(lock);
	a->settings.proxy =
		mem_text(json_string_value(json_object_get(o, "proxy")));
	a->settings.endpoint =
		mem_text(json_string_value(json_object_get(o, "endpoint")));
	a->settings.receipts = !is(json_object_get(o, "receipts"), "no");
	a->settings.lines = is(json_object_get(o, "chat"), "lines");
}

int settings_load(struct agent *a)
{
	json_t *o;

	if (access(a->places.config, F_OK) != 0) {
		take(a, NULL);
		return errno == ENOENT ? 0 : ROWAN_E_IO;
	}
	o = json_load_file(a->places.config, JSON_REJECT_DUPLICATES, NULL);
	take(a, o);
	if (o == NULL)
		return ROWAN_E_CORRUPT;
	json_decref(o);
	return 0;
}

json_t *settings_json(const struct agent *a)
{
	const struct settings *s = &a->settings;

	return json_pack("{s:i,s:s,s:s,s:s,s:s}", "lock_minutes",
		(int)s->lock_minutes, "proxy", s->proxy != NULL ? s->proxy : "",
		"endpoint", s->endpoint != NULL ? s->endpoint : "", "receipts",
		s->receipts ? "yes" : "no", "chat",
		s->lines ? "lines" : "screen");
}

static int save(const struct agent *a, const json_t *o)
{
	char *text = json_dumps(o, JSON_INDENT(2) | JSON_SORT_KEYS);
	int rc;

	if (text == NULL)
		return ROWAN_E_NOMEM;
	rc = file_put(
		a->places.config, bytes_of(text, strlen(text)), FILE_REPLACE);
	free(text);
	return rc;
}

int settings_set(struct agent *a, const char *key, const char *value)
{
	json_t *o = settings_json(a);
	int rc = 0;
	char *end;
	unsigned long n;

	if (strcmp(key, "lock_minutes") == 0) {
		n = strtoul(value, &end, 10);
		if (*value < '0' || *value > '9' || *end != '\0' ||
			n > LOCK_MAX)
			rc = ROWAN_E_INVAL;
		(void)json_object_set_new(o, key, json_integer((json_int_t)n));
	} else if (strcmp(key, "proxy") == 0 || strcmp(key, "endpoint") == 0) {
		const char *begin = *key == 'p' ? "socks5://" : "tcp://";

		if (*value != '\0' && strncmp(value, begin, strlen(begin)) != 0)
			rc = ROWAN_E_INVAL;
		(void)json_object_set_new(o, key, json_string(value));
	} else if (strcmp(key, "receipts") == 0 || strcmp(key, "chat") == 0) {
		const char *other = *key == 'r' ? "no" : "lines";

		if (strcmp(value, *key == 'r' ? "yes" : "screen") != 0 &&
			strcmp(value, other) != 0)
			rc = ROWAN_E_INVAL;
		(void)json_object_set_new(o, key, json_string(value));
	} else {
		rc = ROWAN_E_NOT_FOUND;
	}
	if (rc == 0)
		rc = save(a, o);
	if (rc == 0)
		take(a, o);
	if (rc == 0 && a->rowan != NULL && strcmp(key, "receipts") == 0)
		rc = rowan_set_read_receipts(a->rowan, a->settings.receipts);
	json_decref(o);
	return rc;
}
