/* The networks of the runs, drawn. */
#ifndef REPORT_ARCHITECTURE_H
#define REPORT_ARCHITECTURE_H

#include "report_data.h"

/* Appends the section "Architecture": a drawing for each network, once for runs that have the same. A run
 * whose configuration says more of its network than this version knows is named and not drawn. SW_E_MEMORY.
 */
sw_status report_architecture(sw_str *out, const report_data *data) SW_NODISCARD;

#endif
