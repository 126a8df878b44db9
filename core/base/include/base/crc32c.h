/* CRC-32C, the checksum of iSCSI (RFC 3720) and of TensorBoard's records: polynomial 1edc6f41 (Castagnoli),
 * bits reflected. zlib's crc32 is another polynomial. */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Returns the checksum, e3069283 for "123456789". */
uint32_t sw_crc32c(const void *bytes, size_t count);

#endif
