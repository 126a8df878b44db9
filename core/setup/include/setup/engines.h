/* Which engine computes each convolution of an experiment. In this order: what runtime.conv_layers says, what
 * was timed on the device before, what is timed now, the fixed order. */
#ifndef SETUP_ENGINES_H
#define SETUP_ENGINES_H

#include <signal.h>

#include "base/arena.h"
#include "base/progress.h"
#include "base/str.h"
#include "cl/device.h"
#include "config/experiment.h"

typedef struct sw_engines {
    sw_conv_pins pins;  /* every convolution of the model; none where runtime.conv_engine is not auto */
    const char *source; /* where they come from, in words */
    sw_arena names;
} sw_engines;

/* Decides before the network is planned. A cache that cannot be read is timed anew; one that cannot be
 * written is a warning, and leaves what is not in it to the fixed order: else each run would time again, and
 * could end with other bits. SW_E_INTERRUPTED: *stop became set, and nothing is kept. `progress` of timing;
 * NULL: not shown. */
sw_status sw_engines_decide(sw_engines *out, const sw_experiment *experiment, sw_cl *cl,
                            const volatile sig_atomic_t *stop,
                            const sw_progress_output *progress) SW_NODISCARD;
void sw_engines_deinit(sw_engines *engines); /* accepts a zeroed one */

/* --- segwork tune ---------------------------------------------------------------------------- */

typedef struct sw_tuning {
    sw_device_info device;
    char *path;          /* of the file that keeps it */
    sw_conv_table table; /* a row a layer of the experiment, in its order */
} sw_tuning;

typedef struct sw_tuning_options {
    const char *device; /* overrides runtime.device; NULL: not */
    bool force;         /* time anew what was timed before */
    const volatile sig_atomic_t *stop;
    const sw_progress_output *progress; /* NULL: none */
} sw_tuning_options;

/* Fills the cache for the experiment's layers. Here a cache that cannot be written is SW_E_IO. */
sw_status sw_tuning_run(sw_tuning *out, const sw_experiment *experiment,
                        const sw_tuning_options *options) SW_NODISCARD;
void sw_tuning_deinit(sw_tuning *tuning); /* accepts a zeroed one */
/* Appends the times as a table of 80 columns. */
void sw_tuning_print(sw_str *out, const sw_tuning *tuning);
/* Appends them as one JSON document: device, file, and of each layer and pass the engine that was taken and
 * the milliseconds per image of each; null of one whose results were wrong. */
sw_status sw_tuning_json(sw_str *out, const sw_tuning *tuning) SW_NODISCARD;

#endif
