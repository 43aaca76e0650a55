/*
 * Blobs: begin, put, status, get, delete.
 */
#ifndef OPS_BLOBS_H
#define OPS_BLOBS_H

#include "ops/table.h"

/**
 * blobs_begin(o, r), ...:
 * Handlers of the operations of wire/blob.h. Everybody in the blob's channel
 * may read it, its owner alone writes and deletes.
 */
ROWAN_MUST int blobs_begin(struct ops *o, struct request *r);
ROWAN_MUST int blobs_put(struct ops *o, struct request *r);
ROWAN_MUST int blobs_status(struct ops *o, struct request *r);
ROWAN_MUST int blobs_get(struct ops *o, struct request *r);
ROWAN_MUST int blobs_delete(struct ops *o, struct request *r);

#endif
