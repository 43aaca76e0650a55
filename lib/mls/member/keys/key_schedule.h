/*
 * The key schedule (RFC 9420 section 8).
 *
 * Trusts its inputs; what is consumed is wiped here, what is handed out is
 * the caller's to wipe.
 */
#ifndef MLS_KEY_SCHEDULE_H
#define MLS_KEY_SCHEDULE_H

#include "crypto/suite.h"

/* What an epoch is made of, but for its secret tree. */
struct epoch_secrets {
	struct secret init;
	struct secret sender_data;
	struct secret exporter;
	struct secret external;
	struct secret confirmation;
	struct secret membership;
	struct secret resumption;
	struct secret authenticator;
};

/* What comes out of the schedule once and is used up at once. */
struct epoch_start {
	struct secret welcome;
	struct secret encryption; /* the root of the secret tree */
};

/**
 * epoch_secrets_wipe(e), epoch_start_wipe(e):
 * Overwrite.
 */
void epoch_secrets_wipe(struct epoch_secrets *e);
void epoch_start_wipe(struct epoch_start *e);

/**
 * key_schedule_joiner(s, init, commit, context, ret):
 * The joiner secret from the previous epoch's init secret, the commit secret
 * (empty: no path, all zeros) and the encoded new GroupContext.
 */
ROWAN_MUST int key_schedule_joiner(const struct suite *s,
	const struct secret *init, const struct secret *commit,
	struct bytes context, struct secret *ret);

/**
 * key_schedule_welcome(s, joiner, psk, ret):
 * The welcome secret alone, before the GroupContext is known.
 */
ROWAN_MUST int key_schedule_welcome(const struct suite *s,
	const struct secret *joiner, const struct secret *psk,
	struct secret *ret);

/* Inputs of an epoch. */
struct key_schedule_input {
	const struct secret *joiner;
	const struct secret *psk;
	struct bytes context; /* the encoded GroupContext */
};

/**
 * key_schedule_epoch(s, in, ret, ret_start):
 * All secrets of an epoch.
 */
ROWAN_MUST int key_schedule_epoch(const struct suite *s,
	const struct key_schedule_input *in, struct epoch_secrets *ret,
	struct epoch_start *ret_start);

/**
 * key_schedule_first(s, epoch_secret, ret, ret_start):
 * The same from the random epoch secret of a new group (section 11).
 */
ROWAN_MUST int key_schedule_first(const struct suite *s,
	const struct secret *epoch_secret, struct epoch_secrets *ret,
	struct epoch_start *ret_start);

/**
 * key_schedule_welcome_key(s, welcome, ret_key, ret_nonce):
 * Key and nonce that seal the GroupInfo of a Welcome (section 12.4.3.1).
 */
ROWAN_MUST int key_schedule_welcome_key(const struct suite *s,
	const struct secret *welcome, uint8_t *ret_key, uint8_t *ret_nonce);

/**
 * key_schedule_export(s, exporter, label, context, ret):
 * MLS-Exporter (section 8.5): fills the whole of ${ret}.
 */
ROWAN_MUST int key_schedule_export(const struct suite *s,
	const struct secret *exporter, struct bytes label, struct bytes context,
	struct buf *ret);

/**
 * key_schedule_external(s, external, ret_sk, ret_pk):
 * The external key pair (section 8); kem_pk_len bytes go to ${ret_pk}.
 */
ROWAN_MUST int key_schedule_external(const struct suite *s,
	const struct secret *external, struct secret *ret_sk, uint8_t *ret_pk);

/**
 * key_schedule_tag(s, key, input, ret):
 * A confirmation or membership tag: the suite's MAC.
 */
void key_schedule_tag(const struct suite *s, const struct secret *key,
	struct bytes input, struct hash_value *ret);

#endif
