/* The weights that training starts from: another network's file, or a part of it, under this network's names.
 *
 * A name of the file loses the prefixes of init.strip, then init.map gives it this network's name. Counters
 * (num_batches_tracked) are neither taken nor missed: a run counts its own batches. */
#ifndef WEIGHTS_INITIAL_H
#define WEIGHTS_INITIAL_H

#include "base/arena.h"
#include "exec/executor.h"
#include "graph/graph.h"
#include "nn/config.h"
#include "weights/safetensors.h"

typedef struct sw_name_list {
    const char **items;
    size_t count;
} sw_name_list;

/* What became of the tensors. */
typedef struct sw_initial_report {
    sw_name_list taken;     /* the network's names, in its order: parameters, then running statistics */
    sw_name_list missing;   /* the network's that stay as they were drawn, likewise */
    sw_name_list left_over; /* the file's names that found no place, in the file's order */
    sw_arena arena;         /* owns names and lists */
} sw_initial_report;

/* Loads what the file has for the network and says what became of everything. SW_E_DATA, with nothing changed
 * on the device, lists what does not fit: a tensor of another shape or type; two tensors for one place; a
 * tensor of the network that the file does not have. Such a one is allowed with init.partial, or where
 * init.map, which then is that of a part of the network, has no name for it. With init.partial the head (the
 * last convolution and what follows it) may have other shapes too, and stays as it was drawn. A file that
 * gives nothing at all is refused in any case. `path` is for messages. */
sw_status sw_initial_load(sw_initial_report *report, const sw_graph *graph, sw_store *store,
                          const sw_init_config *config, const sw_safetensors_reader *reader,
                          const char *path) SW_NODISCARD;
void sw_initial_report_deinit(sw_initial_report *report); /* accepts a zeroed one */

/* Writes the report to the log in a line, long lists shortened. */
sw_status sw_initial_report_log(const sw_initial_report *report, const char *path) SW_NODISCARD;

#endif
