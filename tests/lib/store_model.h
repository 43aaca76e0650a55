/*
 * The store as a handful of arrays, to compare the real one with.
 *
 * A model is a plain value: copy it to remember a state. It knows five
 * devices, three channels, three blobs and the key packages of the devices.
 */
#ifndef TESTS_LIB_STORE_MODEL_H
#define TESTS_LIB_STORE_MODEL_H

#include "lib/store_kit.h"

#define MODEL_DEVICES  5
#define MODEL_CHANNELS 3
#define MODEL_BLOBS    3
#define MODEL_CHUNKS   6
#define MODEL_MAILBOX  400

struct model_item {
	uint64_t seq;
	uint64_t number; /* its body */
	uint64_t expires;
};

struct model_box {
	struct model_item items[MODEL_MAILBOX];
	size_t len;
	uint64_t counter; /* as a sender */
	uint32_t packages;
	bool last_resort;
	bool revoked;
};

struct model_blob {
	bool known;
	uint32_t owner;
	uint32_t chunks; /* bit i: it is there */
	uint64_t number; /* tells generations of the same id apart */
};

struct model {
	struct model_box boxes[MODEL_DEVICES];
	struct model_blob blobs[MODEL_BLOBS];
	uint64_t leaves; /* of the log: one for each envelope accepted */
	uint64_t next;	 /* number of bodies, hashes, ... */
	uint64_t random;
};

/**
 * model_start(m, k, seed):
 * Fill a fresh store and the model alike.
 */
void model_start(struct model *m, struct kit *k, uint64_t seed);

/**
 * model_step(m, k):
 * One random operation on both inside the open transaction. Asserts that the
 * store answers as the model does. Returns 0, or the store's code when the
 * transaction cannot go on; the model is then of no use any more.
 */
ROWAN_MUST int model_step(struct model *m, struct kit *k);

/**
 * model_fits(m, k):
 * Return true iff the store shows exactly what the model does.
 */
bool model_fits(const struct model *m, struct kit *k);

/**
 * model_random(m, n):
 * A number below ${n}.
 */
uint32_t model_random(struct model *m, uint32_t n);

#endif
