/* The search for NaN and infinity on the device. */
#ifndef EXEC_FINITE_H
#define EXEC_FINITE_H

#include "exec/executor.h"

/* Whether the first `elems` values of a buffer, SW_F32 or SW_BF16, are all finite. Waits for the device. */
sw_status exec_all_finite(bool *finite, sw_cl *cl, cl_mem buffer, size_t elems, sw_dtype type) SW_NODISCARD;

#endif
