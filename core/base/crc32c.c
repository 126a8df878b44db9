/* Works on four bits at a time, with a table of 16 remainders. That is slow for a checksum, but fast enough
 * for a line of figures a step and a picture an epoch. A library (ISA-L, RHash) would be one more dependency
 * of every build in place of these few lines. */
#include "base/crc32c.h"

/* Remainder of the four bits that are the index, by the polynomial 82f63b78 (1edc6f41 reflected). */
static const uint32_t remainders[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};

uint32_t sw_crc32c(const void *bytes, size_t count)
{
    const uint8_t *byte = bytes;
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < count; i++) {
        crc ^= byte[i];
        crc = crc >> 4 ^ remainders[crc & 15];
        crc = crc >> 4 ^ remainders[crc & 15];
    }
    return ~crc;
}
