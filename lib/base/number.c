#include "base/value.h"
#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* 15 digits name every normal double that has a name that short; below DBL_MIN fewer digits may do. */
const char *bsn_number_text(char *buffer, double x) {
  if (isnan(x)) return snprintf(buffer, 32, "nan"), buffer;
  if (isinf(x)) return snprintf(buffer, 32, "%s", x < 0 ? "-inf" : "inf"), buffer;
  if (x == 0) x = 0;
  for (int digits = fabs(x) < DBL_MIN ? 1 : 15; digits <= 17; digits++) {
    snprintf(buffer, 32, "%.*g", digits, x);
    if (strtod(buffer, NULL) == x) break;
  }
  return buffer;
}

static const char *skip_digits(const char *s) {
  while (isdigit((unsigned char)*s)) s++;
  return s;
}

/* The grammar is checked here, since strtod also takes hexadecimal, blanks, inf and nan. */
bool bsn_number_read(const char *text, double *x) {
  const char *s = text + (*text == '+' || *text == '-');
  const char *whole = s;
  s = skip_digits(s);
  size_t digits = (size_t)(s - whole);
  if (*s == '.') {
    const char *part = ++s;
    s = skip_digits(s);
    digits += (size_t)(s - part);
  }
  if (digits == 0) return false;
  if (*s == 'e' || *s == 'E') {
    s += 1 + (s[1] == '+' || s[1] == '-');
    if (!isdigit((unsigned char)*s)) return false;
    s = skip_digits(s);
  }
  if (*s) return false;
  char *end;
  double value = strtod(text, &end);
  if (*end || !isfinite(value)) return false;
  *x = value;
  return true;
}
