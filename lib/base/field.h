/* field.h: one value read as what its parameter declares, inside lib/base.
 *
 *     bsn_field lr = {reader, param, bsn_value_get(map, "lr"), "optimizer.lr", &config->lr};
 *     if (!bsn_field_read(&lr)) return false;             // a fault says what was wanted
 *
 * Reading checks type and bounds, fills the config's field, and notes the setting with its canonical text.
 */
#ifndef BSN_BASE_FIELD_H
#define BSN_BASE_FIELD_H

#include "base/row.h"

typedef struct bsn_field {
  bsn_reader *reader;
  const bsn_param *param;
  const bsn_value *value; /* the one given, or the default */
  const char *path;       /* "optimizer.lr" */
  void *at;               /* the field of the config */
} bsn_field;

/* Read it. False with a fault, or without memory. */
bool bsn_field_read(bsn_field *field);

/* Say in the reader's faults that there is no memory; returns false. */
bool bsn_reader_no_memory(bsn_reader *reader);

/* Note a setting, its texts not copied; one that is NULL means that there was no memory for it. identity NULL: not in the key. */
bool bsn_reader_note(bsn_reader *reader, const char *path, const char *value, const char *identity);

/* "a, b or c", with last (" or ") before the last of n words. NULL without memory, which is noted. */
const char *bsn_reader_words(bsn_reader *reader, size_t n, const char *const *words, const char *last);

/* What stands in a message for a value that is not what was wanted: "'fast'", "a list", "nothing". */
const char *bsn_value_shown(const bsn_value *value, char buffer[64]);

#endif
