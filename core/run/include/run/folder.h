/* The folder of one run: made once, never overwritten, held by one process at a time.
 *
 *   config.yaml  manifest.json  log.txt  steps.jsonl  metrics.jsonl  metrics.csv  grids/  masks/ checkpoints/
 */
#ifndef RUN_FOLDER_H
#define RUN_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/log.h"
#include "base/status.h"

struct cJSON;

typedef struct sw_run_folder {
    char *path;        /* "runs/segnet_baseline/001" */
    char *grids;       /* "<path>/grids" */
    char *checkpoints; /* "<path>/checkpoints" */
    char *config;      /* "<path>/config.yaml" */
    char *manifest;    /* "<path>/manifest.json" */
    int log_fd;        /* log.txt, also the lock */
} sw_run_folder;

/* Checks, before the work of starting a run, that sw_run_folder_create would succeed with the same arguments.
 * Creates nothing; errors as there. */
sw_status sw_run_folder_check(const char *runs_root, const char *experiment,
                              const char *given_path) SW_NODISCARD;

/* Makes `given_path` (which must not exist or be an empty folder) or, where that is NULL, the next free
 * `<runs_root>/<experiment>/<n>` with n = 001, 002 ...; two processes never get the same one. From then on
 * every sw_log line goes to its log.txt with the time, until destroy. SW_E_USAGE: given_path is taken or
 * empty; SW_E_CONFIG: the experiment's name is no plain file name; SW_E_IO. */
sw_status sw_run_folder_create(sw_run_folder **out, const char *runs_root, const char *experiment,
                               const char *given_path) SW_NODISCARD;

/* Opens an existing run's folder to continue it; log.txt is continued. SW_E_USAGE: it is no run folder, or
 * another process is writing it. */
sw_status sw_run_folder_open(sw_run_folder **out, const char *path) SW_NODISCARD;

/* Whether a process of this machine is writing the folder now. Changes nothing in it. */
bool sw_run_folder_is_busy(const char *path);

/* Whether a run's folder has a file of that name. For sw_run_has_file one that cannot be seen is not there;
 * sw_run_find_file fails then (SW_E_IO). */
bool sw_run_has_file(const char *run, const char *name);
sw_status sw_run_find_file(bool *there, const char *run, const char *name) SW_NODISCARD;

/* Writes a line with the time to log.txt, and nowhere else. */
void sw_run_folder_log(const sw_run_folder *folder, sw_log_level level, const char *line);

/* Stops logging to the folder and unlocks it; its files stay. */
void sw_run_folder_destroy(sw_run_folder *folder);

/* Write config.yaml and manifest.json whole. */
sw_status sw_run_folder_write_config(const sw_run_folder *folder, const char *yaml) SW_NODISCARD;
sw_status sw_run_folder_write_manifest(const sw_run_folder *folder,
                                       const struct cJSON *manifest) SW_NODISCARD;
/* Reads manifest.json; *out is freed by the caller with cJSON_Delete. SW_E_DATA: not a JSON object. */
sw_status sw_run_folder_read_manifest(struct cJSON **out, const sw_run_folder *folder) SW_NODISCARD;

typedef struct sw_library_version {
    const char *name, *version; /* "CLBlast", "1.5.3" */
} sw_library_version;

/* Adds to a manifest: `segwork` {version, revision}, `host` {name, system, machine, cpus, memory_bytes},
 * `libraries`, and `sessions`, an array with one object a process that wrote the run: {started, ended,
 * outcome}. Called again on a resumed run's manifest it replaces the first three and adds a session. */
sw_status sw_manifest_begin(struct cJSON *manifest, const sw_library_version *libraries,
                            size_t count) SW_NODISCARD;

/* Completes the last session: the time now and the outcome ("done", "interrupted", "failed: <message>"). */
sw_status sw_manifest_end(struct cJSON *manifest, const char *outcome) SW_NODISCARD;

/* Whether any of the processes ended with "done". False for NULL. */
bool sw_manifest_is_done(const struct cJSON *manifest);

/* Revision of the sources this program was built from: "1a2b3c4d5e6f", with "-modified" where files differed,
 * or "unknown". */
const char *sw_build_revision(void);
const char *sw_build_version(void); /* "0.1.0" */

#endif
