/* Checksums of safetensors files. */
#include <string.h>

#define XXH_STATIC_LINKING_ONLY /* for the size of a state */
#include <xxhash.h>

#include "safetensors_format.h"

static const char zeros[] = "0000000000000000";

void safetensors_checksum_print(char digits[SAFETENSORS_CHECKSUM_DIGITS], uint64_t sum)
{
    for (int i = SAFETENSORS_CHECKSUM_DIGITS - 1; i >= 0; i--, sum >>= 4)
        digits[i] = "0123456789abcdef"[sum & 15];
}

char *safetensors_checksums_find(char *header)
{
    /* a quotation mark within a string is escaped, so that nothing but the key itself looks like this */
    static const char key[] = "\"" SAFETENSORS_CHECKSUMS_KEY "\":\"";
    char *found = strstr(header, key);
    return found ? found + sizeof key - 1 : NULL;
}

uint64_t safetensors_header_checksum(const char *header, const char *digits)
{
    const char *rest = digits + SAFETENSORS_CHECKSUM_DIGITS;
    XXH64_state_t state;
    XXH64_reset(&state, 0);
    XXH64_update(&state, header, (size_t)(digits - header));
    XXH64_update(&state, zeros, SAFETENSORS_CHECKSUM_DIGITS);
    XXH64_update(&state, rest, strlen(rest));
    return XXH64_digest(&state);
}

bool safetensors_checksum_is(const char *digits, uint64_t sum)
{
    char expected[SAFETENSORS_CHECKSUM_DIGITS];
    safetensors_checksum_print(expected, sum);
    return memcmp(expected, digits, sizeof expected) == 0;
}

uint64_t safetensors_tensor_checksum(const void *bytes, size_t count)
{
    return XXH64(bytes, count, 0);
}

/* Whoever changes a file and keeps its metadata keeps checksums that are no longer right. */
sw_status safetensors_header_check(char *text)
{
    const char *digits = safetensors_checksums_find(text);
    if (!digits || (strspn(digits, "0123456789abcdef") >= SAFETENSORS_CHECKSUM_DIGITS &&
                    safetensors_checksum_is(digits, safetensors_header_checksum(text, digits))))
        return SW_OK;
    return sw_fail(SW_E_DATA, "the header is not as segwork wrote it (its checksum is another): the file is "
                              "damaged, or was changed by a program that kept the metadata "
                              "'" SAFETENSORS_CHECKSUMS_KEY "', which must be removed then");
}
