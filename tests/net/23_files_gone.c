/*
 * Somebody removes the database while the daemon runs: what it promised from
 * then on would be gone with it, so it stops and says so.
 */
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "net/kit.h"

int main(void)
{
	struct relay_client *c;
	char path[ROWAND_PATH_MAX];
	int status = 0;

	kit_start("");
	c = kit_hello(SEED_SENDER, 0);
	KIT_CHECK(
		kit_submit(c, seed_channel(0, 0), 1, 'a', 100).code == WIRE_OK);
	rowand_store_path(&kit_daemon, path, sizeof path);
	KIT_CHECK(unlink(path) == 0);
	kit_closed(c);
	KIT_CHECK(waitpid(kit_daemon.pid, &status, 0) == kit_daemon.pid);
	kit_daemon.pid = 0;
	KIT_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == EX_DATAERR);
	relay_close(c);
	rowand_end(&kit_daemon);
	return 0;
}
