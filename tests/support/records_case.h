/* A run's numbers for tests: rows that follow from their epoch, and the lines they become. */
#ifndef RECORDS_CASE_H
#define RECORDS_CASE_H

#include "run/records.h"

#define CSV_HEADER                                                                                           \
    "epoch,lr,train_loss,val_loss,pixel_accuracy,iou,custom_iou,miou,iou_pet,iou_background,iou_border,"     \
    "border_recall,article_pixel_accuracy,images_per_second,seconds,article_iou,article_custom_iou,"         \
    "boundary_f1,precision_pet,precision_background,precision_border,recall_pet,recall_background,"          \
    "recall_border,dice_pet,dice_background,dice_border,boundary_f1_pet,boundary_f1_background,"             \
    "boundary_f1_border,class_accuracy,fw_iou\n"

#define CSV_ROW(epoch, accuracy)                                                                             \
    epoch ",0.001,0.977,," accuracy ",,,,0.25,,0.33333334,0.75,,,12.5,,,,,,,0.5,,0.75,,,,,,,,\n"

/* A line of steps.jsonl, of a rate of 0.5. */
#define STEP(n, epoch, loss) "{\"step\":" n ",\"epoch\":" epoch ",\"loss\":" loss ",\"lr\":0.5}\n"

/* Opens the numbers of a run on pets in the scratch folder. */
sw_records *records_case_open(void);

/* The row of an epoch, CSV_ROW(epoch, 0.5 + epoch / 16); the caller frees it with sw_epoch_record_deinit. */
sw_epoch_record records_case_row(int epoch);

/* Appends the rows of these epochs, of two steps each, STEP(n, epoch, 1 / epoch). */
void records_case_append(int first_epoch, int last_epoch);

/* Adds text at the end of a file of the scratch folder. */
void records_case_append_text(const char *name, const char *text);

#endif
