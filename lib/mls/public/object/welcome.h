/*
 * Welcome and GroupSecrets as objects (RFC 9420 section 12.4.3.1). Opening
 * them is the member's work.
 */
#ifndef MLS_WELCOME_H
#define MLS_WELCOME_H

#include "mls/public/object/psk_id.h"
#include "mls/public/object/update_path.h"

/* All views borrow from the decoded input. */
struct encrypted_group_secrets {
	struct bytes new_member; /* KeyPackageRef */
	struct hpke_ciphertext secrets;
};

struct welcome {
	uint16_t cipher_suite;
	struct bytes secrets; /* checked list of EncryptedGroupSecrets */
	size_t secrets_n;
	struct bytes encrypted_group_info;
	struct bytes raw;
};

struct group_secrets {
	struct bytes joiner_secret;
	bool has_path_secret;
	struct bytes path_secret;
	struct bytes psks; /* checked list of PreSharedKeyID */
	size_t psks_n;
};

/**
 * welcome_decode(raw, ret):
 * Read one from bytes that hold nothing else.
 */
ROWAN_MUST int welcome_decode(struct bytes raw, struct welcome *ret);

/**
 * welcome_find(w, new_member, ret):
 * Set ${ret} to the entry for that KeyPackageRef; ROWAN_E_MLS_NOT_FOR_US when
 * there is none.
 */
ROWAN_MUST int welcome_find(const struct welcome *w, struct bytes new_member,
	struct encrypted_group_secrets *ret);

/**
 * encrypted_group_secrets_read(r, ret):
 * One entry of the list.
 */
ROWAN_MUST int encrypted_group_secrets_read(
	struct reader *r, struct encrypted_group_secrets *ret);

/**
 * welcome_write(w, fields):
 * Append one from suite, secrets (content of the list) and group info.
 */
void welcome_write(struct writer *w, const struct welcome *fields);

/**
 * group_secrets_decode(raw, ret), group_secrets_write(w, s):
 * The secrets one newcomer is sent. The caller wipes what holds the bytes.
 */
ROWAN_MUST int group_secrets_decode(
	struct bytes raw, struct group_secrets *ret);
void group_secrets_write(struct writer *w, const struct group_secrets *s);

#endif
