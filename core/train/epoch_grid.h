/* The same validation images drawn after every epoch. */
#ifndef TRAIN_EPOCH_GRID_H
#define TRAIN_EPOCH_GRID_H

#include "base/arena.h"
#include "comm/comm.h"
#include "config/experiment.h"
#include "data/dataset.h"
#include "nn/network.h"
#include "run/masks.h"
#include "run/records.h"

typedef struct sw_epoch_grid {
    const sw_dataset *dataset;     /* borrowed */
    sw_mask_images shown;          /* the images, of the data set */
    int *slot_of_image;            /* by image number: place among the shown, or -1 */
    uint8_t **captured;            /* (count) predictions (S,S) */
    uint8_t **captured_confidence; /* (count) how sure they are (S,S) */
    sw_arena arena;
} sw_epoch_grid;

/* Chooses the images: those named, or `count` drawn by the seed, or all where there are fewer. SW_E_CONFIG
 * for a name that is not in the data set, or there twice, and where so many images of that size would make
 * a picture that cannot be drawn or kept. */
sw_status sw_epoch_grid_init(sw_epoch_grid *grid, const sw_dataset *dataset, const sw_grid_config *config,
                             uint64_t seed) SW_NODISCARD;
void sw_epoch_grid_deinit(sw_epoch_grid *grid);

/* Predicts only the grid's images (what epoch 00 needs). */
sw_status sw_epoch_grid_predict(sw_epoch_grid *grid, sw_network *network) SW_NODISCARD;

/* Around a validation that several processes share: forgets what was captured; brings together what each has.
 * Nothing for one process. */
void sw_epoch_grid_begin(sw_epoch_grid *grid, const sw_comm *comm);
sw_status sw_epoch_grid_unite(sw_epoch_grid *grid, sw_comm *comm) SW_NODISCARD;

/* Keep the images in the run's folder, once, and after each epoch what was captured (see run/masks.h). */
sw_status sw_epoch_grid_begin_store(const sw_epoch_grid *grid, const char *run) SW_NODISCARD;
sw_status sw_epoch_grid_store(const sw_epoch_grid *grid, const char *run, int epoch) SW_NODISCARD;

/* Draws <folder>/epoch_NN.png from what was captured. `row` NULL: before training, no figures. */
sw_status sw_epoch_grid_draw(const sw_epoch_grid *grid, const char *folder, int epoch,
                             const sw_columns *columns, const sw_epoch_record *row) SW_NODISCARD;

#endif
