/* Weights for other programs. All files are written whole or not at all (see base/fs.h), without the
 * optimiser's moments and the averages.
 *
 * ONNX is written with base/protobuf.h. These graphs need about thirty fields of a schema of a thousand
 * lines, too few to pay for a code generator and a copy of the schema in the build. */
#ifndef WEIGHTS_EXPORT_H
#define WEIGHTS_EXPORT_H

#include <stdbool.h>

#include "nn/model.h"
#include "weights/checkpoint.h"
#include "weights/safetensors.h"

/* Writes the tensors under their own names, with these notes as metadata. With `half` the floats of tensors
 * with two or more dimensions, which are the convolutions' weights, become F16. Norms and biases stay: they
 * are few, and running variances may be smaller than F16 holds well. SW_E_DATA: a value exceeds F16. */
sw_status sw_export_safetensors(const char *path, const sw_safetensors_reader *weights, bool half,
                                const sw_checkpoint_note *notes, size_t note_count) SW_NODISCARD;

/* Writes NumPy's archive of arrays: each tensor as <name>.npy in an uncompressed zip file. SW_E_CONFIG when
 * segwork was built without libarchive. */
sw_status sw_export_npz(const char *path, const sw_safetensors_reader *weights) SW_NODISCARD;

typedef enum sw_onnx_unpool {
    SW_ONNX_UNPOOL_MAX, /* MaxUnpool, which takes the indices of MaxPool as they are; few runtimes have it */
    SW_ONNX_UNPOOL_BASIC, /* ops that every runtime has, see onnx_unpool.c */
} sw_onnx_unpool;

typedef struct sw_onnx_options {
    bool fold_norms; /* norms after a convolution become part of its weights and bias */
    sw_onnx_unpool unpool;
    const sw_checkpoint_note *notes;
    size_t note_count; /* metadata */
} sw_onnx_options;

/* Writes the network without its loss as an ONNX graph (opset 15) of input "images", float32 (batch,3,H,W),
 * and output "logits", float32 (batch,classes,H,W), for any batch. SW_E_DATA: the file does not hold the
 * model's tensors, or the graph exceeds the format's 2 GiB. */
sw_status sw_export_onnx(const char *path, const sw_model *model, const sw_safetensors_reader *weights,
                         const char *weights_path, const sw_onnx_options *options) SW_NODISCARD;

#endif
