/* Fuzz target: a configuration file; what is accepted prints and reads back. */
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 loses a string that stands before a syntax error. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig.so";
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
