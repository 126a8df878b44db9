/* Visits the weights of a file. */
#ifndef WEIGHTS_EXPORT_TENSORS_H
#define WEIGHTS_EXPORT_TENSORS_H

#include "weights/export.h"

typedef sw_status (*sw_export_visitor)(void *user, const sw_safetensors_tensor *tensor, const void *data);

/* Calls `visit` for each of the model's own tensors, in the file's order, without moments and averages.
 * `data` is NULL unless asked for. */
sw_status sw_export_each(const sw_safetensors_reader *weights, bool with_data, sw_export_visitor visit,
                         void *user) SW_NODISCARD;

/* Reads one tensor into memory that the caller frees. */
sw_status sw_export_read(void **out, const sw_safetensors_reader *weights,
                         const sw_safetensors_tensor *tensor) SW_NODISCARD;

#endif
