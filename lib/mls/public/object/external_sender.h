/*
 * External senders (RFC 9420 section 12.1.8.1): who may propose from outside.
 */
#ifndef MLS_EXTERNAL_SENDER_H
#define MLS_EXTERNAL_SENDER_H

#include "mls/public/object/credential.h"

struct external_sender {
	struct bytes signature_key;
	struct credential credential;
};

/**
 * external_senders_read(data, ret):
 * Check the data of an external_senders extension; ${ret} is the content of
 * its vector. 0 or ROWAN_E_MLS_EXTENSION.
 */
ROWAN_MUST int external_senders_read(struct bytes data, struct bytes *ret);

/**
 * external_sender_at(extensions, i, ret):
 * Set ${ret} to sender ${i} of the external_senders extension in the checked
 * list ${extensions}. ROWAN_E_MLS_SENDER when there is none,
 * ROWAN_E_MLS_EXTENSION when the extension is malformed.
 */
ROWAN_MUST int external_sender_at(
	struct bytes extensions, uint32_t i, struct external_sender *ret);

/**
 * external_sender_next(list, ret):
 * Take the first sender of a list from external_senders_read into
 * ${ret} and shorten ${list} by it; false when it is empty.
 */
bool external_sender_next(struct bytes *list, struct external_sender *ret);

/**
 * external_sender_write(w, sender):
 * Append one sender; key and the credential's type and content are looked
 * at. The extension's data is one vector of senders (writer_open).
 */
void external_sender_write(
	struct writer *w, const struct external_sender *sender);

#endif
