/*
 * The configuration file: see config.h.
 *
 * Trusts only the table. libconfig reads one setting at a time: it would stop
 * at the first mistake of a file and never name a duplicate's first place.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libconfig.h>
#include <sys/stat.h>

#include "config/scan.h"
#include "config/setting.h"
#include "config/value.h"

#define KEYS_MAX 128 /* a test compares with the table */

/* One reading: where each key stood, and the text of one setting. */
struct parse {
	struct config config;
	struct config_report *report;
	unsigned lines[KEYS_MAX]; /* 0: not set */
	bool wrong[KEYS_MAX];	  /* the value it has is not the file's */
	char *text;
};

void config_defaults(struct config *ret)
{
	const struct setting *key;

	memset(ret, 0, sizeof *ret);
	for (size_t i = 0; (key = setting_at(i)) != NULL; i++)
		if (value_set_default(key, ret) != 0)
			abort(); /* a mistake in the table */
}

/* Insert by line; what has the same line keeps its order. */
__attribute__((format(printf, 3, 4))) static void problem(
	struct config_report *report, unsigned line, const char *format, ...)
{
	struct config_problem *p;
	va_list args;
	size_t at;

	if (report->count == CONFIG_PROBLEMS_MAX) {
		report->dropped++;
		return;
	}
	for (at = report->count; at > 0; at--)
		if (report->problems[at - 1].line <= line)
			break;
	p = &report->problems[at];
	memmove(p + 1, p, (report->count - at) * sizeof *p);
	report->count++;
	p->line = line;
	va_start(args, format);
	vsnprintf(p->text, sizeof p->text, format, args);
	va_end(args);
}

static size_t index_of(const struct setting *key)
{
	return (size_t)(key - setting_at(0));
}

static void range_problem(
	struct parse *p, const struct setting *key, unsigned line)
{
	char text[128];
	struct writer w;

	writer_init_fixed(&w, text, sizeof text - 1);
	value_write_range(key, &w);
	text[w.len] = '\0';
	problem(p->report, line, "%s: out of range, allowed is %s", key->name,
		text);
}

static void form_problem(
	struct parse *p, const struct setting *key, unsigned line)
{
	problem(p->report, line, "%s: must be %s", key->name,
		setting_type_name(key->type));
}

static int set_number(const struct setting *key,
	const config_setting_t *setting, struct config *ret)
{
	long long value;

	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_INT: value = config_setting_get_int(setting); break;
	case CONFIG_TYPE_INT64:
		value = config_setting_get_int64(setting);
		break;
	default: return ROWAN_E_INVAL;
	}
	if (value < 0)
		return ROWAN_E_LIMIT;
	return value_set_number(key, (uint64_t)value, ret);
}

static int set_units(
	const struct setting *key, const char *text, struct config *ret)
{
	uint64_t value;
	int rc = value_units(key->type, text, &value);

	return rc != 0 ? rc : value_set_number(key, value, ret);
}

static int set_list(const struct setting *key, const config_setting_t *setting,
	struct config *ret)
{
	int len = config_setting_length(setting);
	struct config_list *list;
	int rc = 0;

	if (config_setting_type(setting) != CONFIG_TYPE_ARRAY &&
		config_setting_type(setting) != CONFIG_TYPE_LIST)
		return ROWAN_E_INVAL;
	list = (struct config_list *)((char *)ret + key->offset);
	memset(list, 0, sizeof *list);
	for (int i = 0; rc == 0 && i < len; i++) {
		const char *text = config_setting_get_string_elem(setting, i);

		rc = text == NULL ? ROWAN_E_INVAL
				  : value_add_item(key, text, ret);
	}
	if (rc == 0 && list->count < key->min)
		rc = ROWAN_E_LIMIT;
	return rc;
}

static int set_value(const struct setting *key, const config_setting_t *setting,
	struct config *ret)
{
	const char *text = config_setting_get_string(setting);
	int type = config_setting_type(setting);

	switch (key->type) {
	case SETTING_COUNT: return set_number(key, setting, ret);
	case SETTING_SWITCH:
		if (type != CONFIG_TYPE_BOOL)
			return ROWAN_E_INVAL;
		return value_set_number(
			key, config_setting_get_bool(setting) ? 1 : 0, ret);
	case SETTING_ENDPOINTS: return set_list(key, setting, ret);
	case SETTING_SIZE:
	case SETTING_DURATION:
		return text == NULL ? ROWAN_E_INVAL : set_units(key, text, ret);
	default:
		return text == NULL ? ROWAN_E_INVAL
				    : value_set_text(key, text, ret);
	}
}

/* Let libconfig read one setting and take its value. */
static void parse_value(struct parse *p, const struct setting *key,
	const struct scan_setting *s)
{
	config_setting_t *value;
	config_t c;
	int rc = ROWAN_E_INVAL;

	memcpy(p->text, s->text.data, s->text.len);
	memcpy(p->text + s->text.len, ";", 2);
	config_init(&c);
	if (config_read_string(&c, p->text) != CONFIG_TRUE) {
		problem(p->report,
			s->line + (unsigned)config_error_line(&c) - 1, "%s: %s",
			key->name, config_error_text(&c));
		goto out;
	}
	value = config_setting_get_elem(config_root_setting(&c), 0);
	rc = value == NULL ? ROWAN_E_INVAL : set_value(key, value, &p->config);
	if (rc == ROWAN_E_LIMIT)
		range_problem(p, key, s->line);
	else if (rc != 0)
		form_problem(p, key, s->line);
out:
	p->wrong[index_of(key)] = rc != 0;
	config_destroy(&c);
}

/* A name as it may be shown: short, printable. */
static void show_name(struct bytes name, char ret[41])
{
	size_t len = name.len < 40 ? name.len : 40;

	memcpy(ret, name.data, len);
	ret[len] = '\0';
}

static void parse_setting(struct parse *p, const struct scan_setting *s)
{
	const struct setting *key;
	char name[41];
	size_t index;

	if (s->error != NULL) {
		problem(p->report, s->line, "%s", s->error);
		return;
	}
	key = setting_find((const char *)s->name.data, s->name.len);
	if (key == NULL) {
		show_name(s->name, name);
		problem(p->report, s->line, "unknown setting %s", name);
		return;
	}
	index = index_of(key);
	if (p->lines[index] != 0) {
		problem(p->report, s->line, "%s: set before in line %u",
			key->name, p->lines[index]);
		return;
	}
	p->lines[index] = s->line;
	parse_value(p, key, s);
}

static unsigned line_of(const struct parse *p, const struct setting *key)
{
	return p->lines[index_of(key)];
}

static bool is_wrong(const struct parse *p, const struct setting *key)
{
	return p->wrong[index_of(key)];
}

/* Values that are right alone and wrong together. */
static void check_orders(struct parse *p)
{
	const struct setting_order *o;

	for (size_t i = 0; (o = setting_order_at(i)) != NULL; i++) {
		const struct setting *low =
			setting_find(o->low, strlen(o->low));
		const struct setting *high =
			setting_find(o->high, strlen(o->high));
		uint64_t a = value_number(low, &p->config);
		uint64_t b = value_number(high, &p->config);
		unsigned x = line_of(p, low), y = line_of(p, high);

		if (is_wrong(p, low) || is_wrong(p, high) || a < b ||
			(o->equal && a == b))
			continue;
		problem(p->report, x > y ? x : y, "%s must be %s %s", o->low,
			o->equal ? "at most" : "less than", o->high);
	}
}

/* The lists of endpoints, in the order of the table. */
static const char *const of_endpoints[] = {
	"listen", "listen_next", "listen_enrol"};

#define LISTS (sizeof of_endpoints / sizeof *of_endpoints)

/* No endpoint twice; port 0 is another port each time. */
static void check_endpoints(struct parse *p)
{
	const char *before[LISTS * CONFIG_LIST_MAX];
	unsigned lines[LISTS * CONFIG_LIST_MAX];
	size_t n = 0;

	for (size_t i = 0; i < LISTS; i++) {
		const struct setting *key =
			setting_find(of_endpoints[i], strlen(of_endpoints[i]));
		const struct config_list *list =
			(const void *)((char *)&p->config + key->offset);

		for (size_t k = 0; k < list->count && !is_wrong(p, key); k++) {
			const char *endpoint = list->item[k];
			size_t m = 0;

			if (strcmp(strrchr(endpoint, ':'), ":0") == 0)
				continue;
			lines[n] = line_of(p, key);
			before[n] = endpoint;
			while (strcmp(before[m], endpoint) != 0)
				m++;
			if (m < n)
				problem(p->report,
					lines[n] > lines[m] ? lines[n]
							    : lines[m],
					"%s is listed twice", endpoint);
			n++;
		}
	}
}

static void check_next(struct parse *p)
{
	const struct setting *listen = setting_find("listen_next", 11);
	const struct setting *key = setting_find("transport_key_next", 18);

	if (p->config.listen_next.count > 0 && !is_wrong(p, key) &&
		p->config.transport_key_next[0] == '\0')
		problem(p->report, line_of(p, listen),
			"listen_next needs transport_key_next too");
}

int config_parse(
	struct bytes text, struct config *ret, struct config_report *report)
{
	struct parse *p = calloc(1, sizeof *p);
	struct scan_setting setting;
	struct scan scan;
	int rc = ROWAN_E_NOMEM;

	memset(report, 0, sizeof *report);
	config_defaults(ret);
	if (p == NULL || (p->text = malloc(text.len + 2)) == NULL)
		goto out;
	p->config = *ret;
	p->report = report;
	if (text.len > 0 && memchr(text.data, '\0', text.len) != NULL) {
		problem(report, 0, "not a text file");
		text.len = 0;
	}
	scan_init(&scan, text);
	while (scan_next(&scan, &setting))
		parse_setting(p, &setting);
	check_orders(p);
	check_endpoints(p);
	check_next(p);
	rc = report->count == 0 ? 0 : ROWAN_E_INVAL;
	if (rc == 0)
		*ret = p->config;
out:
	if (p != NULL)
		free(p->text);
	free(p);
	return rc;
}

/*
 * Read at most ${max} bytes of ${path}. Nothing but a file: whoever reads it
 * again while it serves must not wait for the other end of a pipe.
 */
static int read_file(const char *path, uint8_t *data, size_t max, size_t *len,
	struct config_report *report)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	ssize_t n = 0;

	*len = 0;
	if (fd < 0) {
		problem(report, 0, "cannot be read: %s", strerror(errno));
		return ROWAN_E_IO;
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		problem(report, 0, "cannot be read: not a file");
		close(fd);
		return ROWAN_E_IO;
	}
	do {
		*len += (size_t)n;
		n = read(fd, data + *len, max - *len);
	} while (n > 0);
	if (n < 0)
		problem(report, 0, "cannot be read: %s", strerror(errno));
	close(fd);
	return n < 0 ? ROWAN_E_IO : 0;
}

int config_load(
	const char *path, struct config *ret, struct config_report *report)
{
	uint8_t *data = malloc(CONFIG_FILE_MAX + 1);
	size_t len;
	int rc;

	memset(report, 0, sizeof *report);
	config_defaults(ret);
	if (data == NULL)
		return ROWAN_E_NOMEM;
	rc = read_file(path, data, CONFIG_FILE_MAX + 1, &len, report);
	if (rc == 0 && len > CONFIG_FILE_MAX) {
		problem(report, 0, "larger than %u bytes", CONFIG_FILE_MAX);
		rc = ROWAN_E_IO;
	} else if (rc == 0) {
		rc = config_parse(bytes_of(data, len), ret, report);
	}
	free(data);
	return rc;
}
