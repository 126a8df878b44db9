#include "nn/losses.h"

#include <stdio.h>

/* The place of a loss among those of its kind, from 1. */
static int place_in_kind(const sw_loss_config *config, int i)
{
    int place = 1;
    for (int j = 0; j < i; j++) place += config->items[j].kind == config->items[i].kind;
    return place;
}

static void name_loss(char name[SW_LOSS_NAME_BYTES], const sw_loss_config *config, int i)
{
    const char *kind = sw_loss_kinds[config->items[i].kind];
    const int place = place_in_kind(config, i);
    if (place == 1)
        snprintf(name, SW_LOSS_NAME_BYTES, "%s", kind);
    else
        snprintf(name, SW_LOSS_NAME_BYTES, "%s_%d", kind, place);
}

sw_status sw_model_add_losses(sw_model *model, const sw_loss_config *config)
{
    const int inputs[] = {model->logits, model->labels};
    for (int i = 0; i < config->count; i++) {
        const sw_loss_item *item = &config->items[i];
        char name[SW_LOSS_NAME_BYTES] = "loss";
        int outputs[SW_MAX_OUTPUTS];
        if (config->count > 1) name_loss(name, config, i);
        SW_ENSURE(sw_graph_add(outputs, &model->graph, sw_losses[item->kind], name, &item->attrs, 2, inputs));
        model->losses[i] = outputs[0];
        model->loss_count = i + 1;
    }
    return SW_OK;
}

int sw_model_kept(int keep[SW_MODEL_KEPT], const sw_model *model, bool training)
{
    int count = 0;
    for (int i = 0; i < model->loss_count; i++) keep[count++] = model->losses[i];
    if (training) return count;
    keep[count++] = model->logits;
    keep[count++] = model->labels;
    return count;
}

sw_loss_names sw_losses_name(const sw_loss_config *config)
{
    sw_loss_names names = {.count = config->count > 1 ? config->count : 0};
    for (int i = 0; i < names.count; i++) name_loss(names.list[i], config, i);
    return names;
}

int sw_losses_ignored(const sw_loss_config *config)
{
    return config->items[0].attrs.ignore_index;
}

double sw_losses_total(const sw_loss_config *config, const double of[SW_MAX_LOSSES])
{
    double total = 0.0;
    for (int i = 0; i < config->count; i++) total += (double)config->items[i].weight * of[i];
    return total;
}

static void count_labels(uint32_t counts[256], const uint8_t *labels, size_t pixels)
{
    enum { SIDE_BY_SIDE = 4 }; /* equal neighbours would wait for each other's count */
    uint32_t parts[256][SIDE_BY_SIDE] = {0};
    for (size_t i = 0; i < pixels; i++) parts[labels[i]][i % SIDE_BY_SIDE]++;
    for (int c = 0; c < 256; c++) counts[c] = parts[c][0] + parts[c][1] + parts[c][2] + parts[c][3];
}

void sw_losses_weigh(double weights[SW_MAX_LOSSES], const sw_loss_config *config, int classes,
                     const uint8_t *labels, int images, size_t pixels)
{
    for (int n = 0; n < images; n++) {
        uint32_t counts[256];
        count_labels(counts, labels + (size_t)n * pixels, pixels);
        for (int i = 0; i < config->count; i++) {
            const sw_loss_item *item = &config->items[i];
            weights[i] += sw_losses[item->kind]->weigh(&item->attrs, classes, counts);
        }
    }
}
