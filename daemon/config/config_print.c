/*
 * The configuration as text: see config.h. Reads nothing, holds no state.
 */
#include <string.h>

#include "config/setting.h"
#include "config/value.h"

static void write_text(struct writer *w, const char *text)
{
	writer_raw(w, text, strlen(text));
}

static void write_setting(
	const struct setting *key, const struct config *c, struct writer *w)
{
	write_text(w, key->name);
	write_text(w, " = ");
	value_write(key, c, w);
	write_text(w, ";\n");
}

void config_print(const struct config *c, struct writer *w)
{
	const struct setting *key;

	for (size_t i = 0; (key = setting_at(i)) != NULL; i++)
		write_setting(key, c, w);
}

/* Write ${text} as comment lines of at most 78 columns. */
static void write_comment(const char *text, struct writer *w)
{
	size_t column = 0;

	while (*text != '\0') {
		size_t len = strcspn(text, " ");

		if (column == 0 || column + 1 + len > 78) {
			write_text(w, column == 0 ? "#" : "\n#");
			column = 1;
		}
		write_text(w, " ");
		writer_raw(w, text, len);
		column += 1 + len;
		text += len;
		text += strspn(text, " ");
	}
	write_text(w, "\n");
}

static void write_help(const struct setting *key, struct writer *w)
{
	write_comment(key->help, w);
	switch (key->type) {
	case SETTING_COUNT:
	case SETTING_SIZE:
	case SETTING_DURATION:
		write_text(w, "# (");
		value_write_range(key, w);
		write_text(w, ")\n");
		break;
	default: break;
	}
	if (key->live)
		write_text(w, "# May change while the daemon runs.\n");
}

void config_print_sample(struct writer *w)
{
	const struct setting *key;
	struct config c;

	config_defaults(&c);
	write_comment("Configuration of rowand. Every setting is shown with "
		      "its default; remove the leading # to change one. Check "
		      "with: rowand --check-config FILE",
		w);
	for (size_t i = 0; (key = setting_at(i)) != NULL; i++) {
		write_text(w, "\n");
		if (key->section != NULL) {
			write_text(w, "#\n");
			write_comment(key->section, w);
			write_text(w, "#\n\n");
		}
		write_help(key, w);
		write_text(w, "#");
		write_setting(key, &c, w);
	}
}
