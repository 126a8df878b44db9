/* Segmentation metrics computed on the device, read back as a few numbers an image. */
#ifndef OPS_METRICS_H
#define OPS_METRICS_H

#include "cl/device.h"

typedef struct sw_metrics sw_metrics;

/* For logits (N,H,W,K) with N <= max_n. ignore_index: label whose pixels are left out (-1: none). */
sw_status sw_metrics_create(sw_metrics **out, sw_cl *cl, int max_n, int h, int w, int k,
                            int ignore_index) SW_NODISCARD;
void sw_metrics_destroy(sw_metrics *metrics); /* accepts NULL */

/* Enqueues: predictions (arg max; ties go to the lowest class) and, per image, the confusion counts (K,K)
 * with rows truth and columns prediction, and the soft intersection and union of the softmax against the
 * one-hot truth. */
sw_status sw_metrics_run(sw_metrics *metrics, cl_mem logits, cl_mem labels, int n) SW_NODISCARD;

/* Waits and reads the last run's results for its n images. Any pointer may be NULL.
 * confusion: (n,K,K); soft: (n,2) intersection, union: the custom IoU of an image is (i+0.001)/(u+0.001);
 * predictions: (n,H,W). */
sw_status sw_metrics_read(sw_metrics *metrics, uint32_t *confusion, float *soft,
                          uint8_t *predictions) SW_NODISCARD;

/* Computes, waits for and reads how sure the predictions of image `image` of the last run are: the softmax of
 * each pixel's predicted class as round(255 p), (H,W). `logits` are still those of that run. Apart from the
 * run, for it is wanted of few images. */
sw_status sw_metrics_confidence(sw_metrics *metrics, cl_mem logits, int image,
                                uint8_t *confidence) SW_NODISCARD;

#endif
