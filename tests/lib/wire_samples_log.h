/*
 * The log's part of wire_samples.c: one maker for each message.
 */
#ifndef LIB_WIRE_SAMPLES_LOG_H
#define LIB_WIRE_SAMPLES_LOG_H

#include "base/writer.h"

int sample_checkpoint(struct writer *w);
int sample_checkpoint_answer(struct writer *w);
int sample_log_proof(struct writer *w);
int sample_log_consistency(struct writer *w);
int sample_log_path(struct writer *w);
int sample_receipt(struct writer *w);
int sample_receipt_answer(struct writer *w);
int sample_log_find(struct writer *w);
int sample_log_find_answer(struct writer *w);
int sample_log_entries(struct writer *w);
int sample_log_entries_answer(struct writer *w);
int sample_log_details(struct writer *w);
int sample_log_details_answer(struct writer *w);
int sample_cosign(struct writer *w);
int sample_erased(struct writer *w);
int sample_erased_answer(struct writer *w);

#endif
