/* Experiments: YAML, fragments, schema and checks. What is accepted is written out and accepted again as the
 * same, and its network can be built or is refused with a message. */
#include <stdlib.h>
#include <string.h>

#include "config/experiment.h"
#include "fuzz.h"
#include "nn/model.h"

static char *dump(const sw_experiment *experiment)
{
    sw_str text = {0};
    char *taken;
    sw_experiment_dump_yaml(&text, experiment, false);
    fuzz_expect(sw_str_take(&taken, &text) == SW_OK, "an experiment can be written");
    return taken;
}

static sw_experiment *reloaded(const char *text)
{
    sw_experiment *experiment;
    const char *path = fuzz_file((const uint8_t *)text, strlen(text));
    fuzz_expect(sw_experiment_load(&experiment, path, NULL) == SW_OK, sw_error_message());
    return experiment;
}

static void use(const sw_experiment *experiment)
{
    char *first = dump(experiment);
    sw_experiment *again = reloaded(first);
    char *second = dump(again);
    fuzz_expect(strcmp(first, second) == 0, "what is written out reads back as the same");
    sw_experiment_destroy(again);
    free(first);
    free(second);

    sw_model model;
    const sw_model_options options = {.batch = 1, .size = experiment->data.size};
    if (sw_model_build(&model, &experiment->model, &experiment->loss, &options, NULL) == SW_OK)
        sw_model_deinit(&model);
    else
        fuzz_expect(strlen(sw_error_message()) > 0, "a network that cannot be built is explained");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    sw_experiment *experiment;
    const char *path = fuzz_file(bytes, length);
    sw_status status = sw_experiment_load(&experiment, path, NULL);
    if (status == SW_OK)
        use(experiment);
    else
        fuzz_expect(strlen(sw_error_message()) > 0, "a bad experiment is explained");
    sw_experiment_destroy(experiment);
    return 0;
}
