#include "nn/flip.h"

#include <stdlib.h>
#include <string.h>

#include "nn/probabilities.h"

sw_status sw_flip_init(sw_flip *flip, const sw_network *network)
{
    const size_t pixels = sw_network_pixels(network, network->options.eval_batch);
    const size_t images = pixels * 3 * sizeof(float),
                 logits = pixels * (size_t)network->options.model->classes * sizeof(float);
    *flip = (sw_flip){.images = malloc(images), .here = malloc(logits), .there = malloc(logits)};
    if (flip->images && flip->here && flip->there) return SW_OK;
    sw_flip_deinit(flip);
    return sw_fail_alloc("mirrored images and their predictions", images + 2 * logits);
}

void sw_flip_deinit(sw_flip *flip)
{
    free(flip->images);
    free(flip->here);
    free(flip->there);
    *flip = (sw_flip){0};
}

static void mirror(float *out, const float *images, size_t rows, size_t width)
{
    for (size_t y = 0; y < rows; y++, out += 3 * width, images += 3 * width)
        for (size_t x = 0; x < width; x++) memcpy(out + 3 * x, images + 3 * (width - 1 - x), 3 * sizeof *out);
}

static sw_status predict(float *probabilities, sw_network *network, const float *images, int n)
{
    SW_ENSURE(sw_network_enqueue_prediction(network, images, n));
    SW_ENSURE(sw_network_read_prediction(network, probabilities, n));
    return sw_softmax(probabilities, sw_network_pixels(network, n), network->options.model->classes);
}

sw_status sw_flip_enqueue_evaluation(sw_flip *flip, sw_network *network, const float *images,
                                     const uint8_t *labels, int n)
{
    const sw_size size = network->options.size;
    const int classes = network->options.model->classes;
    const sw_size all = {n * size.height, size.width}; /* rows of all images */
    mirror(flip->images, images, (size_t)all.height, (size_t)size.width);
    SW_ENSURE(predict(flip->there, network, flip->images, n));
    SW_ENSURE(predict(flip->here, network, images, n));
    sw_average_mirrored(flip->here, flip->there, all, classes);
    sw_probabilities_to_logits(flip->here, sw_network_pixels(network, n), classes);
    return sw_network_enqueue_logits(network, flip->here, labels, n);
}
