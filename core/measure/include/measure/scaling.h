/* What a step of several processes takes, reckoned from the rate of one and from the network between them
 * (docs/scale.md). */
#ifndef MEASURE_SCALING_H
#define MEASURE_SCALING_H

#include "measure/describe.h"

typedef struct sw_scaling_link {
    double images_per_second; /* of one process in training, measured */
    double gbit_per_second;   /* that a process can send and receive at the same time */
    double latency_us;        /* of a message */
} sw_scaling_link;

/* The expected step of a batch that so many processes share. All times are of the process with the largest
 * slice. Gradients are exchanged bucket by bucket (exec/buckets.h) while the last batch's backward pass goes
 * on; what is left of that at its end is "exposed". */
typedef struct sw_scaling {
    int ranks;
    int images;         /* of the largest slice, of all batches of a step */
    double compute_s;   /* images / rate */
    double gradients_s; /* of each bucket 2 (n - 1) messages of 1/n of it */
    double exposed_s; /* of gradients_s; all of it with train.sync_norm, where the host waits at each norm */
    double norms_s;   /* with train.sync_norm: two exchanges a batch norm and batch */
    double
        agreement_s;   /* what the processes ask each other in every step: weights, losses, whether to stop */
    double step_s;     /* compute, exposed, norms and agreement */
    double sent_bytes; /* by a process */
    double images_per_second, efficiency; /* of all; of a rate of `ranks` processes without exchange */
} sw_scaling;

/* `ranks` from 1 to train.batch_size. A backward pass takes two thirds of a batch's time, each layer by its
 * share of the operations. An exchange of small records goes round in log2(n) messages, rounded
 * up. */
sw_scaling sw_scaling_expect(const sw_description *description, const sw_scaling_link *link, int ranks);

/* Appends a table: 1, 2, 4, ... processes, and `ranks`. */
void sw_scaling_print(sw_str *out, const sw_description *description, const sw_scaling_link *link, int ranks);

/* Returns the same rows as a list, a new cJSON array. */
struct cJSON *sw_scaling_json(const sw_description *description, const sw_scaling_link *link, int ranks);

#endif
