/*
 * Single values of the configuration: see value.h.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "config/value.h"

struct unit {
	const char *name;
	uint64_t factor;
};

/* Largest first, as write_units needs them. */
static const struct unit sizes[] = {
	{"TiB", 1ULL << 40},
	{"GiB", 1ULL << 30},
	{"MiB", 1ULL << 20},
	{"KiB", 1ULL << 10},
	{"B", 1},
	{NULL, 0},
};

static const struct unit durations[] = {
	{"d", 86400000},
	{"h", 3600000},
	{"min", 60000},
	{"s", 1000},
	{"ms", 1},
	{NULL, 0},
};

/* Read decimal digits; ${ret_rest} is what follows them. */
static int read_digits(const char *text, uint64_t *ret, const char **ret_rest)
{
	uint64_t value = 0;
	const char *p = text;

	for (; *p >= '0' && *p <= '9'; p++) {
		unsigned digit = (unsigned)(*p - '0');

		if (value > (UINT64_MAX - digit) / 10)
			return ROWAN_E_INVAL;
		value = value * 10 + digit;
	}
	*ret = value;
	*ret_rest = p;
	return p == text ? ROWAN_E_INVAL : 0;
}

int value_units(enum setting_type type, const char *text, uint64_t *ret)
{
	const struct unit *unit = type == SETTING_SIZE ? sizes : durations;
	uint64_t value;
	const char *rest;

	*ret = 0;
	if (read_digits(text, &value, &rest) != 0)
		return ROWAN_E_INVAL;
	while (*rest == ' ')
		rest++;
	for (; unit->name != NULL; unit++) {
		if (strcmp(rest, unit->name) != 0)
			continue;
		if (value > UINT64_MAX / unit->factor)
			return ROWAN_E_INVAL;
		*ret = value * unit->factor;
		return 0;
	}
	return ROWAN_E_INVAL;
}

static void write_text(struct writer *w, const char *text)
{
	writer_raw(w, text, strlen(text));
}

/* In the largest unit that holds it exactly; a SETTING_COUNT without one. */
static void write_units(
	enum setting_type type, uint64_t value, struct writer *w)
{
	const struct unit *unit = type == SETTING_SIZE ? sizes : durations;
	char text[64];

	if (type == SETTING_COUNT || type == SETTING_SWITCH) {
		snprintf(text, sizeof text, "%llu", (unsigned long long)value);
		write_text(w, text);
		return;
	}
	if (value == 0)
		unit = type == SETTING_SIZE ? &sizes[4] : &durations[3];
	else
		while (value % unit->factor != 0)
			unit++;
	snprintf(text, sizeof text, "%llu %s",
		(unsigned long long)(value / unit->factor), unit->name);
	write_text(w, text);
}

static void *field(const struct setting *key, struct config *c)
{
	return (char *)c + key->offset;
}

static const void *const_field(
	const struct setting *key, const struct config *c)
{
	return (const char *)c + key->offset;
}

int value_set_number(
	const struct setting *key, uint64_t value, struct config *ret)
{
	if (value < key->min || value > key->max)
		return ROWAN_E_LIMIT;
	if (key->type == SETTING_SWITCH)
		*(bool *)field(key, ret) = value != 0;
	else
		*(uint64_t *)field(key, ret) = value;
	return 0;
}

/* Printable ASCII without quotes, so that it can be written back. */
static bool is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~' || *text == '"' || *text == '\\')
			return false;
	return true;
}

static bool is_port(const char *text)
{
	const char *rest;
	uint64_t port;

	return read_digits(text, &port, &rest) == 0 && *rest == '\0' &&
	       rest - text <= 5 && port <= 65535;
}

/* tcp://HOST:PORT with an asterisk, an IPv4 or a bracketed IPv6 address. */
static bool is_endpoint(const char *text)
{
	char host[64];
	const char *port;
	size_t len;
	struct in6_addr addr;

	if (strncmp(text, "tcp://", 6) != 0)
		return false;
	text += 6;
	port = strrchr(text, ':');
	if (port == NULL || !is_port(port + 1))
		return false;
	len = (size_t)(port - text);
	if (len == 0 || len >= sizeof host)
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	if (strcmp(host, "*") == 0)
		return true;
	if (host[0] != '[')
		return inet_pton(AF_INET, host, &addr) == 1;
	if (host[len - 1] != ']')
		return false;
	host[len - 1] = '\0';
	return inet_pton(AF_INET6, host + 1, &addr) == 1;
}

static uint64_t longest(const struct setting *key)
{
	return key->max != 0 ? key->max : CONFIG_TEXT_MAX - 1;
}

int value_set_text(
	const struct setting *key, const char *text, struct config *ret)
{
	size_t len = strlen(text);
	bool ok = is_plain(text);

	if (len > longest(key))
		return ROWAN_E_LIMIT;
	if (len == 0)
		ok = key->min == 0;
	else if (key->type == SETTING_PATH)
		ok = ok && text[0] == '/';
	else
		ok = ok && (text[0] == '/' || strchr(text, '/') == NULL) &&
		     text[0] != '.';
	if (!ok)
		return ROWAN_E_INVAL;
	memcpy(field(key, ret), text, len + 1);
	return 0;
}

int value_add_item(
	const struct setting *key, const char *text, struct config *ret)
{
	struct config_list *list = field(key, ret);

	if (list->count >= key->max || strlen(text) >= CONFIG_TEXT_MAX)
		return ROWAN_E_LIMIT;
	if (!is_endpoint(text))
		return ROWAN_E_INVAL;
	memcpy(list->item[list->count++], text, strlen(text) + 1);
	return 0;
}

static int set_default_list(const struct setting *key, struct config *ret)
{
	const char *text = key->value;
	char item[CONFIG_TEXT_MAX];
	int rc = 0;

	memset(field(key, ret), 0, sizeof(struct config_list));
	while (rc == 0 && *text != '\0') {
		size_t len = strcspn(text, " ");

		if (len >= sizeof item)
			return ROWAN_E_LIMIT;
		memcpy(item, text, len);
		item[len] = '\0';
		rc = value_add_item(key, item, ret);
		text += len;
		text += strspn(text, " ");
	}
	return rc;
}

int value_set_default(const struct setting *key, struct config *ret)
{
	const char *rest;
	uint64_t value;
	int rc;

	switch (key->type) {
	case SETTING_COUNT:
		rc = read_digits(key->value, &value, &rest);
		if (rc == 0 && *rest != '\0')
			rc = ROWAN_E_INVAL;
		break;
	case SETTING_SIZE:
	case SETTING_DURATION:
		rc = value_units(key->type, key->value, &value);
		break;
	case SETTING_SWITCH:
		value = strcmp(key->value, "true") == 0;
		rc = 0;
		break;
	case SETTING_ENDPOINTS: return set_default_list(key, ret);
	default: return value_set_text(key, key->value, ret);
	}
	return rc != 0 ? rc : value_set_number(key, value, ret);
}

static void write_quoted(struct writer *w, const char *text)
{
	write_text(w, "\"");
	write_text(w, text);
	write_text(w, "\"");
}

static void write_list(const struct config_list *list, struct writer *w)
{
	write_text(w, list->count == 0 ? "[" : "[ ");
	for (size_t i = 0; i < list->count; i++) {
		if (i > 0)
			write_text(w, ", ");
		write_quoted(w, list->item[i]);
	}
	write_text(w, list->count == 0 ? "]" : " ]");
}

void value_write(
	const struct setting *key, const struct config *c, struct writer *w)
{
	const void *at = const_field(key, c);

	switch (key->type) {
	case SETTING_COUNT:
		write_units(key->type, *(const uint64_t *)at, w);
		break;
	case SETTING_SIZE:
	case SETTING_DURATION:
		write_text(w, "\"");
		write_units(key->type, *(const uint64_t *)at, w);
		write_text(w, "\"");
		break;
	case SETTING_SWITCH:
		write_text(w, *(const bool *)at ? "true" : "false");
		break;
	case SETTING_ENDPOINTS: write_list(at, w); break;
	default: write_quoted(w, at); break;
	}
}

uint64_t value_number(const struct setting *key, const struct config *c)
{
	return *(const uint64_t *)const_field(key, c);
}

void value_write_range(const struct setting *key, struct writer *w)
{
	if (key->type == SETTING_ENDPOINTS) {
		write_units(SETTING_COUNT, key->min, w);
		write_text(w, " to ");
		write_units(SETTING_COUNT, key->max, w);
		write_text(w, " endpoints");
		return;
	}
	if (key->type == SETTING_PATH || key->type == SETTING_CREDENTIAL) {
		write_text(w, "at most ");
		write_units(SETTING_COUNT, longest(key), w);
		write_text(w, " characters");
		return;
	}
	write_units(key->type, key->min, w);
	write_text(w, " to ");
	write_units(key->type, key->max, w);
}
