/* Pictures flow from their files through the device into files again. A crew of threads reads, finishes and
 * writes; the caller's thread fills batches and has the device compute them. */
#ifndef APPLY_PREDICT_FLOW_H
#define APPLY_PREDICT_FLOW_H

#include "nn/network.h"
#include "predict_picture.h"

typedef struct sw_predict_flow {
    const sw_predict_plan *plan;
    sw_network *network; /* for plan->rule.window and batches of `batch` images */
    sw_predict_picture *pictures;
    int count;
    int batch; /* with options.flip even */
    /* Called for each picture in order, once its files are written or it has failed; the picture is freed
     * after it.
     */
    void (*on_picture)(void *user, sw_predict_picture *picture);
    void *user;
} sw_predict_flow;

/* Takes all pictures through. Its own failures are those of the device and of memory for batches: then
 * pictures are left unfinished, and unfreed. */
sw_status sw_predict_flow_run(const sw_predict_flow *flow) SW_NODISCARD;

#endif
