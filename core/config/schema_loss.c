/* The keys of `loss`: those that all losses have, and of each loss what its op names (sw_op.fields). */
#include "nn/config.h"
#include "schema_tables.h"

static int chosen(const void *record)
{
    return (int)((const sw_loss_item *)record)->kind;
}

static const char *name(int kind)
{
    return sw_loss_kinds[kind];
}

static const char *help(int kind)
{
    return sw_losses[kind]->help;
}

static const sw_field_table *table(int kind)
{
    return sw_losses[kind]->fields;
}

static const sw_field_variants kinds = {
    .offset = offsetof(sw_loss_item, attrs), .chosen = chosen, .name = name, .help = help, .table = table};

#define HERE sw_loss_item
static const sw_field loss_fields[] = {
    CHOICE(kind, "cross_entropy", sw_loss_kinds, "The loss"),
    POSITIVE(weight, "1", 1e6, "Weight of the loss in the sum of a list, which is what training minimises"),
};
#undef HERE

const sw_field_table schema_loss_table = {.struct_bytes = sizeof(sw_loss_item),
                                          .fields = loss_fields,
                                          .count = sizeof loss_fields / sizeof *loss_fields,
                                          .variants = &kinds};
