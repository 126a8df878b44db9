/* Runs that another version of segwork wrote. Whoever reads one goes on without what this version does not
 * know, and says so; whoever would write into it refuses. */
#ifndef RUN_OTHER_VERSION_H
#define RUN_OTHER_VERSION_H

#include <stdbool.h>

#include "config/experiment.h"

struct cJSON;

/* Whether the manifest (NULL: there is none) names a newer version than this one. */
bool sw_manifest_is_newer(const struct cJSON *manifest);

/* Loads the config.yaml of the run's folder for reading, as sw_experiment_load_run does. A failure says
 * whether a newer version wrote the run. manifest: the run's; NULL: it is read, if there is one. */
sw_status sw_run_config_load(sw_experiment **out, const char *run, const char *const *sets,
                             const struct cJSON *manifest) SW_NODISCARD;

/* Logs a warning, in one line, where a newer version wrote the run or something in it is not known: keys of
 * its config.yaml and columns of its metrics, each as a list "a, b" or "". manifest as above. */
void sw_run_warn_of_version(const char *run, const struct cJSON *manifest, const char *keys,
                            const char *columns);

/* Loads the config.yaml of a run that is to be continued. SW_E_CONFIG where a newer version wrote the run, or
 * may have, since its file has unknown keys. */
sw_status sw_run_config_load_to_resume(sw_experiment **out, const char *run,
                                       const char *const *sets) SW_NODISCARD;

#endif
