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

/* A key of the metadata whose value is the checksums of the header and of each tensor in the order of the
 * data (XXH64, 16 hexadecimal digits each, without anything between). That of the header is of its JSON text
 * with zeros for its own digits. */
#define SAFETENSORS_CHECKSUMS_KEY "segwork.xxh64"
enum { SAFETENSORS_CHECKSUM_DIGITS = 16 };

void safetensors_checksum_print(char digits[SAFETENSORS_CHECKSUM_DIGITS], uint64_t sum);
bool safetensors_checksum_is(const char *digits, uint64_t sum);
/* The first digit of the checksums in a header's text, which is the header's own; NULL: it has none. */
char *safetensors_checksums_find(char *header);
uint64_t safetensors_header_checksum(const char *header, const char *digits);
/* Fails where a header has checksums and its own is another (SW_E_DATA). */
sw_status safetensors_header_check(char *header) SW_NODISCARD;
uint64_t safetensors_tensor_checksum(const void *bytes, size_t count);

/* *elems and *bytes of a shape; false when either is over SAFETENSORS_MAX_INTEGER or a dimension is negative.
 */
bool safetensors_extent(uint64_t *elems, uint64_t *bytes, sw_safetensors_dtype dtype, int rank,
                        const int64_t *shape);

#endif
