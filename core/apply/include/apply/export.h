/* Writes trained weights for other programs. */
#ifndef APPLY_EXPORT_H
#define APPLY_EXPORT_H

#include "setup/trained.h"

typedef enum sw_export_format { SW_EXPORT_SAFETENSORS, SW_EXPORT_ONNX, SW_EXPORT_NPZ } sw_export_format;

/* Finds the format by name ("safetensors", "onnx", "npz"), or, where that is NULL, by the ending of `path`.
 * SW_E_USAGE when neither tells. */
sw_status sw_export_format_find(sw_export_format *out, const char *name, const char *path) SW_NODISCARD;

/* Writes the opened weights. ONNX needs the experiment, and with fold_norms its norms are folded into the
 * convolutions before them; see weights/export.h for what the files hold. */
sw_status sw_export(const sw_trained *saved, const char *path, sw_export_format format,
                    bool fold_norms) SW_NODISCARD;

#endif
