/* The profile of `segwork run --profile`: the host's time over the whole of this process, and the device's
 * over the first so many training and validation steps of its first epoch. Afterwards the device runs as
 * without a profile.
 *
 *   profile.txt   tables of layers, ops and the host
 *   profile.json  the same as numbers
 *   trace.json    the profiled steps and the end of their epoch, for a browser's trace viewer
 *
 * Every function accepts a NULL profile and then does nothing. */
#ifndef MEASURE_RUN_PROFILE_H
#define MEASURE_RUN_PROFILE_H

#include "nn/network.h"

typedef enum sw_host_span {
    SW_SPAN_LOAD,
    SW_SPAN_UPLOAD,
    SW_SPAN_ENQUEUE,
    SW_SPAN_WAIT,
    SW_SPAN_RECORD,
    SW_SPAN_VALIDATION, /* has the next three in it */
    SW_SPAN_VALIDATION_LOAD,
    SW_SPAN_EVALUATE,
    SW_SPAN_METRICS,
    SW_SPAN_PICTURES,
    SW_SPAN_CHECKPOINT,
    SW_HOST_SPANS
} sw_host_span;

typedef enum sw_profile_steps { SW_STEPS_TRAIN, SW_STEPS_VALIDATE } sw_profile_steps;

typedef struct sw_run_profile sw_run_profile;

/* Measures the device's peak first. `steps` > 0 of each kind are profiled; the network must outlive it. */
sw_status sw_run_profile_create(sw_run_profile **out, const char *folder, sw_cl *cl,
                                const sw_network *network, int steps) SW_NODISCARD;
void sw_run_profile_destroy(sw_run_profile *profile);

/* Begin and end a span of what the host does: begin returns what end takes, and end returns what the end of a
 * span takes that follows at once. A span that fails need not end. */
double sw_run_profile_begin(const sw_run_profile *profile);
double sw_run_profile_end(sw_run_profile *profile, sw_host_span what, double begun);

/* Begin and end each step, which is one batch from the loader to its end on the host. A begun step that found
 * no batch need not end. */
sw_status sw_run_profile_step_begin(sw_run_profile *profile, sw_profile_steps kind) SW_NODISCARD;
sw_status sw_run_profile_step_end(sw_run_profile *profile, sw_profile_steps kind, int images) SW_NODISCARD;
/* Says that all steps of the kind in this epoch are done. */
sw_status sw_run_profile_steps_done(sw_run_profile *profile, sw_profile_steps kind) SW_NODISCARD;
/* Says that the epoch is done, checkpoints included. */
sw_status sw_run_profile_epoch_done(sw_run_profile *profile) SW_NODISCARD;

/* Writes profile.txt, profile.json and the rest of trace.json. *summary (freed by the caller) has the
 * tables by op and of the host, to be shown at the end. */
sw_status sw_run_profile_write(sw_run_profile *profile, char **summary) SW_NODISCARD;

#endif
