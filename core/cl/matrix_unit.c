/* Whether kernels may use the matrix unit of this machine's processor. */
#define _GNU_SOURCE /* syscall */
#include "matrix_unit.h"

#include <string.h>

#include "context.h"

#if defined __x86_64__ && defined __linux__
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    FEATURES_LEAF = 7,
    AMX_BF16 = 1 << 22, /* of its EDX */
    AMX_TILE = 1 << 24,
    /* Linux lends the tiles' registers to processes that ask for them: arch_prctl(2) */
    ARCH_REQ_XCOMP_PERM = 0x1023,
    XFEATURE_XTILEDATA = 18
};

static bool has_amx(void)
{
    unsigned a, b, c, d;
    return __get_cpuid_count(FEATURES_LEAF, 0, &a, &b, &c, &d) && d & AMX_BF16 && d & AMX_TILE &&
           syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}
#else
static bool has_amx(void)
{
    return false;
}
#endif

sw_matrix_unit sw_matrix_unit_of(const sw_device_info *device)
{
    /* PoCL runs kernels on this processor, in threads of this process, and its compiler knows the
     * instructions */
    const bool here = device->type & CL_DEVICE_TYPE_CPU && strcmp(device->platform_name, SW_POCL_NAME) == 0;
    return here && has_amx() ? SW_MATRIX_AMX : SW_MATRIX_NONE;
}
