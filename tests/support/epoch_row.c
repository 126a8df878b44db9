#include "epoch_row.h"

#include <criterion/criterion.h>

#include "data/pets.h"

sw_classes epoch_row_classes(const char *const *names, int count)
{
    sw_classes classes = sw_classes_none();
    for (int c = 0; c < count; c++) cr_assert(sw_classes_add(&classes, names[c]), "%s", names[c]);
    return classes;
}

static const sw_columns *pet_columns(void)
{
    static sw_columns columns;
    if (columns.count == 0) cr_assert_eq(sw_columns_init(&columns, &sw_pets_class_list.classes, NULL), SW_OK);
    return &columns;
}

sw_epoch_record epoch_row_empty(int epoch)
{
    sw_epoch_record row;
    cr_assert_eq(sw_epoch_record_init(&row, epoch, pet_columns()), SW_OK);
    return row;
}

double *epoch_row_figure(sw_epoch_record *row, const char *key)
{
    const int at = sw_columns_find(pet_columns(), key);
    cr_assert_geq(at, 0, "%s", key);
    return &row->values[at];
}

double epoch_row_read(const sw_epoch_table *table, size_t row, const char *key)
{
    const int at = sw_columns_find(&table->columns, key);
    cr_assert(at >= 0 && row < table->count, "%s", key);
    return table->rows[row].values[at];
}
