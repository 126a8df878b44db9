/* The folder of a run read back: what was asked for, on which data and device, how far it got, and its
 * numbers. Nothing but the folder is needed, so that a run may be unfinished, still running, or copied from
 * another machine; nothing in it is changed. */
#ifndef RUN_READER_H
#define RUN_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config_values.h"
#include "config/experiment.h"
#include "run/records.h"

struct cJSON;

typedef enum sw_run_state {
    SW_RUN_FINISHED,    /* every epoch is there, or those until train.early_stop ended it */
    SW_RUN_RUNNING,     /* a process of this machine is writing it */
    SW_RUN_INTERRUPTED, /* somebody stopped it; it was saved */
    SW_RUN_FAILED,      /* it ended with an error, see `failure` */
    SW_RUN_CUT_OFF,     /* it recorded no end (killed, or copied while another machine writes it) */
} sw_run_state;

/* "finished", "running", "interrupted", "failed", "cut off" */
const char *sw_run_state_name(sw_run_state state);

/* One of the run's two sets of images. Texts are "" and numbers -1 where the manifest does not say. */
typedef struct sw_run_split {
    const char *split, *fingerprint; /* "trainval"; see sw_dataset_fingerprint */
    int images, skipped;
} sw_run_split;

/* Facts of the manifest. Texts are "" and numbers -1 where it does not say. */
typedef struct sw_run_facts {
    sw_run_split train, val;
    double parameters, macs;    /* macs: of one image's forward pass */
    double device_memory_bytes; /* what was planned on the device, all in all */
    const char *device, *device_type, *driver, *host, *version, *revision;
    const char *started, *ended; /* of the first process, of the last one: "2025-03-01T12:00:00Z" */
    int processes;               /* that wrote the run: 1 more with each --resume */
} sw_run_facts;

typedef struct sw_run_reader {
    char *path;                /* as given, without slashes at its end */
    char *steps;               /* "<path>/steps.jsonl" */
    sw_experiment *experiment; /* config.yaml: experiment->tree has every key and its line there */
    sw_config_values values;   /* the same one by one, with the origins from when the run was begun */
    struct cJSON *manifest;    /* whole, for whatever is not among the facts */
    sw_run_facts facts;
    sw_run_state state;
    const char *failure;   /* FAILED: the message; else "" */
    sw_epoch_table epochs; /* epochs that were completed, in order; none is no error */
    sw_arena arena;        /* holds paths */
} sw_run_reader;

/* Whether `path` looks like the folder of a run (it has a config.yaml and a manifest.json). */
bool sw_run_is_folder(const char *path);

/* Opens a run's folder. SW_E_USAGE: it is no run, and the message says what is missing. SW_E_DATA:
 * manifest.json or metrics.jsonl is torn or not what a run writes. SW_E_CONFIG: its config.yaml is no
 * experiment. Keys and columns that only another version knows are left out, with a warning. */
sw_status sw_run_reader_open(sw_run_reader *out, const char *path) SW_NODISCARD;
void sw_run_reader_close(sw_run_reader *run); /* accepts a zeroed one */

/* The last epoch that was completed; 0: none yet. */
int sw_run_reader_epochs_done(const sw_run_reader *run);

/* Reads steps.jsonl, which may be long and is rarely needed. SW_E_DATA: it is missing although there are
 * epochs. The caller frees *out with sw_step_table_deinit. */
sw_status sw_run_reader_steps(sw_step_table *out, const sw_run_reader *run) SW_NODISCARD;

/* "<path>/<name>" on the heap (caller frees), NULL when memory is out. */
char *sw_run_reader_file(const sw_run_reader *run, const char *name);

#endif
