/*
 * Commands' way to the agent: start it where none runs, ask, unlock where a
 * passphrase can be had, and say what went wrong.
 */
#ifndef CMD_REMOTE_H
#define CMD_REMOTE_H

#include "cmd/command.h"

/* A piece of an answer that comes in pieces; returns false to end it. */
typedef bool remote_event(struct run *r, const json_t *event, void *ctx);

/**
 * remote_call(r, request, ret):
 * Carry out ${request}, which is taken, and give the answer, which the caller
 * owns. EXIT_DONE, or a code that was said.
 */
int remote_call(struct run *r, json_t *request, json_t **ret);

/**
 * remote_stream(r, request, on_event, ctx, ret):
 * The same, with events on the way to the answer.
 */
int remote_stream(struct run *r, json_t *request, remote_event *on_event,
	void *ctx, json_t **ret);

/**
 * remote_try(r, request, ret, ret_error):
 * As remote_call without words: what went wrong is in ${ret_error} (exit,
 * words, hint), owned by the caller. EXIT_OFFLINE when there is no agent.
 */
int remote_try(
	struct run *r, json_t *request, json_t **ret, json_t **ret_error);

/**
 * remote_listen(r, after, on_event, ctx):
 * Events from a cursor on (-1: from now), until on_event returns false, the
 * agent ends (EXIT_INTERRUPTED) or locks.
 */
int remote_listen(
	struct run *r, json_int_t after, remote_event *on_event, void *ctx);

/**
 * remote_breakable(r), remote_broken_off(r, hint):
 * From the first on an interrupt while an answer is awaited ends the wait with
 * EXIT_INTERRUPTED, nothing said. The second says then that the agent goes on,
 * and ${hint}, and dies of that interrupt; returns where there was none.
 */
void remote_breakable(struct run *r);
void remote_broken_off(struct run *r, const char *hint);

/**
 * remote_fd(r), remote_send(r, request, ret_id), remote_next(r, ret):
 * For a program that waits for other things, too: a connected socket; send
 * without waiting; the next whole line that has come, or NULL, without
 * waiting. remote_next returns EXIT_INTERRUPTED when the agent is gone.
 */
int remote_fd(struct run *r);
int remote_send(struct run *r, json_t *request, json_int_t *ret_id);
int remote_next(struct run *r, json_t **ret);

/**
 * remote_say_error(r, error):
 * An error object in words; returns its exit code.
 */
int remote_say_error(const struct run *r, const json_t *error);

/**
 * remote_unlock(r):
 * Ask for the passphrase and unlock. EXIT_DONE, or said.
 */
int remote_unlock(struct run *r);

/**
 * remote_open(r, ret_vault):
 * Unlock the vault, where there is one and it is locked. EXIT_DONE, or said.
 */
int remote_open(struct run *r, bool *ret_vault);

/**
 * remote_start_allowed(r, allowed):
 * Whether a call may start an agent; at first it may.
 */
void remote_start_allowed(struct run *r, bool allowed);

/* json_object_get and the like, with defaults. */
const char *json_text(const json_t *o, const char *name);
json_int_t json_number(const json_t *o, const char *name);
bool json_flag(const json_t *o, const char *name);

/**
 * person_text(o):
 * How a person is shown: alias or name, and where they are from. "Sam
 * (police)". The caller frees; not safe yet.
 */
char *person_text(const json_t *o);

/**
 * absolute_path(path):
 * For the agent, whose folder is another. The caller frees.
 */
char *absolute_path(const char *path);

#endif
