/* Device memory. A buffer is a plain cl_mem; sub-buffers name a part of a slab and are released like any. */
#ifndef CL_BUFFER_H
#define CL_BUFFER_H

#include "cl/device.h"

/* `label` appears in messages ("activations slab 0"). Fails with SW_E_MEMORY and a hint when the device
 * refuses; memory is really there when this returns (the buffer is touched). bytes > 0. */
sw_status sw_buffer_create(cl_mem *out, sw_cl *cl, size_t bytes, const char *label) SW_NODISCARD;
/* origin must be a multiple of sw_cl_device(cl)->base_align_bytes. */
sw_status sw_buffer_sub(cl_mem *out, sw_cl *cl, cl_mem slab, size_t origin, size_t bytes) SW_NODISCARD;
void sw_buffer_release(cl_mem *buffer); /* accepts a NULL cl_mem; sets it NULL */

/* Write copies `bytes` from the host before it returns; read waits for all earlier work in the queue. */
sw_status sw_buffer_write(sw_cl *cl, cl_mem buffer, size_t offset, const void *host,
                          size_t bytes) SW_NODISCARD;
sw_status sw_buffer_read(sw_cl *cl, cl_mem buffer, size_t offset, void *host, size_t bytes) SW_NODISCARD;
/* The same without waiting: the host's bytes must stay as they are until *done, which
 * sw_buffer_wait or sw_buffer_forget releases. bytes > 0. */
sw_status sw_buffer_write_begin(cl_event *done, sw_cl *cl, cl_mem buffer, size_t offset, const void *host,
                                size_t bytes) SW_NODISCARD;
sw_status sw_buffer_read_begin(cl_event *done, sw_cl *cl, cl_mem buffer, size_t offset, void *host,
                               size_t bytes) SW_NODISCARD;
/* Waits for such a transfer and releases its event, which becomes NULL; accepts one that is NULL. */
sw_status sw_buffer_wait(cl_event *event) SW_NODISCARD;
void sw_buffer_forget(cl_event *event); /* the same without waiting; the transfer goes on */
void sw_buffer_settle(cl_event *event); /* waits, whatever comes of it: before the host's bytes are freed */
/* Enqueued; `pattern` is 4 bytes repeated. bytes % 4 == 0, offset % 4 == 0. */
sw_status sw_buffer_fill(sw_cl *cl, cl_mem buffer, size_t offset, size_t bytes,
                         uint32_t pattern) SW_NODISCARD;
sw_status sw_buffer_copy(sw_cl *cl, cl_mem to, size_t to_offset, cl_mem from, size_t from_offset,
                         size_t bytes) SW_NODISCARD;

#endif
