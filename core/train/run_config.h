/* A run's configuration: written once, kept, and changed only where a run may be continued otherwise than it
 * began. */
#ifndef TRAIN_RUN_CONFIG_H
#define TRAIN_RUN_CONFIG_H

#include "base/str.h"

struct sw_run_session;

/* Appends the text of config.yaml: every key, and the engine of each convolution. */
sw_status run_config_text(sw_str *out, const struct sw_run_session *session) SW_NODISCARD;

/* Notes in the manifest what config.yaml will hold (its CRC-32C and every value), the origins of values given
 * with --set to a resumed run, and from which epoch on train.epochs is what it is. */
sw_status run_config_note(struct sw_run_session *session, const char *text) SW_NODISCARD;

/* Of a resumed run: refuses a config.yaml that is not as the run wrote it (SW_E_CONFIG, with the values that
 * differ); earlier versions did not note what they wrote. Comments may change. Sets session->reconfigured
 * where the experiment differs from the file: by --set. */
sw_status run_config_check(struct sw_run_session *session) SW_NODISCARD;

/* Of a run whose state was read: refuses fewer epochs than are done (SW_E_USAGE), and says in the log what
 * changes. */
sw_status run_config_check_epochs(const struct sw_run_session *session) SW_NODISCARD;

#endif
