/* An experiment's network as a drawing, without a device. */
#ifndef MEASURE_ARCHITECTURE_H
#define MEASURE_ARCHITECTURE_H

#include "base/str.h"
#include "config/experiment.h"
#include "draw/diagram.h"
#include "nn/model.h"

/* Fills a zeroed diagram with the network's layers, up to the classes. A convolution and the norm and
 * activation behind it are one block, a depthwise one and the 1x1 convolution behind it too. Names are those
 * of the layers that an experiment gives or of its stages: "e1", not "e1.0". Nothing is laid out yet. The
 * caller deinits it, also on failure. SW_E_MEMORY. */
sw_status sw_architecture_diagram(sw_diagram *out, const sw_model *model, const char *title) SW_NODISCARD;

/* Appends the drawing of the experiment's network as an <svg> element; `alone`: see sw_diagram_svg. The same
 * network and size of images give the same bytes on every machine. SW_E_CONFIG: the layers do not fit. */
sw_status sw_architecture_svg(sw_str *out, const sw_experiment *experiment, bool alone) SW_NODISCARD;

#endif
