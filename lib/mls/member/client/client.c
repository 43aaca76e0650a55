/*
 * Clients: see client.h and rowan/mls.h.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "mls/member/client/client.h"
#include "mls/public/object/extension.h"
#include "mls/public/object/proposal.h"

#define KEEP_GENERATIONS 64
#define MAX_FORWARD	 1000
#define KEEP_RESUMPTION	 8
#define LIFETIME	 (28ull * 24 * 3600)
#define HOUR		 3600

/* ---- the default table -------------------------------------------------- */

static uint64_t system_clock(void *ctx)
{
	return (uint64_t)time(NULL);
}

static int system_random(void *ctx, uint8_t *ret, size_t len)
{
	randombytes_buf(ret, len);
	return 0;
}

static int accept_all(void *ctx, const struct rowan_mls_claim *claim)
{
	return 0;
}

void rowan_mls_host_init(struct rowan_mls_host *host)
{
	*host = (struct rowan_mls_host){.clock = system_clock,
		.random = system_random,
		.validate = accept_all};
}

int client_random(const struct rowan_mls *c, void *ret, size_t len)
{
	if (c->host.random(c->host.ctx, ret, len) == 0)
		return 0;
	sodium_memzero(ret, len);
	return ROWAN_E_INTERNAL;
}

static uint64_t now_of(const struct rowan_mls *c)
{
	return c->host.clock(c->host.ctx);
}

/* ---- judging others ------------------------------------------------------ */

void client_policy(const struct rowan_mls *c, struct leaf_policy *ret)
{
	const struct host_limits limits = {
		c->lifetime_max, c->ignore_lifetimes};

	host_policy(&c->host, &limits, ret);
}

/* ---- ourselves ---------------------------------------------------------- */

struct bytes client_sk(const struct rowan_mls *c)
{
	return bytes_of(c->keys->sk, c->suite->sig->sk_len);
}

void client_capabilities(
	const struct rowan_mls *c, struct client_capabilities *ret)
{
	ret->version[0] = 0;
	ret->version[1] = MLS_VERSION_10;
	ret->suite[0] = (uint8_t)(c->suite->id >> 8);
	ret->suite[1] = (uint8_t)c->suite->id;
	ret->lists = (struct capabilities){
		.versions = bytes_of(ret->version, sizeof ret->version),
		.cipher_suites = bytes_of(ret->suite, sizeof ret->suite),
		.extensions = buf_view(&c->extensions),
		.proposals = buf_view(&c->proposals),
		.credentials = buf_view(&c->credentials)};
}

void client_leaf_params(const struct rowan_mls *c,
	const struct client_capabilities *caps, struct leaf_node_params *ret)
{
	*ret = (struct leaf_node_params){
		.signature_key = buf_view(&c->signature_key),
		.credential_type = c->credential_type,
		.credential = buf_view(&c->credential),
		.capabilities = &caps->lists};
}

/* 7.2: "a maximum total lifetime" is what others will accept of us, too. */
void client_lifetime(const struct rowan_mls *c, struct leaf_node_params *ret)
{
	uint64_t now = now_of(c), early = now < HOUR ? now : HOUR;
	uint64_t all = c->lifetime_max;

	if (all == 0 || all > LIFETIME + early)
		all = LIFETIME + early;
	if (early > all)
		early = all;
	ret->not_before = now - early;
	ret->not_after = ret->not_before + all;
}

int client_extensions(struct rowan_mls_extensions in, struct buf *ret)
{
	struct writer w;
	int rc;

	writer_init(&w, MLS_MESSAGE_MAX);
	for (size_t i = 0; i < in.n; i++)
		extension_write(&w, in.v[i].type, host_in(in.v[i].data));
	rc = writer_finish(&w, ret);
	if (rc == 0 && extension_list_check(buf_view(ret)) != 0) {
		buf_wipe(ret);
		rc = ROWAN_E_MLS_EXTENSION;
	}
	return rc;
}

/* ---- making one --------------------------------------------------------- */

/* Types as big-endian numbers, without those that need no listing. */
static int list_types(struct rowan_mls_types types,
	bool (*is_default)(uint16_t), uint16_t first, struct buf *ret)
{
	struct writer w;

	writer_init(&w, MLS_TYPE_LIST_MAX);
	if (first != 0)
		writer_u16(&w, first);
	for (size_t i = 0; i < types.n; i++)
		if (types.v[i] != first &&
			(is_default == NULL || !is_default(types.v[i])))
			writer_u16(&w, types.v[i]);
	return writer_finish(&w, ret);
}

static bool default_proposal(uint16_t type)
{
	return proposal_is_default(type);
}

static uint32_t or_default(uint32_t value, uint32_t otherwise)
{
	return value != 0 ? value : otherwise;
}

/* Everything that does not come from a blob. */
static int take_options(struct rowan_mls *c, const struct rowan_mls_options *o)
{
	if (o->host.clock == NULL || o->host.random == NULL ||
		o->host.validate == NULL)
		return ROWAN_E_INVAL;
	c->host = o->host;
	c->keep_generations = or_default(o->keep_generations, KEEP_GENERATIONS);
	c->max_forward = or_default(o->max_forward, MAX_FORWARD);
	c->keep_epochs = o->keep_epochs;
	c->keep_resumption = or_default(o->keep_resumption, KEEP_RESUMPTION);
	c->pad_until = o->pad_until;
	c->lifetime_max = o->lifetime_max;
	c->ignore_lifetimes = o->ignore_lifetimes;
	return 0;
}

/* Expand the seed that is in place. */
static int take_seed(struct rowan_mls *c)
{
	const struct signature *sig = c->suite->sig;
	int rc = buf_alloc(&c->signature_key, sig->pk_len);

	return rc != 0 ? rc
		       : suite_sign_keys(c->suite,
				 bytes_of(c->keys->seed, sig->seed_len),
				 c->keys->sk, c->signature_key.data);
}

static int client_alloc(const struct suite *const *suites, uint16_t suite,
	struct rowan_mls **ret)
{
	struct rowan_mls *c;

	*ret = NULL;
	if (sodium_init() < 0)
		return ROWAN_E_INTERNAL;
	c = calloc(1, sizeof *c);
	if (c == NULL)
		return ROWAN_E_NOMEM;
	c->suites = suites;
	c->suite = suite_find(suites, suite);
	c->keys = secret_new(sizeof *c->keys);
	if (c->suite == NULL || c->keys == NULL) {
		int rc = c->suite == NULL ? ROWAN_E_MLS_SUITE : ROWAN_E_NOMEM;

		rowan_mls_free(c);
		return rc;
	}
	*ret = c;
	return 0;
}

static int fill(struct rowan_mls *c, const struct rowan_mls_options *o)
{
	size_t seed_len = c->suite->sig->seed_len;
	int rc;

	if (o->credential.type == 0 ||
		o->credential.content.len > MLS_CREDENTIAL_MAX ||
		(o->signature_seed.len != 0 &&
			o->signature_seed.len != seed_len))
		return ROWAN_E_INVAL;
	c->credential_type = o->credential.type;
	if ((rc = take_options(c, o)) != 0 ||
		(rc = buf_copy(&c->credential,
			 host_in(o->credential.content))) != 0 ||
		(rc = list_types(o->extensions, extension_is_default, 0,
			 &c->extensions)) != 0 ||
		(rc = list_types(o->proposals, default_proposal, 0,
			 &c->proposals)) != 0 ||
		(rc = list_types(o->credentials, NULL, c->credential_type,
			 &c->credentials)) != 0)
		return rc;
	if (o->signature_seed.len != 0)
		memcpy(c->keys->seed, o->signature_seed.data, seed_len);
	else if ((rc = client_random(c, c->keys->seed, seed_len)) != 0)
		return rc;
	return take_seed(c);
}

int client_new(const struct rowan_mls_options *options,
	const struct suite *const *suites, struct rowan_mls **ret)
{
	uint16_t suite = options->suite != 0 ? options->suite : suite_0003.id;
	struct rowan_mls *c;
	int rc = client_alloc(suites, suite, &c);

	*ret = NULL;
	if (rc != 0)
		return rc;
	rc = fill(c, options);
	if (rc != 0)
		rowan_mls_free(c);
	else
		*ret = c;
	return rc;
}

int rowan_mls_new(
	const struct rowan_mls_options *options, struct rowan_mls **ret)
{
	return client_new(options, suite_default, ret);
}

void rowan_mls_free(struct rowan_mls *client)
{
	struct stored_package *p, *next;

	if (client == NULL)
		return;
	for (p = client->packages; p != NULL; p = next) {
		next = p->next;
		package_free(p);
	}
	buf_wipe(&client->credential);
	buf_wipe(&client->signature_key);
	buf_wipe(&client->extensions);
	buf_wipe(&client->proposals);
	buf_wipe(&client->credentials);
	secret_free(client->keys);
	free(client);
}

struct rowan_mls_bytes rowan_mls_signature_key(const struct rowan_mls *client)
{
	return host_out(buf_view(&client->signature_key));
}

/* ---- save and load ------------------------------------------------------ */

#define SAVED_VERSION 1

int rowan_mls_save(const struct rowan_mls *client, struct rowan_mls_buf *ret)
{
	struct writer w;
	struct buf out;
	size_t mark;
	int rc;

	*ret = (struct rowan_mls_buf){NULL, 0};
	writer_init(&w, MLS_MESSAGE_MAX);
	writer_u16(&w, SAVED_VERSION);
	writer_u16(&w, client->suite->id);
	writer_u16(&w, client->credential_type);
	writer_vec(&w, buf_view(&client->credential));
	writer_vec(
		&w, bytes_of(client->keys->seed, client->suite->sig->seed_len));
	writer_vec(&w, buf_view(&client->extensions));
	writer_vec(&w, buf_view(&client->proposals));
	writer_vec(&w, buf_view(&client->credentials));
	mark = writer_open(&w);
	for (const struct stored_package *p = client->packages; p != NULL;
		p = p->next) {
		writer_vec(&w, buf_view(&p->raw));
		writer_u8(&w, p->last_resort);
		writer_vec(&w, secret_view(&p->init_sk));
		writer_vec(&w, secret_view(&p->leaf_sk));
	}
	writer_close(&w, mark);
	rc = writer_finish(&w, &out);
	if (rc == 0)
		*ret = client_give(out);
	return rc;
}

/* A vector that must be ours: anything wrong with it is damage. */
static int read_buf(struct reader *r, size_t max, struct buf *ret)
{
	struct bytes view;

	if (reader_vec(r, max, &view) != 0)
		return ROWAN_E_CORRUPT;
	return buf_copy(ret, view);
}

static int read_package(struct rowan_mls *c, struct reader *r)
{
	struct stored_package *p = calloc(1, sizeof *p);
	struct key_package kp = {0};
	struct bytes init_sk, leaf_sk;
	uint8_t last_resort;
	int rc;

	if (p == NULL)
		return ROWAN_E_NOMEM;
	if ((rc = read_buf(r, MLS_MESSAGE_MAX, &p->raw)) == 0 &&
		(reader_u8(r, &last_resort) != 0 || last_resort > 1 ||
			reader_vec(r, SECRET_MAX, &init_sk) != 0 ||
			reader_vec(r, SECRET_MAX, &leaf_sk) != 0 ||
			secret_set(&p->init_sk, init_sk) != 0 ||
			secret_set(&p->leaf_sk, leaf_sk) != 0))
		rc = ROWAN_E_CORRUPT;
	if (rc == 0 && (rc = key_package_decode(buf_view(&p->raw), &kp)) != 0 &&
		rc != ROWAN_E_NOMEM)
		rc = ROWAN_E_CORRUPT;
	if (rc == 0 && package_check_keys(c, p, &kp) != 0)
		rc = ROWAN_E_CORRUPT;
	if (rc == 0) {
		p->last_resort = last_resort == 1;
		key_package_ref(c->suite, &kp, &p->ref);
		package_put(c, p);
		p = NULL;
	}
	key_package_wipe(&kp);
	package_free(p);
	return rc;
}

static int load(struct rowan_mls *c, const struct rowan_mls_options *options,
	struct reader *r)
{
	struct reader list;
	struct bytes seed;
	int rc;

	if ((rc = take_options(c, options)) != 0)
		return rc;
	if (reader_u16(r, &c->credential_type) != 0)
		return ROWAN_E_CORRUPT;
	if ((rc = read_buf(r, MLS_CREDENTIAL_MAX, &c->credential)) != 0)
		return rc;
	if (reader_vec(r, SIG_SEED_MAX, &seed) != 0 ||
		seed.len != c->suite->sig->seed_len)
		return ROWAN_E_CORRUPT;
	memcpy(c->keys->seed, seed.data, seed.len);
	if ((rc = take_seed(c)) != 0 ||
		(rc = read_buf(r, MLS_TYPE_LIST_MAX, &c->extensions)) != 0 ||
		(rc = read_buf(r, MLS_TYPE_LIST_MAX, &c->proposals)) != 0 ||
		(rc = read_buf(r, MLS_TYPE_LIST_MAX, &c->credentials)) != 0)
		return rc;
	if (reader_sub(r, MLS_MESSAGE_MAX, &list) != 0 || reader_end(r) != 0)
		return ROWAN_E_CORRUPT;
	while (rc == 0 && reader_left(&list) > 0)
		rc = read_package(c, &list);
	return rc;
}

int client_load(const struct rowan_mls_options *options,
	const struct suite *const *suites, struct bytes blob,
	struct rowan_mls **ret)
{
	uint16_t version = 0, suite = 0;
	struct rowan_mls *c;
	struct reader r;
	int rc;

	*ret = NULL;
	reader_init(&r, blob);
	if (reader_u16(&r, &version) != 0 || version == 0)
		return ROWAN_E_CORRUPT;
	if (version > SAVED_VERSION)
		return ROWAN_E_TOO_NEW;
	if (reader_u16(&r, &suite) != 0)
		return ROWAN_E_CORRUPT;
	if ((rc = client_alloc(suites, suite, &c)) != 0)
		return rc;
	rc = load(c, options, &r);
	if (rc != 0)
		rowan_mls_free(c);
	else
		*ret = c;
	return rc;
}

int rowan_mls_load(const struct rowan_mls_options *options,
	struct rowan_mls_bytes blob, struct rowan_mls **ret)
{
	return client_load(options, suite_default, host_in(blob), ret);
}
