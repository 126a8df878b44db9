/* The trainer's side of losses that are read every few steps: what is known of a step when it was enqueued
 * waits here for its loss. */
#ifndef TRAIN_TRAINER_LOSSES_H
#define TRAIN_TRAINER_LOSSES_H

#include "run_session.h"

sw_status sw_trainer_losses_init(sw_run_session *session) SW_NODISCARD;
void sw_trainer_losses_deinit(sw_run_session *session); /* accepts a session half open */

/* A step of `images` images at rate `lr` was enqueued; whether its loss has to be read now. */
bool sw_trainer_losses_note(sw_run_session *session, double lr, int images);

/* A step whose loss is known already: records, progress, the sums of the state. */
sw_status sw_trainer_losses_take(sw_run_session *session, int epoch, double lr, int images,
                                 double loss) SW_NODISCARD;

/* Reads what is unread: records, progress, the sums of the state. Everything that looks at or saves the state
 * comes after it. A loss that is not finite ends with epoch, step and layer. */
sw_status sw_trainer_losses_read(sw_run_session *session, int epoch) SW_NODISCARD;

#endif
