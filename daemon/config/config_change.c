/*
 * Settings that change while the daemon runs: see config.h. Holds no state.
 */
#include <string.h>

#include "config/setting.h"

static size_t size_of(enum setting_type type)
{
	switch (type) {
	case SETTING_COUNT:
	case SETTING_SIZE:
	case SETTING_DURATION: return sizeof(uint64_t);
	case SETTING_SWITCH: return sizeof(bool);
	case SETTING_PATH:
	case SETTING_CREDENTIAL: return CONFIG_TEXT_MAX;
	case SETTING_ENDPOINTS: return sizeof(struct config_list);
	}
	return 0;
}

/* Bytes after the end of a text say nothing. */
static bool same(const struct setting *key, const char *a, const char *b)
{
	const struct config_list *m = (const void *)a, *n = (const void *)b;

	switch (key->type) {
	case SETTING_PATH:
	case SETTING_CREDENTIAL: return strcmp(a, b) == 0;
	case SETTING_ENDPOINTS: break;
	default: return memcmp(a, b, size_of(key->type)) == 0;
	}
	if (m->count != n->count)
		return false;
	for (size_t i = 0; i < m->count; i++)
		if (strcmp(m->item[i], n->item[i]) != 0)
			return false;
	return true;
}

void config_change(
	struct config *c, const struct config *fresh, struct config_change *ret)
{
	static const struct config_change none;
	const struct setting *key;
	struct config_change change = none;

	for (size_t i = 0; (key = setting_at(i)) != NULL; i++) {
		char *to = (char *)c + key->offset;
		const char *from = (const char *)fresh + key->offset;

		if (i >= CONFIG_KEYS_MAX || same(key, to, from))
			continue;
		if (!key->live) {
			change.left[change.left_count++] = key->name;
			continue;
		}
		memcpy(to, from, size_of(key->type));
		change.taken[change.taken_count++] = key->name;
	}
	if (ret != NULL)
		*ret = change;
}
