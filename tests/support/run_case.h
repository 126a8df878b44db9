/* Folders of runs made up on the spot, below the test's scratch folder. */
#ifndef RUN_CASE_H
#define RUN_CASE_H

#include "run/records.h"

typedef struct run_case {
    const char *folder;                /* name in the scratch folder */
    const char *config;                /* keys beside the smallest model, lines of YAML; NULL: none */
    const char *outcome;               /* of its last process; NULL: it has none yet */
    const char *train_data, *val_data; /* fingerprints; NULL: "t" and "v" */
    const char *manifest;              /* further members, such as "\"origins\": {}"; NULL: none */
    const double *iou_border; /* one figure an epoch; other figures follow from it, see run_case_epoch */
    int epochs;
} run_case;

/* Writes config.yaml, manifest.json, steps.jsonl (two steps an epoch), metrics.jsonl and log.txt, and
 * returns the folder's path. */
const char *run_case_write(const run_case *made);

/* The figures of an epoch: val_loss is 1 - iou_border, the accuracy 1 - val_loss / 2, miou and iou_pet halves
 * of iou_border; 10 images/s, 2 seconds, lr 0.01, train_loss 0.5 / epoch. The caller frees them with
 * sw_epoch_record_deinit. */
sw_epoch_record run_case_epoch(int epoch, double iou_border);

#endif
