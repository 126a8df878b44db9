/* Bytes over MPI. Exchanges are begun and then waited for with a time limit, so that a link that was cut ends
 * a run; whoever waits gives the processor away, which other ranks of the machine may need. */
#include <mpi.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "transport.h"

/* The variables by which starters tell a process that it is one of several: Open MPI's mpirun, MPICH's, and
 * Slurm's srun. Without one MPI is not opened: that would take a while, and a process alone does not need it.
 */
static const char *const started_by[] = {"OMPI_COMM_WORLD_SIZE", "PMI_RANK", "PMIX_RANK"};

static const double eager_s = 0.01;                          /* so long a wait only yields the processor */
static const struct timespec pause_ns = {.tv_nsec = 100000}; /* then it sleeps between two looks */

static sw_status check(int code, const char *what)
{
    char text[MPI_MAX_ERROR_STRING] = "";
    int length;
    if (code == MPI_SUCCESS) return SW_OK;
    MPI_Error_string(code, text, &length);
    return sw_fail(SW_E_DEVICE, "MPI: %s: %s", what, text);
}

static sw_status await(const sw_comm *comm, MPI_Request *request, const char *what)
{
    const double begun = sw_clock_s();
    for (int done = 0;;) {
        SW_ENSURE(check(MPI_Test(request, &done, MPI_STATUS_IGNORE), what));
        if (done) return SW_OK;
        const double waited = sw_clock_s() - begun;
        if (waited > comm->time_limit_s)
            return sw_fail(SW_E_DEVICE,
                           "%s: no word from the other processes for %g s. One of them hangs, or a link is "
                           "down; the run continues with --resume from where it was saved",
                           what, comm->time_limit_s);
        if (waited < eager_s)
            sched_yield();
        else
            nanosleep(&pause_ns, NULL);
    }
}

static sw_status mpi_gather(sw_comm *comm, const void *mine, size_t bytes, void *all)
{
    MPI_Request request;
    const int n = (int)bytes;
    SW_ENSURE(check(MPI_Iallgather(mine, n, MPI_BYTE, all, n, MPI_BYTE, MPI_COMM_WORLD, &request), "gather"));
    return await(comm, &request, "gather");
}

static sw_status mpi_broadcast(sw_comm *comm, void *data, size_t bytes)
{
    MPI_Request request;
    SW_ENSURE(check(MPI_Ibcast(data, (int)bytes, MPI_BYTE, 0, MPI_COMM_WORLD, &request), "broadcast"));
    return await(comm, &request, "broadcast");
}

/* How MPI wants the parts of `bytes`, and this rank's part of every rank, one behind the other. */
typedef struct cuts {
    int *counts, *places, *own_counts, *own_places;
} cuts;

static sw_status cut(cuts *out, const sw_comm *comm, size_t bytes, size_t part)
{
    const size_t size = (size_t)comm->size;
    int *numbers = malloc(4 * size * sizeof *numbers);
    *out = (cuts){numbers, numbers + size, numbers + 2 * size, numbers + 3 * size};
    if (!numbers) return sw_fail_alloc("parts of an exchange", 4 * size * sizeof *numbers);
    const int own = (int)transport_part(bytes, part, comm->rank);
    for (int r = 0; r < comm->size; r++) {
        out->counts[r] = (int)transport_part(bytes, part, r);
        out->places[r] = out->counts[r] ? r * (int)part : 0;
        out->own_counts[r] = own;
        out->own_places[r] = r * own;
    }
    return SW_OK;
}

static sw_status mpi_scatter_parts(sw_comm *comm, const void *data, size_t bytes, size_t part, void *to)
{
    MPI_Request request;
    cuts c;
    sw_status status = SW_OK;
    SW_TRY(cut(&c, comm, bytes, part));
    SW_TRY(check(MPI_Ialltoallv(data, c.counts, c.places, MPI_BYTE, to, c.own_counts, c.own_places, MPI_BYTE,
                                MPI_COMM_WORLD, &request),
                 "exchange"));
    SW_TRY(await(comm, &request, "exchange"));
done:
    free(c.counts);
    return status;
}

static sw_status mpi_gather_parts(sw_comm *comm, void *data, size_t bytes, size_t part)
{
    MPI_Request request;
    cuts c;
    sw_status status = SW_OK;
    SW_TRY(cut(&c, comm, bytes, part));
    SW_TRY(check(MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_BYTE, data, c.counts, c.places, MPI_BYTE,
                                 MPI_COMM_WORLD, &request),
                 "gather of sums"));
    SW_TRY(await(comm, &request, "gather of sums"));
done:
    free(c.counts);
    return status;
}

static void mpi_close(sw_comm *comm)
{
    (void)comm;
    MPI_Finalize();
}

static void mpi_abort(sw_comm *comm, int exit_code)
{
    (void)comm;
    MPI_Abort(MPI_COMM_WORLD, exit_code);
}

static sw_status find_neighbours(sw_comm *comm)
{
    MPI_Comm machine;
    SW_ENSURE(
        check(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, comm->rank, MPI_INFO_NULL, &machine),
              "the processes of a machine"));
    MPI_Comm_rank(machine, &comm->local_rank);
    MPI_Comm_size(machine, &comm->local_size);
    return check(MPI_Comm_free(&machine), "the processes of a machine");
}

sw_status transport_open(sw_comm *comm)
{
    static const sw_transport transport = {.gather = mpi_gather,
                                           .broadcast = mpi_broadcast,
                                           .scatter_parts = mpi_scatter_parts,
                                           .gather_parts = mpi_gather_parts,
                                           .close = mpi_close,
                                           .abort = mpi_abort};
    bool started = false;
    int provided;
    for (size_t i = 0; i < sizeof started_by / sizeof *started_by; i++)
        started |= getenv(started_by[i]) != NULL;
    comm->size = comm->local_size = 1;
    if (!started) return SW_OK;
    SW_ENSURE(check(MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided), "start"));
    comm->transport = &transport;
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &comm->rank);
    MPI_Comm_size(MPI_COMM_WORLD, &comm->size);
    return comm->size > 1 ? find_neighbours(comm) : SW_OK;
}
