/* An experiment becomes a device, a graph and a network: the one place that says which of its keys go where.
 */
#ifndef SETUP_OPEN_H
#define SETUP_OPEN_H

#include "cl/device.h"
#include "config/experiment.h"
#include "nn/network.h"

/* Opens the device that `spec` names; NULL: the experiment's. `check`: see sw_cl_options. */
sw_status sw_open_device(sw_cl **cl, sw_device_info *device, const sw_experiment *experiment,
                         const char *spec, bool check) SW_NODISCARD;

struct cJSON;
/* Describes a device in a new object: name, type, platform, version, driver and compute units. */
struct cJSON *sw_device_json(const sw_device_info *device);

/* Builds the experiment's graph for batches of `batch` images, without a device: the engines of its
 * convolutions are not chosen, and their workspace is that of a CPU. */
sw_status sw_open_model(sw_model *model, const sw_experiment *experiment, int batch) SW_NODISCARD;

/* Returns the options of the experiment's network, for training. They point into the experiment. What its
 * keys alone do not say, the caller replaces: `loss` by one whose class weights are numbers, `conv_pins` by
 * what was decided for the device, `optimizer` by NULL where nothing is trained. */
sw_network_options sw_open_network_options(const sw_experiment *experiment, const sw_device_info *device);

/* Returns the bytes of device memory that the convolutions may share: runtime.workspace_mb, or what suits the
 * device. NULL: a CPU. */
size_t sw_workspace_cap_bytes(const sw_experiment *experiment, const sw_device_info *device);

#endif
