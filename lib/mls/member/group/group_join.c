/*
 * Joining by Welcome (RFC 9420 section 12.4.3.1). See group.h.
 *
 * Trusts nothing in a Welcome. Checks in the RFC's order; the key package is
 * used up when all of them have passed.
 */
#include <stdlib.h>

#include <sodium.h>

#include "crypto/hpke.h"
#include "mls/member/group/group.h"
#include "mls/member/group/group_info_check.h"

/* Somebody on the way in. */
struct joining {
	struct rowan_mls *client;
	const struct rowan_mls_join_options *options;
	struct mls_message message;
	struct stored_package *package;
	struct buf secrets_raw;
	struct group_secrets secrets;
	struct secret joiner;
	struct psk_id *psk_ids;
	struct psk *psks;
	size_t psks_n;
	struct buf info_raw;
	struct group_info info;
	struct rowan_mls_group *g;
};

static void joining_wipe(struct joining *j)
{
	mls_message_wipe(&j->message);
	buf_wipe(&j->secrets_raw);
	secret_wipe(&j->joiner);
	psk_list_free(j->psks, j->psks_n);
	free(j->psk_ids);
	buf_wipe(&j->info_raw);
	group_info_wipe(&j->info);
	rowan_mls_group_free(j->g);
}

/* Our key package among those the Welcome names. */
static int find_package(struct joining *j, struct encrypted_group_secrets *ret)
{
	const struct welcome *w = &j->message.welcome;

	if (w->cipher_suite != j->client->suite->id)
		return suite_find(j->client->suites, w->cipher_suite) == NULL
			       ? ROWAN_E_MLS_SUITE
			       : ROWAN_E_MLS_NOT_FOR_US;
	for (struct stored_package *p = j->client->packages; p != NULL;
		p = p->next) {
		if (welcome_find(w, hash_view(&p->ref), ret) != 0)
			continue;
		j->package = p;
		return 0;
	}
	return ROWAN_E_MLS_NOT_FOR_US;
}

static int open_secrets(struct joining *j)
{
	struct encrypted_group_secrets entry;
	struct hpke_from from = {.suite = j->client->suite,
		.label = "Welcome",
		.context = j->message.welcome.encrypted_group_info};
	int rc = find_package(j, &entry);

	if (rc != 0)
		return rc;
	from.sk = secret_view(&j->package->init_sk);
	rc = hpke_decrypt_label(&from, &entry.secrets, &j->secrets_raw);
	if (rc == 0)
		rc = group_secrets_decode(
			buf_view(&j->secrets_raw), &j->secrets);
	if (rc == 0 && secret_set(&j->joiner, j->secrets.joiner_secret) != 0)
		rc = ROWAN_E_MALFORMED;
	return rc;
}

/* 12.4.3.1: no PSK twice; reinit and branch PSKs alone, and where they are
 * expected. */
static int psks_check(const struct joining *j)
{
	size_t resuming = 0;

	for (size_t i = 0; i < j->psks_n; i++) {
		const struct psk_id *id = &j->psk_ids[i];

		if (id->nonce.len != j->client->suite->hash->len)
			return ROWAN_E_MLS_PSK;
		if (id->type == PSK_RESUMPTION &&
			id->usage != PSK_USAGE_APPLICATION)
			resuming++;
		for (size_t k = 0; k < i; k++)
			if (bytes_eq(id->raw, j->psk_ids[k].raw))
				return ROWAN_E_MLS_PSK;
	}
	if (resuming == 0)
		return 0;
	return resuming == 1 && j->options != NULL &&
			       j->options->resuming != NULL
		       ? 0
		       : ROWAN_E_MLS_PSK;
}

static int find_psks(struct joining *j)
{
	struct reader r;
	int rc = 0;

	j->psks_n = j->secrets.psks_n;
	if (j->psks_n == 0)
		return 0;
	if ((j->psk_ids = calloc(j->psks_n, sizeof *j->psk_ids)) == NULL)
		return ROWAN_E_NOMEM;
	reader_init(&r, j->secrets.psks);
	for (size_t i = 0; i < j->psks_n && rc == 0; i++)
		rc = psk_id_read(&r, &j->psk_ids[i]);
	if (rc == 0)
		rc = psks_check(j);
	if (rc == 0)
		rc = group_psks(j->client,
			j->options != NULL ? j->options->resuming : NULL,
			j->psk_ids, j->psks_n, &j->psks);
	return rc;
}

static int open_info(struct joining *j)
{
	const struct suite *s = j->client->suite;
	struct bytes sealed = j->message.welcome.encrypted_group_info;
	uint8_t key[AEAD_KEY_MAX], nonce[AEAD_NONCE_MAX];
	struct secret psk, welcome = {.len = 0};
	int rc = psk_secret(s, j->psks, j->psks_n, &psk);

	if (rc == 0)
		rc = key_schedule_welcome(s, &j->joiner, &psk, &welcome);
	if (rc == 0)
		rc = key_schedule_welcome_key(s, &welcome, key, nonce);
	if (rc == 0 && sealed.len < s->aead->tag_len)
		rc = ROWAN_E_MLS_DECRYPT;
	if (rc == 0)
		rc = buf_alloc(&j->info_raw, sealed.len - s->aead->tag_len);
	if (rc == 0 && s->aead->open(key, nonce, bytes_of(NULL, 0), sealed,
			       j->info_raw.data) != 0)
		rc = ROWAN_E_MLS_DECRYPT;
	sodium_memzero(key, sizeof key);
	sodium_memzero(nonce, sizeof nonce);
	secret_wipe(&psk);
	secret_wipe(&welcome);
	return rc == 0 ? group_info_decode(buf_view(&j->info_raw), &j->info)
		       : rc;
}

/* 11.2, 11.3: what a resumed group has in common with the old one. */
static int resumed_check(const struct joining *j)
{
	bool linked = j->options == NULL || j->options->resuming == NULL;

	for (size_t i = 0; i < j->psks_n; i++) {
		const struct psk_id *id = &j->psk_ids[i];

		if (id->type != PSK_RESUMPTION)
			continue;
		linked = true;
		if (id->usage != PSK_USAGE_APPLICATION)
			return group_resumed_check(j->options->resuming, id,
				j->info.context, j->g->tree);
	}
	return linked ? 0 : ROWAN_E_MLS_PSK;
}

/* The keys above our leaf that the committer lets us know. */
static int take_path(struct joining *j)
{
	struct rowan_mls_group *g = j->g;
	struct secret path;
	int rc;

	/* 7.4: a path secret is as long as the hash */
	if (j->secrets.path_secret.len != g->suite->hash->len)
		return ROWAN_E_MLS_PATH;
	rc = secret_set(&path, j->secrets.path_secret);
	if (rc == 0)
		rc = treekem_join(g->keys, g->tree, j->info.signer, &path);
	secret_wipe(&path);
	return rc;
}

/* Our leaf, and the keys that belong to it. */
static int take_place(struct joining *j)
{
	struct rowan_mls_group *g = j->g;
	struct key_package kp = {0};
	int rc = key_package_decode(buf_view(&j->package->raw), &kp);

	if (rc != 0)
		return rc;
	/* "Identify a leaf whose LeafNode is identical to the one in the
	 * KeyPackage" */
	g->leaf = tree_find(g->tree, kp.leaf_node->raw);
	key_package_wipe(&kp);
	if (g->leaf >= tree_leaves(g->tree))
		return ROWAN_E_MLS_NOT_FOR_US;
	rc = treekem_init(g->keys, g->leaf, secret_view(&j->package->leaf_sk));
	if (rc == 0 && j->secrets.has_path_secret)
		rc = take_path(j);
	return rc;
}

static int enter(struct joining *j)
{
	struct rowan_mls_group *g = j->g;
	struct epoch_start start;
	int rc;

	g->context = group_context_ref(j->info.context);
	rc = take_place(j);
	if (rc == 0)
		rc = group_epoch_enter(
			g, &j->joiner, j->psks, j->psks_n, &start);
	if (rc != 0)
		return rc;
	epoch_start_wipe(&start);
	if ((rc = group_confirm(g, j->info.confirmation_tag)) != 0)
		return rc;
	return transcript_interim(g->suite,
		g->context->confirmed_transcript_hash, j->info.confirmation_tag,
		&g->interim);
}

static int join(struct joining *j, struct bytes welcome)
{
	struct bytes tree = j->options != NULL ? host_in(j->options->tree)
					       : bytes_of(NULL, 0);
	int rc = mls_message_decode(welcome, &j->message);

	if (rc == 0 && j->message.wire_format != WIRE_FORMAT_WELCOME)
		rc = ROWAN_E_REFUSED;
	if (rc != 0 || (rc = open_secrets(j)) != 0 ||
		(rc = find_psks(j)) != 0 || (rc = open_info(j)) != 0)
		return rc;
	/* "Verify that the cipher_suite in the GroupInfo matches" */
	if (j->info.context->cipher_suite != j->client->suite->id)
		return ROWAN_E_MLS_SUITE;
	if ((rc = group_new(j->client, &j->g)) != 0 ||
		(rc = group_info_check(
			 j->client, &j->info, tree, &j->g->tree)) != 0 ||
		(rc = resumed_check(j)) != 0)
		return rc;
	return enter(j);
}

int rowan_mls_join(struct rowan_mls *client, struct rowan_mls_bytes welcome,
	const struct rowan_mls_join_options *options,
	struct rowan_mls_group **ret)
{
	struct joining j = {.client = client, .options = options};
	int rc = join(&j, host_in(welcome));

	*ret = NULL;
	if (rc == 0) {
		*ret = j.g;
		j.g = NULL;
		/* "delete the private key" of a package for one use */
		package_used(client, j.package);
	}
	joining_wipe(&j);
	return rc;
}
