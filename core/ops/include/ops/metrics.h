/* Segmentation metrics computed on the device, read back as a few numbers an image. */
#ifndef OPS_METRICS_H
#define OPS_METRICS_H

#include "cl/device.h"

typedef struct sw_metrics sw_metrics;

/* For logits (N,H,W,K) with N <= max_n. ignore_index: label whose pixels are left out (-1: none). */
sw_status sw_metrics_create(sw_metrics **out, sw_cl *cl, int max_n, int h, int w, int k,
                            int ignore_index) SW_NODISCARD;
void sw_metrics_destroy(sw_metrics *metrics); /* accepts NULL */

/* Enqueues: predictions (arg max; ties go to the lowest class), how sure they are (the softmax of that class,
 * round(255 p)), and, per image, the confusion counts (K,K) with rows truth and columns prediction, and the
 * soft intersection and union of the softmax against the one-hot truth. */
sw_status sw_metrics_run(sw_metrics *metrics, cl_mem logits, cl_mem labels, int n) SW_NODISCARD;

/* Waits and reads the last run's results for its n images. Any pointer may be NULL.
 * confusion: (n,K,K); soft: (n,2) intersection, union: the custom IoU of an image is (i+0.001)/(u+0.001);
 * predictions, confidence: (n,H,W). */
sw_status sw_metrics_read(sw_metrics *metrics, uint32_t *confusion, float *soft, uint8_t *predictions,
                          uint8_t *confidence) SW_NODISCARD;

#endif
