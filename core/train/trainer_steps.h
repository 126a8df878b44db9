/* The trainer's steps. They are enqueued one after the other, and their losses are read every few steps;
 * until then the session keeps their learning rates. */
#ifndef TRAIN_TRAINER_STEPS_H
#define TRAIN_TRAINER_STEPS_H

#include "run_session.h"

sw_status sw_trainer_steps_init(sw_run_session *session) SW_NODISCARD;
void sw_trainer_steps_deinit(sw_run_session *session); /* accepts a session half open */

/* Enqueues the next step of the epoch, at rate `lr`, with the batches that the loader gives. Waits for the
 * loader, not for the device. The step's loss is then unread. */
sw_status sw_trainer_enqueue_step(sw_run_session *session, double lr) SW_NODISCARD;

/* Whether the batches of a step are all loaded before the first is enqueued: several losses need to know what
 * all of them weigh (sw_network_begin_step). The loader then holds that many. */
bool sw_trainer_steps_look_ahead(const sw_run_session *session);

/* Waits for the unread losses and takes them into records, progress and the sums of the state. Call it
 * before the state is read or saved. A loss that is not finite ends with epoch, step and layer.
 */
sw_status sw_trainer_losses_read(sw_run_session *session, int epoch) SW_NODISCARD;

/* Fails with SW_E_NUMERIC for a step of the epoch, counted from 1, whose loss was not finite, and says where
 * that began. */
sw_status sw_trainer_explain_loss(sw_run_session *session, int epoch, int step, double loss) SW_NODISCARD;

#endif
