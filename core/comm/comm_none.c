/* In place of comm_mpi.c in a build without MPI. */
#include "transport.h"

sw_status transport_open(sw_comm *comm)
{
    const int started = sw_comm_started();
    comm->size = comm->local_size = 1;
    if (started == 1) return SW_OK;
    return sw_fail(
        SW_E_USAGE,
        "%d processes were started, and this segwork was built without MPI: each would do the whole "
        "work. Install libopenmpi-dev and openmpi-bin and build again, or start one process",
        started);
}
