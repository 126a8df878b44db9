/* The numbers of a run: steps.jsonl (a line a step), metrics.jsonl and metrics.csv (a line an epoch).
 *
 * Lines are appended with one write each, so that a killed process leaves whole lines but for the last.
 * sw_records_rewind brings the files back to a resume point. Numbers are written in the shortest form that
 * reads back as the same float; what is absent (NaN) or not finite is null in JSON and empty in CSV. */
#ifndef RUN_RECORDS_H
#define RUN_RECORDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "nn/config.h"

typedef struct sw_step_record {
    int64_t step; /* 1 = first of the run */
    int epoch;    /* 1 = first */
    double loss, lr;
} sw_step_record;

/* A row of the metrics. NaN: absent. Columns in the files, in this order: epoch, lr, train_loss, val_loss,
 * pixel_accuracy, iou, custom_iou, miou, iou_<class>..., border_recall (where a class is named "border"),
 * article_pixel_accuracy, images_per_second, seconds; then article_iou, article_custom_iou, boundary_f1 and
 * precision_<class>..., recall_<class>..., dice_<class>..., boundary_f1_<class>... */
typedef struct sw_epoch_record {
    int epoch; /* 1 = first; 0 = before training */
    double lr, train_loss, val_loss;
    double pixel_accuracy, iou, custom_iou, miou;
    double article_pixel_accuracy, article_iou, article_custom_iou;
    double images_per_second, seconds;
    double boundary_f1;
    double class_iou[SW_MAX_CLASSES], class_precision[SW_MAX_CLASSES], class_recall[SW_MAX_CLASSES];
    double class_dice[SW_MAX_CLASSES], class_boundary_f1[SW_MAX_CLASSES];
} sw_epoch_record;

/* A record of that epoch with everything else absent. */
sw_epoch_record sw_epoch_record_empty(int epoch);

/* One number of a row: its key in the files and its place in the record. */
typedef struct sw_epoch_cell {
    char key[160];
    size_t offset;
} sw_epoch_cell;

enum { SW_EPOCH_COLUMN_KINDS = 24 };

/* The columns of the files after "epoch", in their order. */
typedef struct sw_epoch_layout {
    sw_epoch_cell cells[SW_EPOCH_COLUMN_KINDS * SW_MAX_CLASSES];
    int count;
} sw_epoch_layout;

void sw_epoch_layout_init(sw_epoch_layout *out, char *const *class_names, int class_count);
double sw_epoch_value(const sw_epoch_record *record, const sw_epoch_cell *cell);

typedef struct sw_records sw_records;

/* Opens or creates the three files in a run's folder for appending. To continue a run, rewind first. Class
 * names (letters, digits, _ and -) need not outlive the call. */
sw_status sw_records_open(sw_records **out, const char *folder, const char *const *class_names,
                          int class_count) SW_NODISCARD;
sw_status sw_records_append_step(sw_records *records, const sw_step_record *step) SW_NODISCARD;
sw_status sw_records_append_epoch(sw_records *records, const sw_epoch_record *epoch) SW_NODISCARD;
/* Waits until all lines are on the disk. */
sw_status sw_records_flush(const sw_records *records) SW_NODISCARD;
void sw_records_close(sw_records *records);

/* Calls `visit` for every column but `epoch`, in the files' order; an absent value is NaN. */
void sw_records_visit(const sw_records *records, const sw_epoch_record *epoch,
                      void (*visit)(void *user, const char *key, double value), void *user);

/* Drops the rows of steps past `last_step` and of epochs past `last_epoch`, and a torn last line; metrics.csv
 * is made anew from metrics.jsonl. Files that are not there are not needed. SW_E_DATA: a line that is no
 * record in the middle of a file, with its number. */
sw_status sw_records_rewind(const char *folder, int last_epoch, int64_t last_step) SW_NODISCARD;

/* All epochs of a metrics.jsonl. */
typedef struct sw_epoch_table {
    int class_count;
    char *class_names[SW_MAX_CLASSES];
    sw_epoch_record *rows;
    size_t count;
} sw_epoch_table;

/* Reads metrics.jsonl; a torn last line is left out. Classes are those of the first row. */
sw_status sw_epoch_table_read(sw_epoch_table *out, const char *path) SW_NODISCARD;
void sw_epoch_table_deinit(sw_epoch_table *table);

/* All steps of a steps.jsonl. A loss that was not finite is NaN. */
typedef struct sw_step_table {
    sw_step_record *rows;
    size_t count;
} sw_step_table;

/* Reads steps.jsonl; a torn last line is left out. SW_E_DATA: a line that is no step, or steps that do not
 * follow each other, with its number. */
sw_status sw_step_table_read(sw_step_table *out, const char *path) SW_NODISCARD;
void sw_step_table_deinit(sw_step_table *table);

#endif
