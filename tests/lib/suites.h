/*
 * The cipher suites tests run with: the product's own, and suite 1, whose
 * AES-128-GCM comes from OpenSSL's libcrypto and is never linked into
 * anything that is installed.
 */
#ifndef TESTS_LIB_SUITES_H
#define TESTS_LIB_SUITES_H

#include <stdint.h>

struct suite;

/**
 * suites_all():
 * Return the NULL-terminated list of all of them, static.
 */
const struct suite *const *suites_all(void);

/**
 * suites_find(id):
 * Return the suite of that number, or NULL.
 */
const struct suite *suites_find(uint16_t id);

#endif
