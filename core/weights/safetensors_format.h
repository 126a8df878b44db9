/* What the writer and the reader of safetensors files share. */
#ifndef WEIGHTS_SAFETENSORS_FORMAT_H
#define WEIGHTS_SAFETENSORS_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weights/safetensors.h"

#define SAFETENSORS_METADATA_KEY "__metadata__"

enum {
    SAFETENSORS_PREFIX_BYTES = 8, /* the header's length, u64 little-endian */
    SAFETENSORS_ALIGN = 8,
};
#define SAFETENSORS_MAX_HEADER_BYTES UINT64_C(100000000)
/* JSON numbers pass through doubles: beyond this, integers are no longer exact. */
#define SAFETENSORS_MAX_INTEGER UINT64_C(9007199254740992)

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "tensors are copied as they lie in memory");

/* *elems and *bytes of a shape; false when either is over SAFETENSORS_MAX_INTEGER or a dimension is negative.
 */
bool safetensors_extent(uint64_t *elems, uint64_t *bytes, sw_safetensors_dtype dtype, int rank,
                        const int64_t *shape);

#endif
