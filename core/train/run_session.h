/* Everything a run holds open: device, data, network, run folder. trainer.c walks the epochs over it. */
#ifndef TRAIN_RUN_SESSION_H
#define TRAIN_RUN_SESSION_H

#include "base/str.h"
#include "comm/comm.h"
#include "data/loader.h"
#include "epoch_grid.h"
#include "gallery.h"
#include "measure/run_profile.h"
#include "run/events.h"
#include "run/folder.h"
#include "run/records.h"
#include "setup/engines.h"
#include "train/trainer.h"
#include "trainer_state.h"
#include "weights/initial.h"
#include "weights/safetensors.h"

/* Training steps whose losses the host has not read yet. */
typedef struct sw_unread_steps {
    double *lr;                       /* of each */
    double (*weights)[SW_MAX_LOSSES]; /* of each, in images: what it weighs in each loss */
    int count, capacity;
    int images; /* of all */
} sw_unread_steps;

typedef struct sw_run_session {
    const sw_experiment *experiment;   /* borrowed */
    const sw_trainer_options *options; /* borrowed */
    sw_comm *comm;                     /* borrowed; NULL: this process is alone */
    bool together, silent;             /* see sw_train_result */
    sw_device_info device;
    sw_cl *cl;
    sw_dataset *train, *val;
    sw_loader *train_loader, *val_loader, *article_loader; /* the last NULL where sw_article_every is 0 */
    sw_loss_config loss;                                   /* class weights resolved */
    sw_engines engines;
    sw_network network;
    sw_safetensors_reader *initial_weights; /* of init.from until they are loaded; NULL: none */
    sw_initial_report initial;              /* what they gave; empty where none were loaded */
    sw_epoch_grid grid;
    sw_gallery gallery;
    sw_str early_log;      /* lines logged before the folder is there */
    sw_run_folder *folder; /* from here to `events`: NULL in ranks that do not lead */
    sw_records *records;
    sw_events *events; /* NULL without train.tensorboard */
    struct cJSON *manifest;
    bool begun;                /* the manifest lists this process */
    bool saved;                /* a resumed run: it has a state; without one it starts like a new run */
    bool best_lost, last_lost; /* and those weights must be written again */
    bool reconfigured;         /* a resumed run: --set gives it other values than its config.yaml has */
    int epochs_before;         /* train.epochs there */
    sw_progress *progress;     /* NULL in ranks that do not lead */
    sw_run_profile *profile;   /* NULL: not asked for, or likewise */
    sw_unread_steps unread;
    sw_batch *ahead;        /* (train.accumulate): the batches of the step under way */
    sw_trainer_state state; /* steps_in_epoch counts the unread ones too, the other counts and sums do not */
    double deadline_s;      /* of train.max_minutes, on the monotonic clock; infinite without */
} sw_run_session;

/* The part of sw_run_session_open that needs no run folder: device, data, engines, plan, memory, initial
 * weights.
 */
sw_status sw_run_session_prepare(sw_run_session *session, const sw_experiment *experiment,
                                 const sw_trainer_options *options) SW_NODISCARD;

/* Opens everything, in an order that fails early: device, data, plan, folder, memory. Loads the saved state
 * of a resumed run and brings its records back to it. A run that cannot continue is refused before any of
 * its files changes; those of a run that is over do not change, and no records are opened. */
sw_status sw_run_session_open(sw_run_session *session, const sw_experiment *experiment,
                              const sw_trainer_options *options) SW_NODISCARD;

/* Closes everything; accepts one half open. `outcome` ("done", ...) goes into the manifest. */
void sw_run_session_close(sw_run_session *session, const char *outcome);

/* Whether the last epoch is done, or train.early_stop has ended the run. */
bool sw_run_session_is_over(const sw_run_session *session);

/* Completes the session's manifest and writes it: adds this process and its device, and in a new run what
 * does not change when it is resumed. (run_manifest.c) */
sw_status write_run_manifest(sw_run_session *session) SW_NODISCARD;

/* Returns the steps of an epoch: train.accumulate batches each, the last one perhaps fewer. */
int sw_run_session_steps_per_epoch(const sw_run_session *session);

#endif
