/*
 * Lines from a person or from a pipe, one at a time, while the network is
 * looked after in between.
 */
#ifndef COMPANION_INPUT_H
#define COMPANION_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#define LINE_MAX_LEN 65536

struct input {
	char data[LINE_MAX_LEN];
	size_t len;
	bool ended;
};

/* Read what is there; standard input is known to be readable. */
void input_read(struct input *in);

/*
 * Take a line, without its end, into ${ret}, whose size is LINE_MAX_LEN;
 * false when there is none yet.
 */
bool input_line(struct input *in, char *ret);

/* Wait for a secret line; nothing of it is shown. False at the end. */
bool input_secret(struct input *in, const char *question, char *ret);

/* Whatever is waited for: the terminal as it was. For a signal handler, too. */
void input_restore(void);

/* Overwrite. */
void forget(void *data, size_t len);

#endif
