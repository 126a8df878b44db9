/* How kernels are told which activations are bfloat16 (cl_kernels/common.clh). */
#ifndef OPS_STORAGE_OPTIONS_H
#define OPS_STORAGE_OPTIONS_H

#include "ops/call.h"

enum { SW_STORAGE_BYTES = 16 };
/* The build options for a kernel that reads activations of one kind, its x, and writes another, its y: "",
 * " -DX16", " -DY16" or " -DX16 -DY16". */
void sw_storage_options(char text[SW_STORAGE_BYTES], sw_dtype x, sw_dtype y);

/* The same for a kernel whose x is the op's input 0, and whose y is its output 0, or that of the op whose
 * work it does as well. `turned`: the other way round. */
void sw_storage_of(char text[SW_STORAGE_BYTES], const sw_call *call, bool turned);

#endif
