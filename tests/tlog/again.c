/*
 * rowan with the same words again and again, without what it costs to load it:
 * for each byte on stdin a process that runs it as rowan does, from the
 * beginning, and the line "EXIT CODE" behind what it said on stdout. -1: it
 * did not end by itself, or not within a minute.
 *
 * Run as: again ARGUMENTS OF ROWAN
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/command.h"

#define MINUTE 60

static void run(int argc, char **argv)
{
	int none = open("/dev/null", O_RDONLY);

	if (none < 0 || dup2(none, STDIN_FILENO) < 0)
		abort();
	(void)close(none);
	(void)alarm(MINUTE);
	exit(command_main(argc, argv));
}

int main(int argc, char **argv)
{
	char byte;

	while (read(STDIN_FILENO, &byte, 1) == 1) {
		int status = 0;
		pid_t pid = fork();

		if (pid == 0)
			run(argc, argv);
		if (pid < 0 || waitpid(pid, &status, 0) != pid)
			return 1;
		if (printf("%d\n",
			    WIFEXITED(status) ? WEXITSTATUS(status) : -1) < 0 ||
			fflush(stdout) != 0)
			return 1;
	}
	return 0;
}
