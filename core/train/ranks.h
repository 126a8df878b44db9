/* What the processes of a run tell each other besides gradients (comm/comm.h). With one process all of these
 * do nothing. Rank 0 leads: it alone has a run folder, and what concerns the folder it decides for all. */
#ifndef TRAIN_RANKS_H
#define TRAIN_RANKS_H

#include "run_session.h"

/* Refuses ranks that run another program or another experiment than rank 0, or see other data, and a batch
 * that has fewer images than there are processes. */
sw_status ranks_check(sw_run_session *session) SW_NODISCARD;

/* Gives all ranks the convolution engines that rank 0 has decided on, so that all round alike. */
sw_status ranks_share_engines(sw_run_session *session) SW_NODISCARD;

/* Gives all ranks the state of the run that rank 0 has; with `weights`, those and all else that
 * checkpoints/resume.safetensors holds. */
sw_status ranks_share_state(sw_run_session *session, bool weights) SW_NODISCARD;

/* Gives all ranks the running statistics of rank 0's batch norms, and their averages. Without train.sync_norm
 * each rank's are those of its own images; as in PyTorch, rank 0's are the network's. */
sw_status ranks_share_statistics(sw_run_session *session) SW_NODISCARD;

/* Sets *flag in all ranks where it is set in any. */
sw_status ranks_any(bool *flag, sw_run_session *session) SW_NODISCARD;

/* Gives all ranks the flag of rank 0. */
sw_status ranks_follow(bool *flag, sw_run_session *session) SW_NODISCARD;

/* Returns `kind`, with a message that another rank says why: this one ends silently (options->silent). */
sw_status ranks_fail_elsewhere(sw_run_session *session, sw_status kind, int rank);

#endif
