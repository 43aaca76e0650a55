/* Fuzz target: a configuration file; what is accepted prints and reads back. */
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
/* Visible, or the sanitizer does not find them. */
#define SHOWN __attribute__((visibility("default")))
SHOWN const char *__lsan_default_suppressions(void);
SHOWN const char *__lsan_default_options(void);

/* libconfig 1.5 loses a string that stands before a syntax error. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig.so";
}

const char *__lsan_default_options(void)
{
	return "print_suppressions=0";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct config_report report;
	struct config c, again;
	struct writer w;

	if (len > 4096 || config_parse(bytes_of(data, len), &c, &report) != 0)
		return 0;
	writer_init(&w, CONFIG_FILE_MAX);
	config_print(&c, &w);
	if (config_parse(writer_view(&w), &again, &report) != 0 ||
		memcmp(&c, &again, sizeof c) != 0)
		abort();
	writer_wipe(&w);
	return 0;
}
