#include "base/value.h"
#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 15 digits name every normal double that has a name that short; below DBL_MIN fewer may do. More digits can still be the
 * shorter text: %g writes 1.23456789012345e+15 with 15 digits and all of them with 16. */
const char *bsn_number_text(char *buffer, double x) {
  if (isnan(x)) return strcpy(buffer, "nan");
  if (isinf(x)) return strcpy(buffer, x < 0 ? "-inf" : "inf");
  if (x == 0) return strcpy(buffer, "0");
  if (fabs(x) < 1e15 && x == floor(x)) {
    sprintf(buffer, "%lld", (long long)x);
    return buffer;
  }
  char text[32];
  size_t shortest = sizeof text;
  for (int digits = fabs(x) < DBL_MIN ? 1 : 15; digits <= 17; digits++) {
    size_t n = (size_t)snprintf(text, sizeof text, "%.*g", digits, x);
    if (n >= shortest || strtod(text, NULL) != x) continue;
    strcpy(buffer, text);
    shortest = n;
    if (digits == 15 && fabs(x) < 1e15) break; /* more digits are no shorter */
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
