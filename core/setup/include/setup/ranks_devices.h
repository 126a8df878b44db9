/* What the processes of one machine take of it (comm/comm.h). */
#ifndef SETUP_RANKS_DEVICES_H
#define SETUP_RANKS_DEVICES_H

#include "cl/device.h"
#include "comm/comm.h"
#include "config/experiment.h"

/* Shares the machine's cores out among its processes, in stretches of neighbours, and says so, unless whoever
 * started them has bound them to cores of their own. Before the first use of OpenCL: PoCL then makes as many
 * threads as this process has cores. Collective. */
sw_status sw_share_cores(sw_comm *comm) SW_NODISCARD;

/* Which of `count` cores a process takes that is number `rank` of `ranks`: `*first`, and how many. Some share
 * a core where there are more processes than cores. */
int sw_share_of_cores(int *first, int count, int rank, int ranks);

/* Chooses the device of process number `rank` of the machine's `ranks`: where `first`, the device that one
 * process would take, is a CPU, that one; else the rank-th of the same kind and platform, counted from
 * `first` on. SW_E_CONFIG where there are too few, unless they may be shared. */
sw_status sw_device_of_rank(sw_device_info *out, const sw_device_info *first, const sw_device_info *devices,
                            size_t count, int rank, int ranks, bool share) SW_NODISCARD;

/* As sw_open_device, with the device of this process. */
sw_status sw_open_device_of_rank(sw_cl **cl, sw_device_info *device, const sw_experiment *experiment,
                                 const char *spec, const sw_comm *comm) SW_NODISCARD;

#endif
