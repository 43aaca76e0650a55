/*
 * Making a Welcome (RFC 9420 section 12.4.3.1). See group.h.
 */
#include <sodium.h>

#include "crypto/hpke.h"
#include "mls/member/group/group.h"
#include "mls/member/treekem/treekem_path.h"

/* The GroupInfo, sealed under the welcome secret. */
static int seal_info(const struct welcome_making *m, struct buf *ret)
{
	const struct suite *s = m->next->suite;
	uint8_t key[AEAD_KEY_MAX], nonce[AEAD_NONCE_MAX];
	struct buf info;
	int rc = group_info_make(m->next, m->tree, false, &info);

	*ret = (struct buf){0};
	if (rc != 0)
		return rc;
	rc = key_schedule_welcome_key(s, &m->start->welcome, key, nonce);
	if (rc == 0)
		rc = buf_alloc(ret, info.len + s->aead->tag_len);
	if (rc == 0 && s->aead->seal(key, nonce, bytes_of(NULL, 0),
			       buf_view(&info), ret->data) != 0)
		rc = ROWAN_E_INTERNAL;
	sodium_memzero(key, sizeof key);
	sodium_memzero(nonce, sizeof nonce);
	buf_wipe(&info);
	if (rc != 0)
		buf_wipe(ret);
	return rc;
}

/* What one newcomer is told. */
static int write_secrets(const struct welcome_making *m, uint32_t leaf,
	struct bytes psks, struct writer *w)
{
	const struct secret *path = treekem_made_secret(m->made, leaf);
	struct group_secrets s = {.joiner_secret = secret_view(m->joiner),
		.psks = psks,
		.psks_n = m->psks_n};

	if (path != NULL) {
		s.has_path_secret = true;
		s.path_secret = secret_view(path);
	}
	group_secrets_write(w, &s);
	return writer_status(w);
}

static int write_one(const struct welcome_making *m,
	const struct key_package *kp, struct bytes plain, struct bytes info,
	struct writer *w)
{
	uint8_t seed[HPKE_SEED_LEN];
	struct hpke_to to = {.suite = m->next->suite,
		.pk = kp->init_key,
		.label = "Welcome",
		.context = info,
		.seed = bytes_of(seed, sizeof seed)};
	struct hash_value ref;
	int rc = client_random(m->next->client, seed, sizeof seed);

	if (rc != 0)
		return rc;
	key_package_ref(m->next->suite, kp, &ref);
	/* EncryptedGroupSecrets: the reference, then the ciphertext. */
	writer_vec(w, hash_view(&ref));
	rc = hpke_encrypt_label(&to, plain, w);
	sodium_memzero(seed, sizeof seed);
	return rc;
}

static int write_all(const struct welcome_making *m, struct bytes psks,
	struct bytes info, struct writer *w)
{
	const struct proposal_list *list = &m->stage->list;
	size_t i = 0;
	int rc = 0;

	for (size_t k = 0; rc == 0 && k < m->stage->added.len; k++) {
		struct writer plain;

		/* Leaves were added in the order of the Adds. */
		i = proposal_list_next(list, PROPOSAL_ADD, i);
		writer_init(&plain, MLS_MESSAGE_MAX);
		rc = write_secrets(m, m->stage->added.v[k], psks, &plain);
		if (rc == 0)
			rc = write_one(m, &list->v[i].proposal->add,
				writer_view(&plain), info, w);
		writer_wipe(&plain);
		i++;
	}
	return rc;
}

int group_welcome(const struct welcome_making *making, struct buf *ret)
{
	struct welcome fields = {.cipher_suite = making->next->suite->id};
	struct writer secrets, psks, w;
	struct buf info = {0};
	int rc;

	*ret = (struct buf){0};
	if (making->stage->added.len == 0)
		return 0;
	writer_init(&secrets, MLS_MESSAGE_MAX);
	writer_init(&psks, MLS_MESSAGE_MAX);
	for (size_t i = 0; i < making->psks_n; i++)
		psk_id_write(&psks, &making->psks[i]);
	rc = writer_status(&psks);
	if (rc == 0)
		rc = seal_info(making, &info);
	if (rc == 0)
		rc = write_all(
			making, writer_view(&psks), buf_view(&info), &secrets);
	if (rc == 0)
		rc = writer_status(&secrets);
	if (rc == 0) {
		fields.secrets = writer_view(&secrets);
		fields.secrets_n = making->stage->added.len;
		fields.encrypted_group_info = buf_view(&info);
		writer_init(&w, MLS_MESSAGE_MAX);
		mls_message_open(&w, WIRE_FORMAT_WELCOME);
		welcome_write(&w, &fields);
		rc = writer_finish(&w, ret);
	}
	writer_wipe(&secrets);
	writer_wipe(&psks);
	buf_wipe(&info);
	return rc;
}
