/* The way in: trains a small SegNet on synthetic pets for a few steps, through the public headers alone.
 *
 *   train FOLDER [STEPS]    draws 32 pets into FOLDER (again: takes those there) and prints the losses
 *
 * What `segwork run` adds is configuration, validation, records and checkpoints. */
#include <stdio.h>
#include <stdlib.h>

#include "cl/device.h"
#include "data/loader.h"
#include "nn/network.h"
#include "synth/synth.h"

enum { SIZE_PX = 32, BATCH = 8 };

/* Two stages down, two stages up: at 32x32, 16x16, 8x8 and back. */
static sw_model_config model = {
    .name = "small",
    .input_norm = true,
    .norm_eps = 1e-5f,
    .norm_momentum = 0.1f,
    .head = SW_HEAD_PLAIN,
    .encoder_count = 2,
    .encoder = {{.convs = 1, .width = 16, .kernel = 3}, {.convs = 2, .width = 32, .kernel = 3}},
    .decoder_count = 2,
    .decoder = {{.unpool_from = 2, .convs = 2, .width = 16, .kernel = 3},
                {.unpool_from = 1, .convs = 1, .width = 0, .kernel = 3}}};
static const sw_loss_config loss = SW_ONE_LOSS(CROSS_ENTROPY, .ignore_index = -1);
static const sw_optimizer_config adam = {
    .kind = SW_OPT_ADAM, .lr = 1e-3f, .beta1 = 0.9f, .beta2 = 0.999f, .eps = 1e-8f};

static sw_status train(const char *folder, int steps)
{
    sw_status status = SW_OK;
    sw_device_info device;
    sw_cl *cl = NULL;
    sw_dataset *pets = NULL;
    sw_loader *loader = NULL;
    sw_network network = {0};
    const sw_synth_options drawn = {.train = 32, .val = 1, .size_px = SIZE_PX, .seed = 1};
    const sw_data_config opened = {.root = folder, .split = {"trainval"}, .size = {SIZE_PX, SIZE_PX}};
    const sw_loader_options batches = {.batch_size = BATCH, .seed = 1, .shuffle = true};
    const sw_network_options options = {.model = &model,
                                        .loss = &loss,
                                        .optimizer = &adam,
                                        .size = {SIZE_PX, SIZE_PX},
                                        .train_batch = BATCH,
                                        .eval_batch = BATCH,
                                        .workspace_cap_bytes = 64 << 20};
    SW_TRY(sw_synth_write(folder, &drawn));
    SW_TRY(sw_dataset_open(&pets, &opened, SW_SPLIT_TRAIN));
    model.classes = sw_dataset_classes(pets)->count;
    SW_TRY(sw_loader_create(&loader, pets, &batches));
    SW_TRY(sw_device_choose(&device, "")); /* a GPU, else the CPU; SEGWORK_DEVICE names another */
    SW_TRY(sw_cl_create(&cl, &device, NULL));
    SW_TRY(sw_network_plan(&network, cl, &options)); /* shapes, programs and memory are known from here on */
    SW_TRY(sw_network_allocate(&network, 1));
    for (int step = 0, epoch = 0; step < steps; step++) {
        sw_batch batch;
        double value;
        if (step % sw_loader_batch_count(loader) == 0) sw_loader_start(loader, (uint32_t)++epoch, 0);
        SW_TRY(sw_loader_next(loader, &batch));
        SW_TRY(sw_network_train_step(&network, batch.images, batch.labels, batch.count, 1e-3, &value));
        printf("step %d  loss %.4f\n", step + 1, value);
    }
done:
    sw_network_deinit(&network);
    sw_cl_destroy(cl);
    sw_loader_destroy(loader);
    sw_dataset_destroy(pets);
    return status;
}

int main(int argc, char **argv)
{
    if (argc < 2) return fprintf(stderr, "train FOLDER [STEPS]\n"), 2;
    const sw_status status = train(argv[1], argc > 2 ? atoi(argv[2]) : 12);
    if (status != SW_OK) fprintf(stderr, "train: %s\n", sw_error_message());
    return sw_exit_code(status);
}
