/* A trained network loaded from its files, to predict, evaluate or export. */
#ifndef SETUP_TRAINED_H
#define SETUP_TRAINED_H

#include "base/size.h"
#include "cl/device.h"
#include "config/experiment.h"
#include "nn/network.h"
#include "weights/safetensors.h"

typedef struct sw_trained_options {
    const char *from;        /* a safetensors file, the folder of a run, or the name of a model that comes
                              * with segwork; NULL: SW_SHIPPED_MODEL */
    const char *which;       /* of a run's checkpoints: "best", "last"; NULL: best */
    const char *config;      /* experiment; NULL: config.yaml of the run that the file lies in, or the file's
                              * neighbour of the same name that ends in .yaml */
    const char *const *sets; /* keys changed in it, ended by NULL; NULL: none */
} sw_trained_options;

typedef struct sw_trained {
    char *weights_path, *config_path;
    sw_safetensors_reader *weights;
    sw_experiment *experiment;
    int epoch; /* after which the weights were saved, as the file says; 0: it does not */

    /* from sw_trained_start on */
    sw_device_info device;
    sw_cl *cl;
    sw_loss_config loss;
    sw_network network;
} sw_trained;

/* Finds and opens the weights, and reads the experiment where there is one: without a configuration the
 * experiment is NULL, which sw_trained_need_experiment turns into an error. Logs which file a model's name
 * led to. Touches no device. SW_E_USAGE: no weights are named, and no model is installed. */
sw_status sw_trained_open(sw_trained *saved, const sw_trained_options *options) SW_NODISCARD;

/* SW_E_USAGE, saying what to give, when no experiment was found. */
sw_status sw_trained_need_experiment(const sw_trained *saved) SW_NODISCARD;

typedef struct sw_trained_use {
    const sw_loss_config *loss; /* its class weights as numbers; copied */
    int batch;                  /* images a step */
    sw_size size;               /* of the images; zeroed: the experiment's */
    const char *device;         /* overrides the experiment's; NULL: not */
} sw_trained_use;

/* Builds the experiment's network for evaluation and loads the weights. */
sw_status sw_trained_start(sw_trained *saved, const sw_trained_use *use) SW_NODISCARD;

void sw_trained_close(sw_trained *saved); /* accepts a zeroed one, and one half open */

#endif
