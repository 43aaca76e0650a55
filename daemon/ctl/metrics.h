/*
 * A snapshot as OpenMetrics text. No label ever names a device, a member, a
 * case or an address.
 */
#ifndef CTL_METRICS_H
#define CTL_METRICS_H

#include "ctl/snapshot.h"

/**
 * metrics_write(s, plain, w):
 * The whole text, its end mark included; with ${plain} in the older form that
 * files for a node exporter have.
 */
void metrics_write(const struct ctl_snapshot *s, bool plain, struct writer *w);

#endif
