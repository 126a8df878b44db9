/* Times the engines that could compute a convolution's passes on this device, and chooses. */
#ifndef OPS_CONV_TUNE_H
#define OPS_CONV_TUNE_H

#include <signal.h>

#include "base/tally.h"
#include "ops/conv_choice.h"

struct sw_conv_engine;

typedef struct sw_conv_tune_options {
    double seconds; /* about how long the timing of the whole table may take; every engine is checked and
                       timed at least once */
    const struct sw_conv_engine *const *engines; /* in the fixed order, ended by NULL; NULL: all there are */
    sw_tally *tally;                   /* counts one for each pass of each undecided row; NULL: none */
    const volatile sig_atomic_t *stop; /* not 0: SW_E_INTERRUPTED before the next layer; NULL: never */
} sw_conv_tune_options;

/* Decides every undecided pass of the table's rows. A pass that one engine only can compute goes to it. Else
 * each engine computes it on random data, and one whose result is further from that of clblast than rounding
 * explains is refused with a line in the log; the others are timed in turns, and the fastest is taken, or the
 * first of the fixed order that is within 5 % of it, so that noise seldom decides. What was decided before a
 * failure stays. */
sw_status sw_conv_tune(sw_conv_table *table, sw_cl *cl, const sw_conv_tune_options *options) SW_NODISCARD;

#endif
