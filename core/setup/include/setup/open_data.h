/* Opens an experiment's data sets, and computes class weights from them. */
#ifndef SETUP_OPEN_DATA_H
#define SETUP_OPEN_DATA_H

#include "config/experiment.h"
#include "data/dataset.h"
#include "data/loader.h"

/* Opens a split of the experiment's images, and sums it up in a log line. */
sw_status sw_open_data(sw_dataset **out, const sw_data_config *data, sw_split split) SW_NODISCARD;

/* Opens the training images, so that their memory goes to what the experiment's augmentation works on. */
sw_status sw_open_train_data(sw_dataset **out, const sw_experiment *experiment) SW_NODISCARD;

/* Warns, in one line, of pictures on which is trained and validated. */
sw_status sw_warn_of_shared_images(const sw_dataset *train, const sw_dataset *val) SW_NODISCARD;

/* Warns, in one line, of classes that no training mask has. */
void sw_warn_of_absent_classes(const sw_dataset *train);

/* Returns train.article_every, and 0 for data that are not the pets: the article measured nothing else. */
int sw_article_every(const sw_experiment *experiment);

/* Returns the options of the experiment's training loader. */
sw_loader_options sw_train_loading(const sw_experiment *experiment);

/* Tells whether class weights are to be computed from the training set. */
bool sw_loss_needs_train_masks(const sw_loss_config *loss);

/* Returns the experiment's loss, with the class weights of `median_frequency` computed from the training set.
 */
sw_loss_config sw_resolve_loss(const sw_loss_config *loss, const sw_dataset *train);

#endif
