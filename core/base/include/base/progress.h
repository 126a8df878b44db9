/* Shows the progress of a run: a bar on a terminal, one line an epoch elsewhere.
 *
 *   epoch 3/20 train [=====>         ] 34/58  2.31 img/s  loss 0.6123  ETA 1:02:11
 *
 * The library does not print: the program passes where the text goes. Not thread-safe: one thread owns it. */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/status.h"

typedef enum sw_progress_phase { SW_PROGRESS_TRAIN, SW_PROGRESS_VALIDATE } sw_progress_phase;

typedef struct sw_progress_output {
    void (*write)(void *user, const char *text, size_t length); /* gets complete pieces; flush at once */
    int (*columns)(void *user);                                 /* width of the terminal now; NULL: 80 */
    double (*now_s)(void *user);                                /* steady clock; NULL: the system's */
    void *user;
    const char *before; /* text in front of the bar: "run 2/6 "; NULL: none */
    bool bar;           /* a terminal whose line can be rewritten */
    bool colour;        /* that takes escape sequences: colours, and "erase line" instead of blanks */
} sw_progress_output;

/* Returns output to a stdio stream (the program passes stderr): a bar when it is a terminal and TERM is not
 * "dumb", with escape sequences unless NO_COLOR is set and not empty. */
sw_progress_output sw_progress_output_to(FILE *stream);

typedef struct sw_progress_plan {
    int first_epoch, last_epoch;      /* 1 = first of the run; a resumed run begins later */
    int train_steps, val_steps;       /* an epoch; val_steps may be 0 */
    int extra_every, extra_val_steps; /* further validation steps, in the epochs of sw_every_epochs */
} sw_progress_plan;

/* Tells whether something done every `every` epochs is due in this one. The first epoch is 1, and
 * the last one always counts. Epoch 0 (before training) never does, nor does any for `every` 0. */
bool sw_every_epochs(int epoch, int every, int last_epoch);

typedef struct sw_progress sw_progress;

sw_status sw_progress_create(sw_progress **out, const sw_progress_output *output,
                             const sw_progress_plan *plan) SW_NODISCARD;

/* Counts `steps` steps of a phase that were reported together (epoch 0: a validation before training). `done`
 * is the number of the last one (1 = first of this epoch), `images` the images of all, `loss` what to show
 * (NaN: none). Draws at most ten times a second, and always the last step of a phase. */
void sw_progress_steps(sw_progress *progress, int epoch, sw_progress_phase phase, int done, int steps,
                       int images, double loss);

/* Ends an epoch: removes the bar and writes the line "epoch  3/20  <summary>  ETA 1:02:11", which stays. On a
 * narrow terminal the line is broken where the summary has two blanks. */
void sw_progress_epoch(sw_progress *progress, int epoch, const char *summary);

/* Removes the bar so that something else can be printed; the next step draws it again. */
void sw_progress_hide(sw_progress *progress);

/* Estimates the seconds to the end of the run: the steps left of each phase times its smoothed seconds a step
 * (a validation step counts as a third of a training step until one was seen). NaN before the first step. */
double sw_progress_eta_s(const sw_progress *progress);

void sw_progress_destroy(sw_progress *progress); /* removes the bar first */

#endif
