/* A sweep: the product of some keys' values as runs below one folder.
 *
 * A run's folder is named by the keys that vary ("loss.gamma=1,seed=0"), in alphabetical order, so that the
 * same request finds its runs again: finished ones are skipped, unfinished ones continued. */
#ifndef TRAIN_SWEEP_H
#define TRAIN_SWEEP_H

#include "base/arena.h"
#include "train/trainer.h"

enum { SW_SWEEP_MAX_RUNS = 1000 };

/* The values of one key. */
typedef struct sw_sweep_axis {
    const char *key;
    const char **values;
    int count;
    bool varies; /* it has several values, or was given as a range */
} sw_sweep_axis;

/* Splits "loss.gamma=0,1,2" or "seed=0..4" (integers, both ends included; a range may be one of several
 * values) into values. A comma within brackets, braces or quotes does not separate. SW_E_USAGE with the
 * place: no key, an empty or a repeated value, a bracket or quote that is not closed, a range that is none.
 */
sw_status sw_sweep_axis_parse(sw_sweep_axis *out, sw_arena *arena, const char *text) SW_NODISCARD;

typedef enum sw_sweep_state {
    SW_SWEEP_NEW,     /* not begun */
    SW_SWEEP_RESTART, /* begun, but nothing was saved */
    SW_SWEEP_RESUME,  /* saved before its end */
    SW_SWEEP_BUSY,    /* another process is running it */
    SW_SWEEP_DONE
} sw_sweep_state;

typedef struct sw_sweep_run {
    const char *name;        /* "loss.gamma=1,seed=0" */
    const char *path;        /* of its folder */
    const char *config;      /* of its config.yaml, which exists once the run has begun */
    const char *const *sets; /* "key=value", NULL-terminated */
    sw_experiment *experiment;
    sw_sweep_state state;
    int epochs_done;
    const char *failure; /* of sw_sweep_execute; NULL: it did not fail */
} sw_sweep_run;

typedef struct sw_sweep {
    const char *experiment_path, *folder;
    sw_sweep_run *runs; /* the last key given varies fastest */
    int count;
    sw_arena arena; /* owns every text */
} sw_sweep;

/* Works out the runs, checks every one of their experiments, and looks at what is there already; touches
 * nothing. `folder` NULL: runs/<experiment>-sweep. SW_E_USAGE: see sw_sweep_axis_parse; a key given twice;
 * nothing varies; a folder that holds something else, or a run of another configuration. SW_E_CONFIG as
 * sw_experiment_load. */
sw_status sw_sweep_plan(sw_sweep *out, const char *experiment_path, const char *const *sets,
                        const char *folder) SW_NODISCARD;
void sw_sweep_deinit(sw_sweep *sweep); /* accepts a zeroed one */

/* Leaves the run of that number, from 1, alone in the sweep. SW_E_USAGE: there is none. */
sw_status sw_sweep_select(sw_sweep *sweep, int number) SW_NODISCARD;

/* Appends "new", "starts over", "continues after epoch 3 of 20", "being written by another process" or
 * "done". */
void sw_sweep_describe(sw_str *out, const sw_sweep_run *run);

/* Runs what is not done, one after the other, with these options but `out` and `resume`. One that fails does
 * not keep the others from running: at the end the message lists those that failed. Nor does one that runs
 * out of train.max_minutes. SW_E_INTERRUPTED: stopped in one, or some ran out of their minutes, which the
 * message lists; those under way are saved. */
sw_status sw_sweep_execute(sw_sweep *sweep, const sw_trainer_options *options) SW_NODISCARD;

/* Appends a shell command a line for every run that is not done, for GNU parallel or an array of jobs; what
 * is in the way of one that starts over is removed. `program` is how segwork is called. */
sw_status sw_sweep_commands(sw_str *out, const sw_sweep *sweep, const char *program,
                            const char *device) SW_NODISCARD;

/* Appends a batch script for Slurm: an array job with an element a run, which calls `program` for that run
 * alone (segwork sweep --run) with the same `sets`. It makes the sweep's folder, where the elements' logs go.
 * SW_E_USAGE: the folder's name has a line break. */
sw_status sw_sweep_slurm(sw_str *out, const sw_sweep *sweep, const char *program, const char *const *sets,
                         const char *device) SW_NODISCARD;

#endif
