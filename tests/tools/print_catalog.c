/* Prints systemd/rowan.catalog: see docs/docs.mk. */
#include <stdio.h>

#include "journal/message.h"

int main(void)
{
	struct writer w;
	int rc;

	writer_init(&w, 1u << 20);
	message_catalog(&w);
	rc = writer_status(&w) == 0 &&
			     fwrite(w.data, 1, w.len, stdout) == w.len &&
			     fflush(stdout) == 0
		     ? 0
		     : 1;
	writer_wipe(&w);
	return rc;
}
