/* Every key of an experiment, in the order in which it is documented and written. */
#include "config/schema.h"

#include <math.h>
#include <string.h>

#include "config/experiment.h"
#include "schema_tables.h"

static const char *const conv_names[] = {"dense", "separable", NULL};
static const char *const pool_names[] = {"max", "average", NULL};
static const char *const up_names[] = {"unpool", "nearest", "bilinear", "transposed", NULL};
static const char *const skip_names[] = {"none", "concat", "add", NULL};
static const char *const block_names[] = {"plain", "residual", NULL};
static const char *const head_names[] = {"norm_relu", "plain", NULL};
static const char *const schedule_names[] = {"constant", "step", "cosine", "poly", NULL};
static const char *const engine_names[] = {"auto",   "clblast",       "gemm",         "winograd", "tile",
                                           "direct", "winograd_tile", "winograd_2x2", "amx",      NULL};
static const char *const inference_names[] = {"exact", "fast", NULL};
static const char *const storage_names[] = {"float32", "bfloat16", NULL};

/* runtime.conv_layers: engines by layer */

static const sw_yaml_node *read_conv_layers(void *record, const sw_yaml_node *value,
                                            sw_field_reading *reading)
{
    (void)reading;
    sw_conv_pins *pins = &((sw_runtime_config *)record)->conv_layers;
    pins->count = 0;
    if (value->kind == SW_YAML_SCALAR && (sw_yaml_is_null(value) || strcmp(value->text, "none") == 0))
        return NULL;
    if (value->kind != SW_YAML_MAPPING || value->count > SW_MAX_CONVOLUTIONS) return value;
    for (size_t i = 0; i < value->count; i++) {
        const sw_yaml_node *engines = value->entries[i].value;
        sw_conv_pin *pin = &pins->pins[pins->count++];
        pin->layer = value->entries[i].key;
        if (engines->kind != SW_YAML_SCALAR || !sw_conv_choices_parse(pin->pass, engines->text))
            return engines;
    }
    return NULL;
}

static void write_conv_layers(sw_str *out, const void *record)
{
    const sw_conv_pins *pins = &((const sw_runtime_config *)record)->conv_layers;
    size_t line_start = out->length;
    if (!pins->count) sw_str_append(out, "none");
    for (int i = 0; i < pins->count; i++) {
        char engines[SW_CONV_CHOICES_BYTES];
        sw_conv_choices_print(engines, pins->pins[i].pass);
        sw_str_append(out, i ? "," : "{");
        bool full = out->length - line_start > 80;
        if (full) line_start = out->length;
        if (i) sw_str_append(out, full ? "\n      " : " ");
        sw_text_append(out, pins->pins[i].layer);
        sw_str_printf(out, ": %s", engines);
    }
    if (pins->count) sw_str_append(out, "}");
}

static const sw_field_custom conv_layers = {
    .expected = "none | mapping of layers to engines, one or forward/data/weights",
    .json_schema = "{\"oneOf\": [{\"enum\": [\"none\", null]},"
                   " {\"type\": \"object\", \"additionalProperties\": {\"type\": \"string\"}}]}",
    .read = read_conv_layers,
    .write = write_conv_layers,
};

#define HERE sw_encoder_stage
static const sw_field encoder_fields[] = {
    INT(convs, NULL, 1, 8,
        "Number of convolutions, each followed by batch norm and ReLU; the first changes the channels"),
    INT(width, NULL, 1, 4096, "Channels of the stage; multiples of 16 are fastest on CPUs"),
    INT(kernel, "3", 1, 7, "Kernel size of the convolutions, odd; padding keeps the image size"),
    CHOICE(conv, "dense", conv_names, "Ordinary convolutions, or depthwise ones followed by pointwise ones"),
    CHOICE(pool, "max", pool_names,
           "The 2x2 pooling that ends the stage; only max keeps the indices that 'unpool' needs"),
    CHOICE(block, "plain", block_names,
           "residual: the input of the stage's convolutions is added to their output, before the last "
           "ReLU (through a 1x1 convolution and a norm where the widths differ)"),
    REAL(dropout, "0", 0.99, "Share of the values that dropout removes after the pool; 0: no dropout"),
};
static const sw_field_table encoder_table = TABLE(encoder_fields);
#undef HERE

#define HERE sw_decoder_stage
static const sw_field decoder_fields[] = {
    INT(unpool_from, NULL, 1, SW_MAX_STAGES,
        "Number (from 1) of the encoder stage that this one mirrors: its size is restored, its pooling "
        "indices are used, and it names the stage (uc4 ... uc1)"),
    INT(convs, NULL, 1, 8, "Number of convolutions after the upsampling; the last changes the channels"),
    INT(width, NULL, 0, 4096,
        "Output channels of the stage; 0, in the last stage only: the number of classes"),
    INT(kernel, "3", 1, 7, "Kernel size of the convolutions, odd"),
    CHOICE(conv, "dense", conv_names, "Ordinary convolutions, or depthwise ones followed by pointwise ones"),
    CHOICE(up, "unpool", up_names,
           "How the size is doubled: by max unpooling with the encoder's indices, by the nearest neighbour, "
           "bilinearly, or by a transposed 2x2 convolution to the encoder stage's width"),
    CHOICE(skip, "none", skip_names,
           "How the encoder stage's output before its pool is joined after the upsampling: not at all "
           "(SegNet), as further "
           "channels (U-Net), or added (LinkNet)"),
    CHOICE(block, "plain", block_names, "residual: as in the encoder"),
    REAL(dropout, "0", 0.99, "Share of the values that dropout removes at the stage's end; 0: no dropout"),
};
static const sw_field_table decoder_table = TABLE(decoder_fields);
#undef HERE

#define HERE sw_model_config
static const sw_field model_fields[] = {
    TEXT(name, "segnet", "Name of the network in tables and pictures"),
    INT(classes, "0", 0, SW_MAX_CLASSES,
        "Number of classes that the network tells apart; 0: as many as the data has (data.classes), the only "
        "number there can be"),
    BOOL(input_norm, "true", "Batch norm over the colour channels before the first convolution"),
    BOOL(bias, "false",
         "Give convolutions that are followed by a batch norm a bias too (the paper does, the article "
         "doesn't)"),
    POSITIVE(norm_eps, "1.0e-5", 1, "Epsilon of the batch norms, added to the variance"),
    REAL(norm_momentum, "0.1", 1, "Momentum of the batch norms' running mean and variance, as in PyTorch"),
    CHOICE(head, "norm_relu", head_names,
           "What follows the last convolution: batch norm and ReLU, or nothing (it then has a bias)"),
    STAGES(encoder, &encoder_table, "Stages that halve the size, beginning at the image"),
    STAGES(decoder, &decoder_table, "Stages that double the size again, in the encoder's reverse order"),
    CUSTOM(
        blocks, schema_blocks, "none",
        "Lists of layers that model.layers uses under a name, with $KEY in place of what differs (see Layers "
        "below)"),
    CUSTOM(layers, schema_layers, "none",
           "Instead of encoder and decoder: the network as a list of layers, connected by name (see Layers "
           "below)"),
};
static const sw_field_table model_table = TABLE(model_fields);
#undef HERE

#define HERE sw_schedule_config
static const sw_field schedule_fields[] = {
    CHOICE(kind, "constant", schedule_names, "How the learning rate changes over the run"),
    INT(step_epochs, "7", 1, 1000000, "step: epochs after which the rate is multiplied by gamma"),
    POSITIVE(gamma, "0.7", 1, "step: factor by which the rate is multiplied every step_epochs"),
    POSITIVE(power, "0.9", 10, "poly: the rate falls as (1 - epoch / epochs) to this power"),
    REAL(min_lr, "0", 100,
         "cosine, poly: the rate they fall to; they fall once an epoch and would reach it after the last "
         "one"),
    REAL(warmup_epochs, "0", 1000000,
         "Epochs (fractions are fine) over which the rate first rises linearly; 0: no warm-up"),
    REAL(warmup_start, "0.1", 1, "Fraction of the rate at which the warm-up begins"),
};
static const sw_field_table schedule_table = TABLE(schedule_fields);
#undef HERE

#define HERE sw_early_stop_config
static const sw_field early_stop_fields[] = {
    INT(patience, "0", 0, 1000000,
        "Stop after so many epochs in a row that did not improve the metric; 0: no early stopping"),
    TEXT(metric, "miou",
         "The metric that early stopping watches: a column of metrics.csv, of the clean validation"),
    REAL(min_delta, "0", 1e6, "The metric has to improve by more than this to count as improved"),
};
static const sw_field_table early_stop_table = TABLE(early_stop_fields);
#undef HERE

#define HERE sw_train_config
static const sw_field train_fields[] = {
    INT(epochs, "20", 1, 1000000, "Passes over the training images"),
    INT(batch_size, "64", 1, 65536, "Images in a training batch; the smaller last one of an epoch is kept"),
    INT(val_batch_size, "21", 1, 65536,
        "Images in a validation batch; affects memory and the article's mean over batches"),
    INT(accumulate, "1", 1, 65536,
        "Batches whose gradients are accumulated for one update, as if they were one batch (but batch norms "
        "see each batch by itself)"),
    INT(overfit_batches, "0", 0, 1000000,
        "Overfit the first so many batches, neither shuffled nor augmented, to check that the network can "
        "learn at all; 0: train on all images"),
    BOOL(shuffle, "true", "Shuffle the training images anew each epoch"),
    INT(article_every, "0", 0, 1000000,
        "Every so many epochs, and after the last, validate a second time as the article does: on augmented "
        "images, with metrics averaged over batches; 0: never"),
    TEXT(save_best, "miou",
         "The metric by which the best weights are chosen and saved: a column of metrics.csv, of the clean "
         "validation, such as miou, pixel_accuracy, class_accuracy, val_loss or iou_CLASS"),
    SECTION(early_stop, &early_stop_table, "Early stopping: when a run ends before its last epoch"),
    REAL(ema_decay, "0", 0.999999,
         "Evaluate and save exponential moving averages of the weights, with this decay, instead of the "
         "weights themselves; 0: no averages"),
    REAL(max_minutes, "0", 1e6,
         "Stop and save, as Ctrl-C does, after so many minutes of training; --resume continues for as long "
         "again; 0: no limit"),
    BOOL(sync_norm, "false",
         "With several processes (mpirun): batch norms take mean and variance over the whole batch, as one "
         "process does, instead of over each process's part of it. Waits for the others at every norm"),
    BOOL(tensorboard, "true", "Write event files for TensorBoard into the run's folder"),
};
static const sw_field_table train_table = TABLE(train_fields);
#undef HERE

#define HERE sw_runtime_config
static const sw_field runtime_fields[] = {
    TEXT(device, "\"\"",
         "OpenCL device, as platform:device numbers or part of its name (see segwork devices); empty: that "
         "of SEGWORK_DEVICE, else the best one"),
    CHOICE(
        conv_engine, "auto", engine_names,
        "How convolutions are computed. auto: the fastest for layer and device; winograd: 3x3 with a "
        "quarter of the multiplications, on CPUs, winograd_tile: the same on GPUs, winograd_2x2: with 4 of 9 "
        "and less rounding, on CPUs; direct: layers with up "
        "to 4 channels on one side, on CPUs; gemm: own register-tiled products, on CPUs; tile: products "
        "in tiles of local memory, for GPUs; clblast: im2col and CLBlast, everywhere. A layer or pass "
        "that an engine does not suit is computed by the next one. On CPUs tile and winograd_tile are for "
        "tests only. amx: on CPUs with Intel's matrix unit, products of values rounded to bfloat16, summed "
        "in "
        "float32, in training, best with storage: bfloat16, and where inference is fast"),
    BOOL(tune, "true",
         "With conv_engine auto: time the engines once for each device and layer, and keep the choice for "
         "later runs (segwork tune); false: the first in a fixed order that suits the layer"),
    CUSTOM(conv_layers, conv_layers, "none",
           "With conv_engine auto: layers with a given engine, such as {dc1.seq.0: gemm}, or one each for "
           "forward, backward-data and backward-weights: {dc1.seq.3: winograd/gemm/gemm}. A run's "
           "config.yaml names every layer here, so that repeating it computes the same bits"),
    CHOICE(inference, "exact", inference_names,
           "How predict, eval and validation compute the convolutions whose results decide the places of "
           "pooling that unpooling uses, in networks that have it. exact: by engines that round no more than "
           "a plain sum, so that labels agree with double precision; fast: by the engines of training, where "
           "a rounding may move a value and some labels around it"),
    CHOICE(storage, "float32", storage_names,
           "What training keeps of activations and their gradients between two layers. bfloat16: half the "
           "memory, and 8 significant bits instead of 24. Layers compute in float32, and parameters, "
           "their gradients, statistics and losses stay float32, as do images, logits, and what a layer that "
           "cannot do it makes or reads"),
    INT(workspace_mb, "0", 0, 65536,
        "Device memory that the convolutions share for intermediate results, in MiB; 0: 64, on a GPU a 64th "
        "of its memory, from 64 to 1024"),
    BOOL(check, "false", "Look for NaN and infinity after each kernel and name layer and kernel (slow)"),
    BOOL(debug_buffers, "false",
         "Give each value a buffer of its own, filled with NaN, to find reads of unwritten values (needs "
         "much memory)"),
    BOOL(share_device, "false",
         "With several processes (mpirun): more of them than a machine has devices of the chosen kind may "
         "share these. On CPUs they share the cores out, and this is not needed"),
    INT(ranks_timeout, "600", 1, 1000000,
        "With several processes (mpirun): seconds without a word from the others after which a run ends, as "
        "when a link is cut"),
    INT(loss_every, "0", 0, 1000,
        "Training steps between two reads of the loss by the host, which does not wait for the device in "
        "between. 0: 1 on CPUs, 8 on other devices. A loss that is not finite changes no parameter either "
        "way"),
};
static const sw_field_table runtime_table = TABLE(runtime_fields);
#undef HERE

#define HERE sw_grid_config
static const sw_field grid_fields[] = {
    INT(count, "21", 1, 1024,
        "Number of validation images shown after each epoch, the same ones every time, chosen by the seed"),
    INT(columns, "7", 1, 64, "Images in a row"),
    {FIELD(names, SW_FIELD_TEXT_LIST, "[]", "Names of images to show instead of chosen ones"), .max = 1024,
     .count_offset = offsetof(sw_grid_config, name_count)},
};
static const sw_field_table grid_table = TABLE(grid_fields);
#undef HERE

#define HERE sw_experiment
static const sw_field experiment_fields[] = {
    TEXT(name, "\"\"",
         "Name of the run folder (letters, digits, '.', '_', '-'); empty: the experiment file's name"),
    {FIELD(seed, SW_FIELD_UINT64, "0",
           "Seed of everything random: the same seed on the same device gives the same bits"),
     .max = 9007199254740991.0 /* 2^53 - 1 */},
    SECTION(data, &schema_data_table, "The images and the size the network sees them at"),
    SECTION(augment, &schema_augment_table, "Augmentation of the training images"),
    SECTION(model, &model_table, "The network"),
    SECTION(init, &schema_init_table, "Initial weights"),
    {KEY("loss", loss.items, SW_FIELD_RECORD_LIST, NULL,
         "What training minimises: one loss, or a list of losses (docs/losses.md)"),
     .min = 1, .max = SW_MAX_LOSSES, .record = &schema_loss_table,
     .count_offset = offsetof(sw_experiment, loss.count), .one_or_list = true},
    SECTION(optimizer, &schema_optimizer_table, "The optimiser"),
    SECTION(schedule, &schedule_table, "How the learning rate changes over the run"),
    SECTION(train, &train_table, "The training loop"),
    SECTION(runtime, &runtime_table,
            "The device and how it is used: affects speed and memory, not what is learned"),
    SECTION(grid, &grid_table, "The picture of predictions drawn after each epoch"),
};
const sw_field_table sw_experiment_schema = {.struct_bytes = sizeof(HERE),
                                             .fields = experiment_fields,
                                             .count = sizeof experiment_fields / sizeof *experiment_fields,
                                             .synonyms = schema_synonyms};
