/*
 * Prints conf/rowand.conf as the table of keys has it: for `make conf`.
 */
#include <stdio.h>

#include "config/config.h"

int main(void)
{
	struct writer w;
	int rc;

	writer_init(&w, CONFIG_FILE_MAX);
	config_print_sample(&w);
	rc = writer_status(&w) != 0 ||
	     fwrite(w.data, 1, w.len, stdout) != w.len;
	writer_wipe(&w);
	return rc;
}
