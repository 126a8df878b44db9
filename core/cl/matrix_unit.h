#ifndef CL_MATRIX_UNIT_H
#define CL_MATRIX_UNIT_H

#include "cl/device.h"

/* The unit that kernels of a device may use, whose type and platform's name are known; asks the system for it
 * where there is one. */
sw_matrix_unit sw_matrix_unit_of(const sw_device_info *device);

#endif
