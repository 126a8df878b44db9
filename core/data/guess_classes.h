/* Which classes the values of masks suggest. */
#ifndef DATA_GUESS_CLASSES_H
#define DATA_GUESS_CLASSES_H

#include "data/guess.h"

/* Fills value labels, data.classes and data.ignore from values, pixels and masks_read. SW_E_DATA: one value,
 * or more than there can be classes. */
sw_status guess_classes(sw_guess *guess) SW_NODISCARD;

#endif
