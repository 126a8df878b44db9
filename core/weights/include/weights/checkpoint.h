/* A model's tensors between the device and a safetensors file.
 *
 * A weights file holds exactly what PyTorch's state dict of the reference model holds, under the same names,
 * so that load_state_dict takes it as it is: parameters, running statistics, and num_batches_tracked of every
 * norm. A resume file holds the optimiser's moments too, as "optimizer.<moment>.<parameter>", and where
 * averages are kept these, as "ema.<parameter or statistic>". */
#ifndef WEIGHTS_CHECKPOINT_H
#define WEIGHTS_CHECKPOINT_H

#include <stdint.h>

#include "graph/graph.h"
#include "ops/averages.h"
#include "ops/optimizer.h"
#include "weights/safetensors.h"

typedef struct sw_checkpoint_note {
    const char *key, *value; /* goes into the file's metadata */
} sw_checkpoint_note;

typedef struct sw_checkpoint {
    const sw_graph *graph;
    const sw_store *store;
    sw_optimizer *optimizer;     /* NULL: a weights file */
    const sw_averages *averages; /* NULL: none, or not in this file */
    uint64_t batches_tracked;    /* training batches the norms have seen */
} sw_checkpoint;

/* Writes aside and renames. */
sw_status sw_checkpoint_save(const sw_checkpoint *checkpoint, const char *path,
                             const sw_checkpoint_note *notes, size_t note_count) SW_NODISCARD;

/* Whether an open file holds every parameter and statistic of the graph: SW_E_DATA lists what is missing or
 * of another shape or type, and what the file holds beside; with only the latter, a warning lists it. */
sw_status sw_checkpoint_check(const sw_graph *graph, const sw_safetensors_reader *reader,
                              const char *path) SW_NODISCARD;

/* Loads every tensor of the graph (and moments and averages, where there are any) from an open file, once
 * that is checked as above; nothing on the device is changed when the check fails. */
sw_status sw_checkpoint_load(const sw_checkpoint *checkpoint, const sw_safetensors_reader *reader,
                             const char *path) SW_NODISCARD;

#endif
