/* The losses of the last steps, kept on the device until the host asks for them. From the first loss that is
 * not finite on, the optimiser changes nothing: the parameters stay those of the step before, however late
 * the host looks. */
#ifndef EXEC_LOSS_LOG_H
#define EXEC_LOSS_LOG_H

#include "exec/optimizer.h"

typedef struct sw_loss_log {
    sw_cl *cl;
    const void *kernel;
    cl_mem losses; /* (capacity,losses) */
    float *host;   /* (capacity,losses), what is being read */
    int loss_count, capacity, count;
    cl_event read; /* of the read under way; NULL: none */
} sw_loss_log;

/* For so many steps of so many losses each. */
sw_status sw_loss_log_init(sw_loss_log *log, sw_cl *cl, int capacity, int loss_count) SW_NODISCARD;
void sw_loss_log_deinit(sw_loss_log *log); /* accepts a zeroed one */

/* Enqueued: notes the losses (one float each) of a batch, and halts the optimiser for good where one is not
 * finite. The `first` batch of a step begins an entry of the log. A later one moves that entry, the mean of
 * the step so far, by its share in 0..1 of each loss: what it weighs, divided by what it and the batches
 * before it weigh. Comes before the step's update. At most `capacity` steps may wait to be read. */
sw_status sw_loss_log_add(sw_loss_log *log, const cl_mem *losses, bool first, const double *shares,
                          const sw_optimizer *optimizer) SW_NODISCARD;

/* Enqueues the reading of the losses that wait, so that what is enqueued behind it need not be waited for.
 * Optional. */
sw_status sw_loss_log_begin_read(sw_loss_log *log) SW_NODISCARD;

/* Waits for them: *losses (valid until the next add) has those of *count steps, oldest first, and none waits
 * any more. */
sw_status sw_loss_log_read(sw_loss_log *log, const float **losses, int *count) SW_NODISCARD;

#endif
