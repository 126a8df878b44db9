/* The files that a prediction writes for a picture. */
#ifndef APPLY_PREDICT_FILES_H
#define APPLY_PREDICT_FILES_H

#include "predict_picture.h"

/* Counts the classes' shares of the finished map and writes its files, the mask last. The map is used up: its
 * class numbers become mask values. Failures name the file. */
sw_status sw_predict_files_write(sw_predict_picture *picture) SW_NODISCARD;

/* Writes the logits (window height, window width, classes) of a picture's only window. */
sw_status sw_predict_logits_write(const sw_predict_picture *picture, const float *logits) SW_NODISCARD;

#endif
