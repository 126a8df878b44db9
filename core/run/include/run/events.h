/* The event files of a run, from which TensorBoard draws: `tensorboard --logdir runs`.
 *
 * A process that writes makes a file of its own beside the other records, events.out.tfevents.<unix
 * time>.<host>; TensorBoard takes several in a folder, in the order of their names, for one run. Records are
 * appended with one write each.
 *
 *   step/loss, step/lr                    at the number of the step
 *   train/..., val/..., article/..., time/..., and the picture grid    at the number of the epoch */
#ifndef RUN_EVENTS_H
#define RUN_EVENTS_H

#include "base/str.h"
#include "run/records.h"

typedef struct sw_events sw_events;

/* Opens a folder; the file is created with the first event. */
sw_status sw_events_open(sw_events **out, const char *folder) SW_NODISCARD;
void sw_events_close(sw_events *events); /* accepts NULL */

sw_status sw_events_step(sw_events *events, const sw_step_record *step) SW_NODISCARD;
/* Every figure of the epoch that is a number: "val/iou_pet" is the column iou_pet of the validation. */
sw_status sw_events_epoch(sw_events *events, const sw_columns *columns,
                          const sw_epoch_record *epoch) SW_NODISCARD;
/* The picture of an epoch, a PNG file. */
sw_status sw_events_grid(sw_events *events, int epoch, const char *png_path) SW_NODISCARD;

/* Waits until all of it is on the disk. */
sw_status sw_events_flush(const sw_events *events) SW_NODISCARD;

/* Drops, from all event files of a folder, steps past `last_step` and epochs past `last_epoch`, so that a
 * resumed run writes none twice. Also removes the incomplete last record of a killed process and, with a
 * warning, everything behind a damaged record, since TensorBoard would stop reading there. */
sw_status sw_events_rewind(const char *folder, int last_epoch, int64_t last_step) SW_NODISCARD;

/* --- the format ------------------------------------------------------------------------------ */

/* The event that begins every file, and one that carries a number, as records. */
void sw_event_append_version(sw_str *out, double wall_time_s);
void sw_event_append_scalar(sw_str *out, double wall_time_s, int64_t step, const char *tag, float value);

#endif
