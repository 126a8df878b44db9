#include "finite.h"

#include <stdlib.h>

#include "cl/buffer.h"

/* All bits of the exponent, in the upper half of a float and in a bfloat16. */
enum { EXPONENT = 0x7f80 };

sw_status exec_all_finite(bool *finite, sw_cl *cl, cl_mem buffer, size_t elems, sw_dtype type)
{
    const size_t bytes = elems * sw_dtype_bytes(type), halves = sw_dtype_bytes(type) / sizeof(uint16_t);
    uint16_t *host = malloc(bytes);
    if (!host) return sw_fail_alloc("a NaN search", bytes);
    sw_status status = sw_buffer_read(cl, buffer, 0, host, bytes);
    *finite = true;
    for (size_t i = halves - 1; status == SW_OK && i < elems * halves && *finite; i += halves)
        *finite = (host[i] & EXPONENT) != EXPONENT; /* NaN and infinity have all of them */
    free(host);
    return status;
}
