/*
 * Harm done to an open store from inside, on the thread that owns it. For tests
 * only: failures end the program.
 */
#ifndef TESTS_LIB_STORE_HARM_H
#define TESTS_LIB_STORE_HARM_H

#include "store/store.h"

/**
 * store_harm(st, sql):
 * Change rows past the store, in its open transaction.
 */
void store_harm(struct store *st, const char *sql);

/**
 * store_harm_commit(st):
 * The next commit fails, though all before it went well.
 */
void store_harm_commit(struct store *st);

#endif
