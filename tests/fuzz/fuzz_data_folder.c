/* A data set of one's own: lists of pictures and masks, and masks of all kinds. What is accepted can be read,
 * and has no class that was not named. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "config/experiment.h"
#include "data/dataset.h"
#include "fuzz.h"

static const char *const names[] = {"train.txt", "val.txt", "data.yaml", "a.png",
                                    "b.jpg",     "m/a.png", "m/b.png",   NULL};

static void use(const sw_dataset *dataset)
{
    const sw_size size = sw_dataset_size(dataset);
    const size_t pixels = (size_t)size.width * (size_t)size.height;
    uint8_t *image = malloc(3 * pixels), *labels = malloc(pixels);
    for (int i = 0; i < sw_dataset_count(dataset); i++) {
        fuzz_expect(strlen(sw_dataset_name(dataset, i)) > 0, "an image has a name");
        if (sw_dataset_read(image, labels, dataset, i) != SW_OK) continue;
        for (size_t p = 0; p < pixels; p++)
            fuzz_expect(labels[p] < sw_dataset_classes(dataset)->count || labels[p] == SW_NO_CLASS,
                        "a pixel is a class or counts for nothing");
    }
    free(image);
    free(labels);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    const char *folder = fuzz_folder(bytes, length, names);
    char *path = sw_strf("%s/data.yaml", folder), *root = sw_strf("data.root=%s", folder);
    const char *const sets[] = {root, "data.size=16", "data.cache_mb=1", "data.loader_threads=1", NULL};
    sw_experiment *experiment = NULL;
    if (sw_experiment_load_data(&experiment, path, sets) == SW_OK)
        for (int split = 0; split < SW_SPLITS; split++) {
            sw_dataset *dataset = NULL;
            const sw_status status = sw_dataset_open(&dataset, &experiment->data, (sw_split)split);
            if (status == SW_OK)
                use(dataset);
            else
                fuzz_expect(strlen(sw_error_message()) > 0, "a failure has a message");
            sw_dataset_destroy(dataset);
        }
    sw_experiment_destroy(experiment);
    free(path);
    free(root);
    return 0;
}
