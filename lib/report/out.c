#include "report/out.h"
#include "base/value.h"
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 1 << 16 };

static void fail(bsn_out *out, bsn_code code, int number) {
  if (out->failed) return;
  out->failed = code;
  out->number = number;
}

static void hand_on(bsn_out *out) {
  errno = 0;
  if (!out->failed && out->n && !out->write(out->to, out->text, out->n)) fail(out, BSN_IO, errno);
  out->n = 0;
}

/* Room for n bytes and a NUL. */
static bool make_room(bsn_out *out, size_t n) {
  if (out->failed) return false;
  if (out->write && out->n >= PIECE) hand_on(out);
  if (n < out->room - out->n) return !out->failed;
  size_t room = out->room ? out->room : 2 * PIECE;
  while (n >= room - out->n) room *= 2;
  char *larger = aligned_alloc(64, room);
  if (!larger) return fail(out, BSN_NO_MEMORY, 0), false;
  if (out->n) memcpy(larger, out->text, out->n);
  free(out->text);
  out->text = larger;
  out->room = room;
  return !out->failed;
}

static void add_bytes(bsn_out *out, const char *bytes, size_t n) {
  if (!make_room(out, n)) return;
  memcpy(out->text + out->n, bytes, n);
  out->n += n;
  out->text[out->n] = 0;
}

void bsn_out_add(bsn_out *out, const char *format, ...) {
  va_list list;
  va_start(list, format);
  int n = vsnprintf(NULL, 0, format, list);
  va_end(list);
  if (n < 0 || !make_room(out, (size_t)n)) return;
  va_start(list, format);
  vsnprintf(out->text + out->n, (size_t)n + 1, format, list);
  va_end(list);
  out->n += (size_t)n;
}

/* Length of the UTF-8 character at s; 0 when it is none (overlong forms and surrogates are none). */
static size_t character(const unsigned char *s) {
  if (s[0] < 0x80) return 1;
  size_t n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
  if (s[0] < 0xc2 || s[0] > 0xf4) return 0;
  for (size_t i = 1; i < n; i++)
    if ((s[i] & 0xc0) != 0x80) return 0;
  bool overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
  bool beyond = (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf4 && s[1] > 0x8f);
  return overlong || beyond ? 0 : n;
}

static void json_character(bsn_out *out, const char *s, size_t n) {
  static const char *const names[128] = {
      ['"'] = "\\\"", ['\\'] = "\\\\", ['\n'] = "\\n", ['\t'] = "\\t", ['\r'] = "\\r"};
  unsigned char c = (unsigned char)*s;
  if (n == 0)
    add_bytes(out, "\xef\xbf\xbd", 3);
  else if (c < 128 && names[c])
    add_bytes(out, names[c], 2);
  else if (c < 32)
    bsn_out_add(out, "\\u%04x", c);
  else
    add_bytes(out, s, n);
}

void bsn_out_json(bsn_out *out, const char *text) {
  if (!text) add_bytes(out, "null", 4);
  if (!text) return;
  add_bytes(out, "\"", 1);
  for (size_t n; *text; text += n ? n : 1) {
    n = character((const unsigned char *)text);
    json_character(out, text, n);
  }
  add_bytes(out, "\"", 1);
}

void bsn_out_number(bsn_out *out, double x) {
  char buffer[32];
  bsn_out_add(out, isfinite(x) ? "%s" : "\"%s\"", bsn_number_text(buffer, x));
}

void bsn_out_csv(bsn_out *out, const char *text) {
  if (!text) return;
  bool plain = !text[strcspn(text, ",\"\r\n")];
  add_bytes(out, plain ? text : "\"", plain ? strlen(text) : 1);
  if (plain) return;
  for (; *text; text++) add_bytes(out, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
  add_bytes(out, "\"", 1);
}

void bsn_out_csv_number(bsn_out *out, double x) {
  char buffer[32];
  if (!isnan(x)) bsn_out_add(out, "%s", bsn_number_text(buffer, x));
}

bool bsn_out_end(bsn_out *out, bsn_error *error) {
  if (out->write) {
    hand_on(out);
    bsn_out_free(out);
  }
  if (!out->failed) return true;
  if (out->failed == BSN_NO_MEMORY) return bsn_no_memory(error);
  return bsn_fail(error, BSN_IO, "cannot write: %s", out->number ? strerror(out->number) : "output failed");
}

void bsn_out_free(bsn_out *out) {
  free(out->text);
  out->text = NULL;
  out->n = out->room = 0;
}
