/*
 * rowanctl's side of the control socket, and how an answer is shown.
 */
#ifndef CTL_CLIENT_H
#define CTL_CLIENT_H

#include <stdio.h>

#include "ctl/form.h"

/**
 * client_call(path, q, ret):
 * Ask the daemon at the socket ${path} and wait: five seconds for commands
 * that only look, half a minute for acts (ROWAN_E_AGAIN); however long it takes
 * for what reads or writes everything, once it has shown that it answers.
 * ROWAN_E_NOT_FOUND when nobody listens there, ROWAN_E_REFUSED when we may
 * not, ROWAN_E_IO when the daemon ended meanwhile, or the encoder's and
 * decoder's codes. The caller owns ${ret}: bytes that ctl_answer_decode takes.
 */
ROWAN_MUST int client_call(
	const char *path, const struct ctl_request *q, struct buf *ret);

/**
 * client_gone(path):
 * Whether nobody serves the socket any more.
 */
bool client_gone(const char *path);

/**
 * client_json(v, to), client_text(v, to, words):
 * Show an answer: as one JSON object with code, words and rows; or as lines
 * and columns on ${to} with the words on ${words}.
 */
void client_json(struct ctl_view v, FILE *to);
void client_text(struct ctl_view v, FILE *to, FILE *words);

#endif
