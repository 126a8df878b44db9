/* What a run that is to be continued has done, as its files say. A file that is missing or cannot be seen is
 * not taken for one that was never written: beginning anew would overwrite what the run has learned. */
#ifndef TRAIN_RUN_HISTORY_H
#define TRAIN_RUN_HISTORY_H

#include "base/status.h"

struct sw_run_session;

/* Finds out whether the run, whose manifest was read, has a saved state (session->saved). SW_E_DATA: it has
 * none, and something shows that it had one; SW_E_IO: that cannot be known. */
sw_status run_history_find_state(struct sw_run_session *session) SW_NODISCARD;

/* Of a run whose state was read: its records must go as far as the state, and its weights must be whole and
 * of the right epoch. SW_E_DATA, with what can be done, where something is lost. Weights that the state holds
 * as well are no loss: run_history_mend writes them again. SW_E_IO: something is in the place of a file that
 * is written as the run goes on. Changes nothing. */
sw_status run_history_check(struct sw_run_session *session) SW_NODISCARD;
sw_status run_history_mend(struct sw_run_session *session) SW_NODISCARD;

#endif
