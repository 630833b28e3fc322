#include "report/derive.h"
#include "report/derive_parts.h"
#include <string.h>

static const bsn_derive *const families[] = {bsn_row_derives,
                                             bsn_spread_derives,
                                             bsn_array_derives,
                                             bsn_statistic_derives,
                                             bsn_compare_derives,
                                             bsn_target_derives,
                                             NULL};

const bsn_derive *bsn_derive_row(size_t i) {
  for (const bsn_derive *const *family = families; *family; family++)
    for (const bsn_derive *row = *family; row->name; row++)
      if (i-- == 0) return row;
  return NULL;
}

const bsn_derive *bsn_derive_find(const char *name) {
  const bsn_derive *row;
  for (size_t i = 0; (row = bsn_derive_row(i)) && strcmp(row->name, name);) i++;
  return row;
}
