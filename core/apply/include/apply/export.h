/* Writes trained weights for other programs. */
#ifndef APPLY_EXPORT_H
#define APPLY_EXPORT_H

#include "setup/trained.h"
#include "weights/export.h"

typedef enum sw_export_format { SW_EXPORT_SAFETENSORS, SW_EXPORT_ONNX, SW_EXPORT_NPZ } sw_export_format;

/* Finds the format by name ("safetensors", "onnx", "npz"), or, where that is NULL, by the ending of `path`.
 * SW_E_USAGE when neither tells. */
sw_status sw_export_format_find(sw_export_format *out, const char *name, const char *path) SW_NODISCARD;

typedef struct sw_export_options {
    sw_export_format format;
    bool half;             /* safetensors: weights of convolutions as F16 */
    bool fold_norms;       /* ONNX: norms are folded into the convolutions before them */
    sw_onnx_unpool unpool; /* ONNX */
} sw_export_options;

/* Finds a way of unpooling by name, "max" or "basic". SW_E_USAGE for another. */
sw_status sw_export_unpool_find(sw_onnx_unpool *out, const char *name) SW_NODISCARD;

/* Writes the opened weights. ONNX needs the experiment; see weights/export.h for what the files hold. */
sw_status sw_export(const sw_trained *saved, const char *path, const sw_export_options *options) SW_NODISCARD;

#endif
