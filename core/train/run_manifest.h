/* What a run's manifest says of its data, its device and its network. */
#ifndef TRAIN_RUN_MANIFEST_H
#define TRAIN_RUN_MANIFEST_H

#include "run_session.h"

/* Completes the session's manifest and writes it: with this process as one of those that wrote the run, on
 * its device. What does not change when a run is resumed is added once. */
sw_status write_run_manifest(sw_run_session *session) SW_NODISCARD;

#endif
