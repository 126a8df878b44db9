/* A model's tensors between the device and a safetensors file.
 *
 * A weights file holds exactly what PyTorch's state dict of the reference model holds, under the same names,
 * so that load_state_dict takes it as it is: parameters, running statistics, and num_batches_tracked of every
 * norm. A resume file holds the optimiser's moments too, as "optimizer.<moment>.<parameter>", and where
 * averages are kept these, as "ema.<parameter or statistic>". */
#ifndef WEIGHTS_CHECKPOINT_H
#define WEIGHTS_CHECKPOINT_H

#include <stdint.h>

#include "exec/averages.h"
#include "exec/optimizer.h"
#include "graph/graph.h"
#include "weights/safetensors.h"

typedef struct sw_checkpoint_note {
    const char *key, *value; /* goes into the file's metadata */
} sw_checkpoint_note;

typedef struct sw_checkpoint {
    const sw_graph *graph;
    sw_store *store;
    const sw_optimizer *optimizer; /* NULL: a weights file */
    const sw_averages *averages;   /* NULL: none, or not in this file */
    uint64_t batches_tracked;      /* training batches the norms have seen */
} sw_checkpoint;

/* Writes a checkpoint under another name and renames it. */
sw_status sw_checkpoint_save(const sw_checkpoint *checkpoint, const char *path,
                             const sw_checkpoint_note *notes, size_t note_count) SW_NODISCARD;

/* Checks that an open file holds every parameter and statistic of the graph. SW_E_DATA lists the tensors that
 * are missing or of another shape or type, and those the file holds in addition. If there are only additional
 * ones, a warning lists them. */
sw_status sw_checkpoint_check(const sw_graph *graph, const sw_safetensors_reader *reader,
                              const char *path) SW_NODISCARD;

/* Checks an open file as above, then loads every tensor of the graph from it, and moments and averages where
 * there are any. A failed check changes nothing on the device. */
sw_status sw_checkpoint_load(const sw_checkpoint *checkpoint, const sw_safetensors_reader *reader,
                             const char *path) SW_NODISCARD;

#endif
