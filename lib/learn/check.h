/* check.h: values of the library that are published or known, as a study can ask for them: `protocol: {check: NAME}`.
 *
 *     const bsn_check *check = (const bsn_check *)choice.row;
 *     if (!check->run(choice.config, record, error)) return false;       // metrics at step 0
 *
 * There is no data, no model and no randomness: a check is a pure function of its parameters. What it records is then compared
 * like any other result (`targets:`). Rows are at the bottom of check.c and check_values.c.
 */
#ifndef BSN_LEARN_CHECK_H
#define BSN_LEARN_CHECK_H

#include "base/record.h"
#include "base/row.h"

typedef struct bsn_check {
  bsn_row row;
  /* Append metrics of step 0 to record. False: no memory, or parameters that do not go together. */
  bool (*run)(const void *config, bsn_record *record, bsn_error *error);
} bsn_check;

extern const bsn_table bsn_checks;

/* A family of it. */
extern const bsn_check bsn_value_checks[];

#endif
