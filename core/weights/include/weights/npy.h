/* NumPy's .npy files (version 1.0): one array each, row-major, little-endian. */
#ifndef WEIGHTS_NPY_H
#define WEIGHTS_NPY_H

#include <stdint.h>

#include "base/status.h"
#include "base/str.h"
#include "weights/safetensors.h"

/* Appends the file of an array of `rank` sides (0: a scalar). `data` holds product(shape) elements.
 * NumPy has no BF16: such numbers become F32. */
sw_status sw_npy_append(sw_str *out, sw_safetensors_dtype dtype, int rank, const int64_t *shape,
                        const void *data) SW_NODISCARD;

/* Writes the same whole or not at all (see base/fs.h). */
sw_status sw_npy_write(const char *path, sw_safetensors_dtype dtype, int rank, const int64_t *shape,
                       const void *data) SW_NODISCARD;

#endif
