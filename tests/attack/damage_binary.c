/* Damage to safetensors and PNG files that their own lengths and checksums do not betray. */
#include <stdint.h>
#include <string.h>

#include "damage.h"

/* ---- safetensors: 8 bytes of length, a JSON header, the tensors ---- */

static uint64_t header_length(const damaged *d)
{
    uint64_t length = 0;
    for (int i = 7; i >= 0; i--) length = length << 8 | (uint8_t)d->bytes[i];
    return length;
}

static void set_header_length(damaged *d, uint64_t length)
{
    for (int i = 0; i < 8; i++) d->bytes[i] = (char)(length >> 8 * i);
}

/* Swaps what two quoted words of the header say, or repeats one of them. */
static bool change_words(damaged *d, size_t end)
{
    static const char *const words[] = {"\"F32\"", "\"shape\"", "\"data_offsets\"", "\"dtype\"",
                                        "\"format\""};
    static const char *const others[] = {"\"F16\"", "\"\"", "\"__metadata__\"", "\"I64\"", "\"shape\""};
    const char *word = words[damage_pick(d, sizeof words / sizeof *words)];
    const char *other = others[damage_pick(d, sizeof others / sizeof *others)];
    const char *found = strstr(d->bytes + 8, word);
    if (!found || (size_t)(found - d->bytes) >= end) return false;
    const size_t before = d->length;
    sw_str_printf(&d->did, "%s instead of %s", other, word);
    damage_splice(d, (size_t)(found - d->bytes), strlen(word), other, strlen(other));
    set_header_length(d, header_length(d) + d->length - before);
    return true;
}

bool damage_safetensors(damaged *d)
{
    static const uint64_t lengths[] = {0, 1, 7, UINT64_MAX, INT64_MAX, (uint64_t)1 << 32, 100000001};
    if (d->length < 16 || header_length(d) > d->length - 8) return false;
    const size_t end = 8 + (size_t)header_length(d), before = d->length;
    switch (damage_pick(d, 4)) {
    case 0:
        sw_str_printf(&d->did, "another length of the header");
        set_header_length(d, lengths[damage_pick(d, sizeof lengths / sizeof *lengths)]);
        return true;
    case 1:
        return change_words(d, end);
    case 2:
        if (d->length == end) return false;
        const size_t at = end + damage_pick(d, d->length - end);
        sw_str_printf(&d->did, "a bit of a tensor flipped in byte %zu", at);
        d->bytes[at] = (char)(d->bytes[at] ^ (1 << damage_pick(d, 8)));
        return true;
    default:
        if (!damage_numbers_in(d, 8, end)) return false;
        set_header_length(d, header_length(d) + d->length - before);
        return true;
    }
}

/* ---- PNG: 8 bytes, then chunks of length, name, data, CRC ---- */

static uint32_t crc(const char *bytes, size_t count)
{
    uint32_t sum = UINT32_MAX;
    for (size_t i = 0; i < count; i++) {
        sum ^= (uint8_t)bytes[i];
        for (int bit = 0; bit < 8; bit++) sum = sum >> 1 ^ (sum & 1 ? 0xEDB88320 : 0);
    }
    return ~sum;
}

static uint32_t read_be(const char *bytes)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) value = value << 8 | (uint8_t)bytes[i];
    return value;
}

static void write_be(char *bytes, uint32_t value)
{
    for (int i = 0; i < 4; i++) bytes[i] = (char)(value >> (24 - 8 * i));
}

/* Where a chunk begins, chosen among all; its length with name and checksum. 0: this is no PNG. */
static size_t find_chunk(damaged *d, size_t *length)
{
    size_t begins[64], count = 0;
    for (size_t at = 8; at + 12 <= d->length && count < 64;) {
        const uint32_t bytes = read_be(d->bytes + at);
        if (bytes > d->length - at - 12) break;
        begins[count++] = at;
        at += bytes + 12;
    }
    if (count == 0) return 0;
    const size_t at = begins[damage_pick(d, count)];
    *length = read_be(d->bytes + at) + 12;
    return at;
}

bool damage_png(damaged *d)
{
    static const uint32_t sizes[] = {0, 1, 3, 65535, 100000, INT32_MAX, UINT32_MAX};
    size_t length = 0;
    const size_t at = find_chunk(d, &length);
    if (at == 0) return false;
    char name[5] = "";
    memcpy(name, d->bytes + at + 4, 4);
    switch (damage_pick(d, 4)) {
    case 0:
        sw_str_printf(&d->did, "chunk %s left out", name);
        damage_splice(d, at, length, "", 0);
        return true;
    case 1:
        sw_str_printf(&d->did, "another length of chunk %s", name);
        write_be(d->bytes + at, sizes[damage_pick(d, sizeof sizes / sizeof *sizes)]);
        return true;
    case 2: /* IHDR is the first: width, height, depth, colour type, ... */
        sw_str_printf(&d->did, "another size in IHDR, with a right checksum");
        write_be(d->bytes + 16 + 4 * damage_pick(d, 2), sizes[damage_pick(d, sizeof sizes / sizeof *sizes)]);
        write_be(d->bytes + 29, crc(d->bytes + 12, 17));
        return d->length > 33;
    default:
        if (length <= 12) return false;
        const size_t byte = at + 8 + damage_pick(d, length - 12);
        sw_str_printf(&d->did, "byte %zu of chunk %s changed, with a right checksum", byte - at - 8, name);
        d->bytes[byte] = (char)damage_pick(d, 256);
        write_be(d->bytes + at + length - 4, crc(d->bytes + at + 4, length - 8));
        return true;
    }
}
