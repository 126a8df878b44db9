/* Device memory. A buffer is a plain cl_mem; sub-buffers name a part of a slab and are released like any. */
#ifndef CL_BUFFER_H
#define CL_BUFFER_H

#include "cl/device.h"

/* Allocates device memory. `label` appears in messages ("activations slab 0"). SW_E_MEMORY, with a hint, when
 * the device refuses. The buffer is touched, so that its memory really exists afterwards. bytes > 0. */
sw_status sw_buffer_create(cl_mem *out, sw_cl *cl, size_t bytes, const char *label) SW_NODISCARD;
/* Creates a part of a slab. origin must be a multiple of sw_cl_device(cl)->base_align_bytes. */
sw_status sw_buffer_sub(cl_mem *out, sw_cl *cl, cl_mem slab, size_t origin, size_t bytes) SW_NODISCARD;
void sw_buffer_release(cl_mem *buffer); /* accepts a NULL cl_mem; sets it NULL */

/* Write copies `bytes` from the host before it returns; read waits for all earlier work in the queue. */
sw_status sw_buffer_write(sw_cl *cl, cl_mem buffer, size_t offset, const void *host,
                          size_t bytes) SW_NODISCARD;
sw_status sw_buffer_read(sw_cl *cl, cl_mem buffer, size_t offset, void *host, size_t bytes) SW_NODISCARD;
/* Begin the same without waiting. The host's bytes must stay as they are until the event *done, which
 * sw_buffer_wait, sw_buffer_settle or sw_buffer_forget releases. bytes > 0. */
sw_status sw_buffer_write_begin(cl_event *done, sw_cl *cl, cl_mem buffer, size_t offset, const void *host,
                                size_t bytes) SW_NODISCARD;
sw_status sw_buffer_read_begin(cl_event *done, sw_cl *cl, cl_mem buffer, size_t offset, void *host,
                               size_t bytes) SW_NODISCARD;
/* Waits for such a transfer and releases its event, which becomes NULL; accepts one that is NULL. */
sw_status sw_buffer_wait(cl_event *event) SW_NODISCARD;
void sw_buffer_forget(cl_event *event); /* releases it without waiting; the transfer goes on */
void sw_buffer_settle(cl_event *event); /* waits and ignores failures, before the host's bytes are freed */
/* Enqueue only; `pattern` is 4 bytes repeated, offset and bytes are multiples of these, or of 2 where both
 * halves of the pattern are the same. */
sw_status sw_buffer_fill(sw_cl *cl, cl_mem buffer, size_t offset, size_t bytes,
                         uint32_t pattern) SW_NODISCARD;
sw_status sw_buffer_copy(sw_cl *cl, cl_mem to, size_t to_offset, cl_mem from, size_t from_offset,
                         size_t bytes) SW_NODISCARD;

#endif
