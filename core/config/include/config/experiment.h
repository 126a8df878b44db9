/* A whole experiment: YAML fragments composed, checked against the schema, as plain structs. */
#ifndef CONFIG_EXPERIMENT_H
#define CONFIG_EXPERIMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"
#include "base/yaml.h"
#include "data/config.h"
#include "nn/config.h"
#include "ops/conv_choice.h"
#include "ops/ops.h"

typedef struct sw_early_stop_config {
    int patience;       /* end the run after this many epochs without an improvement; 0: never */
    const char *metric; /* a column of the metrics, see save_best */
    float min_delta;    /* an improvement betters the best so far by more than this */
} sw_early_stop_config;

typedef struct sw_train_config {
    int epochs, batch_size, val_batch_size;
    int accumulate;      /* batches a step */
    int overfit_batches; /* train only on this many first batches, unshuffled, not augmented; 0: on all */
    bool shuffle;
    int article_every; /* epochs between validations as in the article: augmented images, batches averaged
                        * without weights; 0: never */
    const char
        *save_best; /* the column of the metrics that decides which epoch's weights are kept as "best" */
    sw_early_stop_config early_stop;
    float ema_decay; /* of the averages of the weights that are evaluated and saved; 0: the weights themselves
                      */
    float max_minutes; /* a process trains; 0: no limit */
    bool sync_norm;    /* of several processes: see sw_network_options */
    bool tensorboard;  /* write event files */
} sw_train_config;

typedef enum sw_storage { SW_STORAGE_FLOAT32, SW_STORAGE_BFLOAT16 } sw_storage;

typedef enum sw_inference { SW_INFERENCE_EXACT, SW_INFERENCE_FAST } sw_inference;

typedef struct sw_runtime_config {
    const char *device;         /* as sw_device_choose takes it; "": SEGWORK_DEVICE, then the best there is */
    sw_conv_choice conv_engine; /* auto, or the engine for all layers that suit it */
    bool tune;                  /* with auto: time the engines once a device; else the fixed order */
    sw_conv_pins conv_layers;   /* with auto: decided, layer by layer */
    sw_inference inference;     /* exact: sw_conv2d_attrs.exact_places in evaluation and prediction */
    sw_storage storage;         /* of activations in training: sw_storage_narrow */
    int workspace_mb;           /* cap of the convolutions' shared workspace; 0: by device */
    bool check;                 /* wait after each launch and look for NaN */
    bool debug_buffers;         /* every value in its own buffer, filled with NaN */
    bool share_device;          /* several processes may use one GPU */
    int ranks_timeout;          /* seconds: sw_comm_set_time_limit */
    int loss_every;             /* see sw_network_options */
} sw_runtime_config;

/* The picture of each epoch, always of the same validation images. */
typedef struct sw_grid_config {
    int count, columns;
    const char *const *names; /* the images to show, by name; none: `count` images drawn by the seed */
    int name_count;           /* 0, or equal to `count` */
} sw_grid_config;

typedef struct sw_experiment {
    const char *name; /* names the run folder: letters, digits, '.', '_' and '-' only */
    uint64_t seed;    /* at most 2^53 - 1 */
    sw_data_config data;
    sw_augment_config augment;
    sw_model_config model;
    sw_init_config init;
    sw_loss_config loss;
    sw_optimizer_config optimizer;
    sw_schedule_config schedule;
    sw_train_config train;
    sw_runtime_config runtime;
    sw_grid_config grid;

    /* The source of the values; owned. Its arena owns every text above. */
    const char *path;
    const sw_yaml_node *tree; /* fragments, own keys and --set merged; a key that is absent has its default */
    const char *unknown;      /* of a run's: keys that were left out, "train.a, model.b"; else NULL */
    sw_arena arena;
} sw_experiment;

/* Reads `path` with the fragments it includes, then applies `sets` ("key.path=value", a NULL-terminated array
 * or NULL), checks everything and fills in the defaults. SW_E_CONFIG: a message with a line for each
 * problem and its file:line:column. SW_E_IO: a file cannot be read. configs/README.md describes the
 * composition. */
sw_status sw_experiment_load(sw_experiment **out, const char *path, const char *const *sets) SW_NODISCARD;
/* Does so for the data section alone, which all else may be missing from: a fragment will do. Only `data`,
 * `path` and `tree` of *out mean anything. */
sw_status sw_experiment_load_data(sw_experiment **out, const char *path,
                                  const char *const *sets) SW_NODISCARD;
/* Does so for the config.yaml of a run, which another version of segwork may have written: the file's keys
 * that this one does not know are left out and listed in (*out)->unknown ("": none), and runtime.conv_layers
 * may name layers that the network does not have. */
sw_status sw_experiment_load_run(sw_experiment **out, const char *path, const char *const *sets) SW_NODISCARD;
/* Checks that a picture can hold the grid images that are asked for; SW_E_CONFIG if not. This is not an error
 * of the experiment alone, for a run that validates on fewer images shows fewer. */
sw_status sw_experiment_check_grid(const sw_experiment *experiment) SW_NODISCARD;
/* Sets runtime.tune to false and runtime.conv_layers to none, as --no-tune asks for. */
void sw_experiment_fix_engines(sw_experiment *experiment);
void sw_experiment_destroy(sw_experiment *experiment); /* accepts NULL */

/* Appends the experiment, every key spelled out, as YAML that loads to the same values; with_origins adds a
 * comment with the file:line each value comes from. */
void sw_experiment_dump_yaml(sw_str *out, const sw_experiment *experiment, bool with_origins);

/* Returns the folder in which `cmake --install` puts configs/ and experiments/, found from the program's own
 * place (it need not exist); in buffer[bytes], or NULL when that place is unknown. */
const char *sw_experiment_share_folder(char *buffer, size_t bytes);

#endif
