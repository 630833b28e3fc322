#include "base/error.h"
#include <stdarg.h>
#include <stdio.h>

bool bsn_fail(bsn_error *error, bsn_code code, const char *format, ...) {
  if (error->code) return false;
  error->code = code;
  va_list list;
  va_start(list, format);
  vsnprintf(error->text, sizeof error->text, format, list);
  va_end(list);
  return false;
}

bool bsn_no_memory(bsn_error *error) { return bsn_fail(error, BSN_NO_MEMORY, "not enough memory"); }
