/*
 * Key packages: see key_package.h.
 */
#include "crypto/label.h"
#include "mls/public/object/extension.h"
#include "mls/public/object/key_package.h"
#include "mls/public/object/limits.h"

static const char key_package_label[] = "KeyPackageTBS";

static int read_fields(struct reader *r, struct key_package *kp)
{
	const uint8_t *start = r->pos;
	int rc;

	if ((rc = reader_u16(r, &kp->version)) != 0 ||
		(rc = reader_u16(r, &kp->cipher_suite)) != 0 ||
		(rc = reader_vec(r, MLS_KEY_MAX, &kp->init_key)) != 0 ||
		(rc = leaf_node_read(r, &kp->leaf_node)) != 0 ||
		(rc = extension_list_read(r, &kp->extensions)) != 0)
		return rc;
	kp->tbs = bytes_of(start, (size_t)(r->pos - start));
	if ((rc = reader_vec(r, MLS_SIGNATURE_MAX, &kp->signature)) != 0)
		return rc;
	kp->raw = bytes_of(start, (size_t)(r->pos - start));
	return 0;
}

int key_package_read(struct reader *r, struct key_package *ret)
{
	struct reader ahead = *r;
	int rc;

	*ret = (struct key_package){0};
	if ((rc = read_fields(&ahead, ret)) != 0) {
		key_package_wipe(ret);
		return rc;
	}
	*r = ahead;
	return 0;
}

int key_package_decode(struct bytes raw, struct key_package *ret)
{
	struct reader r;
	int rc;

	reader_init(&r, raw);
	if ((rc = key_package_read(&r, ret)) != 0)
		return rc;
	if ((rc = reader_end(&r)) != 0)
		key_package_wipe(ret);
	return rc;
}

void key_package_wipe(struct key_package *kp)
{
	leaf_node_unref(kp->leaf_node);
	*kp = (struct key_package){0};
}

int key_package_check(const struct suite *suite, const struct key_package *kp)
{
	const struct leaf_node *leaf = kp->leaf_node;

	/* 10.1: "cipher suite and protocol version ... match" */
	if (kp->version != MLS_VERSION_10)
		return ROWAN_E_MLS_KEY_PACKAGE;
	if (kp->cipher_suite != suite->id)
		return ROWAN_E_MLS_SUITE;
	/* 10: leaf_node_source "MUST be set to key_package" */
	if (leaf->source != LEAF_NODE_KEY_PACKAGE)
		return ROWAN_E_MLS_LEAF_NODE;
	/* 10.1: "encryption_key is different from ... init_key" */
	if (bytes_eq(leaf->encryption_key, kp->init_key))
		return ROWAN_E_MLS_KEY_PACKAGE;
	/* 10: "init_key MUST be a public key for" the suite's KEM */
	if (!suite_kem_key(suite, kp->init_key))
		return ROWAN_E_MLS_KEY_PACKAGE;
	/* 10: one with an invalid signature "MUST be considered malformed" */
	return label_verify(suite, leaf->signature_key, key_package_label,
		kp->tbs, kp->signature);
}

void key_package_ref(const struct suite *suite, const struct key_package *kp,
	struct hash_value *ret)
{
	label_ref_hash(suite, "MLS 1.0 KeyPackage Reference", kp->raw, ret);
}

int key_package_new(const struct suite *suite,
	const struct key_package_params *params, struct bytes signature_priv,
	struct buf *ret)
{
	uint8_t signature[SIG_MAX];
	struct writer w;
	int rc;

	*ret = (struct buf){0};
	writer_init(&w, MLS_MESSAGE_MAX);
	writer_u16(&w, MLS_VERSION_10);
	writer_u16(&w, suite->id);
	writer_vec(&w, params->init_key);
	writer_raw(&w, params->leaf_node->raw.data, params->leaf_node->raw.len);
	writer_vec(&w, params->extensions);
	if ((rc = writer_status(&w)) == 0)
		rc = label_sign(suite, signature_priv, key_package_label,
			writer_view(&w), signature);
	if (rc != 0) {
		writer_wipe(&w);
		return rc;
	}
	writer_vec(&w, bytes_of(signature, suite->sig->sig_len));
	return writer_finish(&w, ret);
}
