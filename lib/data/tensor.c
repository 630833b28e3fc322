/* Blocks of numbers in binary files: IDX and npy headers, and data sets from them. Every size is checked against the file
 * before it is used. */
#include "data/read.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static uint64_t little(const unsigned char *at, size_t size) {
  uint64_t bits = 0;
  for (size_t i = size; i-- > 0;) bits = bits << 8 | at[i];
  return bits;
}

static uint64_t big(const unsigned char *at, size_t size) {
  uint64_t bits = 0;
  for (size_t i = 0; i < size; i++) bits = bits << 8 | at[i];
  return bits;
}

static double f4(uint64_t bits) {
  uint32_t low = (uint32_t)bits;
  float x;
  memcpy(&x, &low, sizeof x);
  return (double)x;
}

static double f8(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static double get_u1(const unsigned char *at) { return *at; }
static double get_i1(const unsigned char *at) { return (int8_t)*at; }
static double get_i4(const unsigned char *at) { return (int32_t)little(at, 4); }
static double get_i8(const unsigned char *at) { return (double)(int64_t)little(at, 8); }
static double get_f4(const unsigned char *at) { return f4(little(at, 4)); }
static double get_f8(const unsigned char *at) { return f8(little(at, 8)); }
static double get_big_i2(const unsigned char *at) { return (int16_t)big(at, 2); }
static double get_big_i4(const unsigned char *at) { return (int32_t)big(at, 4); }
static double get_big_f4(const unsigned char *at) { return f4(big(at, 4)); }
static double get_big_f8(const unsigned char *at) { return f8(big(at, 8)); }

static const bsn_element elements[] = {{"|u1", 0x08, 1, true, get_u1},     {"|i1", 0x09, 1, true, get_i1},
                                       {"<i4", -1, 4, true, get_i4},       {"<i8", -1, 8, true, get_i8},
                                       {"<f4", -1, 4, false, get_f4},      {"<f8", -1, 8, false, get_f8},
                                       {NULL, 0x0b, 2, true, get_big_i2},  {NULL, 0x0c, 4, true, get_big_i4},
                                       {NULL, 0x0d, 4, false, get_big_f4}, {NULL, 0x0e, 8, false, get_big_f8}};
enum { ELEMENTS = sizeof elements / sizeof *elements };

#define FAULT(file, at, ...) fault(error, file, at, __VA_ARGS__)

static bool fault(bsn_error *error, const bsn_bytes *file, size_t at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static bool fault(bsn_error *error, const bsn_bytes *file, size_t at, const char *format, ...) {
  char text[512];
  va_list list;
  va_start(list, format);
  vsnprintf(text, sizeof text, format, list);
  va_end(list);
  return bsn_fail(error, BSN_BAD_INPUT, "%s: byte %zu: %s", file->name, at, text);
}

/* "60000 x 28 x 28" */
static const char *shape_text(char text[128], int axes, const size_t *shape) {
  size_t n = 0;
  for (int a = 0; a < axes && n < 120; a++) {
    n += (size_t)snprintf(text + n, 128 - n, "%s%zu", a ? " x " : "", shape[a]);
  }
  return text;
}

/* The elements fill the rest of the file, no less and no more. */
static bool sized(bsn_elements *t, bsn_error *error) {
  char text[128];
  size_t bytes = t->element->size, have = t->file->n - t->offset;
  t->n = 1;
  for (int a = 0; a < t->axes; a++) {
    if (!t->shape[a])
      return FAULT(t->file, t->offset, "axis %d of %s is empty", a, shape_text(text, t->axes, t->shape));
    bool over = __builtin_mul_overflow(bytes, t->shape[a], &bytes);
    if (over) return FAULT(t->file, t->offset, "%s elements are too many", shape_text(text, t->axes, t->shape));
    t->n *= t->shape[a];
  }
  if (bytes == have) return true;
  return FAULT(t->file, t->offset, "%s elements of %zu bytes: expected %zu bytes, the file has %zu",
               shape_text(text, t->axes, t->shape), t->element->size, bytes, have);
}

bool bsn_idx_parse(const bsn_bytes *file, bsn_elements *out, bsn_error *error) {
  *out = (bsn_elements){.file = file};
  const unsigned char *at = file->at;
  if (file->n < 4) return FAULT(file, 0, "an IDX file begins with 4 bytes, this one has %zu", file->n);
  if (at[0] || at[1]) return FAULT(file, 0, "no IDX file: expected bytes 00 00, got %02x %02x", at[0], at[1]);
  for (size_t i = 0; i < ELEMENTS; i++) {
    if (elements[i].idx == at[2]) out->element = &elements[i];
  }
  if (!out->element) return FAULT(file, 2, "unknown element type 0x%02x", at[2]);
  out->axes = at[3];
  if (out->axes < 1 || out->axes > 4) return FAULT(file, 3, "expected 1 to 4 axes, got %d", out->axes);
  out->offset = 4 + 4 * (size_t)out->axes;
  if (file->n < out->offset) return FAULT(file, 4, "the header has %zu bytes, the file only %zu", out->offset, file->n);
  for (int a = 0; a < out->axes; a++) out->shape[a] = (size_t)big(at + 4 + 4 * a, 4);
  return sized(out, error);
}

/* The header of an npy file is a Python dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } */
typedef struct header {
  const bsn_bytes *file;
  size_t at, end;
  bsn_error *error;
} header;

static void blanks(header *h) {
  while (h->at < h->end && strchr(" \t\n\r", h->file->at[h->at]) && h->file->at[h->at]) h->at++;
}

static bool take(header *h, const char *text) {
  blanks(h);
  size_t n = strlen(text);
  if (h->end - h->at < n || memcmp(h->file->at + h->at, text, n) != 0) return false;
  h->at += n;
  return true;
}

static bool need(header *h, const char *text) {
  return take(h, text) || fault(h->error, h->file, h->at, "expected %s in the npy header", text);
}

/* A quoted word of at most 31 bytes. */
static bool word(header *h, char out[32]) {
  blanks(h);
  const char *quote = take(h, "'") ? "'" : take(h, "\"") ? "\"" : NULL;
  size_t n = 0;
  if (!quote) return fault(h->error, h->file, h->at, "expected a quoted word in the npy header");
  while (h->at < h->end && n < 31 && h->file->at[h->at] != (unsigned char)*quote) out[n++] = (char)h->file->at[h->at++];
  out[n] = 0;
  return need(h, quote);
}

static bool whole(header *h, size_t *out) {
  blanks(h);
  size_t begin = h->at;
  for (*out = 0; h->at < h->end; h->at++) {
    unsigned digit = (unsigned)h->file->at[h->at] - '0';
    if (digit > 9) break;
    bool over = __builtin_mul_overflow(*out, 10, out) || __builtin_add_overflow(*out, digit, out);
    if (over) return fault(h->error, h->file, begin, "a number in the shape is too large");
  }
  return h->at > begin || fault(h->error, h->file, begin, "expected a whole number in the shape");
}

static bool read_shape(header *h, bsn_elements *out) {
  BSN_TRY(need(h, "("));
  while (!take(h, ")")) {
    if (out->axes == 4) return fault(h->error, h->file, h->at, "more than 4 axes");
    BSN_TRY(whole(h, &out->shape[out->axes++]));
    if (!take(h, ",")) {
      BSN_TRY(need(h, ")"));
      break;
    }
  }
  return out->axes > 0 || fault(h->error, h->file, h->at, "a single number is no array of rows");
}

static bool read_descr(header *h, bsn_elements *out) {
  char text[32];
  blanks(h);
  size_t at = h->at;
  BSN_TRY(word(h, text));
  for (size_t i = 0; i < ELEMENTS; i++) {
    const char *npy = elements[i].npy;
    if (npy && text[0] && strcmp(npy + 1, text + 1) == 0 && (text[0] == npy[0] || (npy[0] == '|' && text[0] == '<'))) {
      out->element = &elements[i];
    }
  }
  return out->element ||
         fault(h->error, h->file, at, "dtype '%s': expected one of u1 i1 i4 i8 f4 f8, little endian", text);
}

static bool read_order(header *h, bsn_elements *out) {
  (void)out;
  if (take(h, "False")) return true;
  size_t at = h->at;
  if (take(h, "True")) return fault(h->error, h->file, at, "the array is in Fortran order; save it in C order");
  return fault(h->error, h->file, h->at, "expected True or False in the npy header");
}

static bool dictionary(header *h, bsn_elements *out) {
  static const struct {
    const char *key;
    bool (*read)(header *, bsn_elements *);
  } keys[] = {{"descr", read_descr}, {"fortran_order", read_order}, {"shape", read_shape}};
  bool seen[3] = {false};
  BSN_TRY(need(h, "{"));
  while (!take(h, "}")) {
    char key[32];
    blanks(h);
    size_t at = h->at, k = 0;
    BSN_TRY(word(h, key));
    while (k < 3 && strcmp(key, keys[k].key) != 0) k++;
    if (k == 3 || seen[k])
      return fault(h->error, h->file, at, "key '%s' of the npy header is unknown or twice there", key);
    seen[k] = true;
    BSN_TRY(need(h, ":") && keys[k].read(h, out));
    if (!take(h, ",")) {
      BSN_TRY(need(h, "}"));
      break;
    }
  }
  for (size_t k = 0; k < 3; k++) {
    if (!seen[k]) return fault(h->error, h->file, h->at, "key '%s' is missing in the npy header", keys[k].key);
  }
  return true;
}

bool bsn_npy_parse(const bsn_bytes *file, bsn_elements *out, bsn_error *error) {
  *out = (bsn_elements){.file = file};
  const unsigned char *at = file->at;
  if (file->n < 10 || memcmp(at, "\x93NUMPY", 6) != 0)
    return FAULT(file, 0, "no npy file: it does not begin with \\x93NUMPY");
  if (at[6] < 1 || at[6] > 3 || at[7]) return FAULT(file, 6, "npy format %u.%u: expected 1.0 to 3.0", at[6], at[7]);
  size_t size = at[6] == 1 ? 2 : 4, begin = 8 + size;
  if (file->n < begin) return FAULT(file, 8, "the file ends inside the npy header");
  size_t length = (size_t)little(at + 8, size);
  if (length > file->n - begin) {
    return FAULT(file, 8, "the npy header has %zu bytes, the file only %zu", begin + length, file->n);
  }
  header h = {.file = file, .at = begin, .end = begin + length, .error = error};
  BSN_TRY(dictionary(&h, out));
  blanks(&h);
  if (h.at < h.end) return FAULT(file, h.at, "text behind the dictionary of the npy header");
  out->offset = h.end;
  return sized(out, error);
}

static double number(const bsn_elements *t, size_t i) {
  return t->element->get(t->file->at + t->offset + i * t->element->size);
}

static bsn_real *reals(const bsn_elements *t, bsn_arena *arena, bsn_error *error) {
  bsn_real *out = bsn_reals_in(arena, t->n);
  if (!out) bsn_no_memory(error);
  for (size_t i = 0; out && i < t->n; i++) {
    double x = number(t, i);
    out[i] = (bsn_real)x;
    if (isfinite(out[i])) continue;
    size_t at = t->offset + i * t->element->size, row = i / (t->n / t->shape[0]);
    FAULT(t->file, at, "row %zu: %s", row, isnan(x) ? "nan is no number" : "infinite, or too large");
    return NULL;
  }
  return out;
}

/* Two axes of an image mean one channel. */
static bool shape_of(const bsn_elements *t, const bsn_list *asked, bsn_dataset *out, bsn_error *error) {
  size_t own[3], n = (size_t)t->axes - 1, width = t->n / t->shape[0], product = 1;
  for (size_t a = 0; a < n; a++) own[a] = t->shape[a + 1];
  const size_t *shape = own;
  if (asked && asked->n) {
    n = asked->n;
    shape = asked->count;
  }
  if (n > 3) return bsn_fail(error, BSN_BAD_INPUT, "data.shape: %zu axes; an input has 1 to 3", n);
  for (size_t a = 0; a < n; a++) {
    if (__builtin_mul_overflow(product, shape[a], &product)) {
      return bsn_fail(error, BSN_BAD_INPUT, "data.shape: too many values");
    }
    out->shape[a] = shape[a];
  }
  if (product != width) {
    return FAULT(t->file, t->offset, "data.shape has %zu values, a row of the file has %zu", product, width);
  }
  if (n == 0) out->shape[n++] = 1;
  if (n == 2) out->shape[n++] = 1;
  out->axes = (int)n;
  out->width = width;
  return true;
}

static bool inputs_of(const bsn_elements *t, bsn_arena *arena, bsn_dataset *out, bsn_error *error) {
  out->scale = 1;
  if (t->element != &elements[0]) return (out->real = reals(t, arena, error)) != NULL;
  uint8_t *u8 = bsn_buffer_in(arena, t->n);
  if (!u8) return bsn_no_memory(error);
  memcpy(u8, t->file->at + t->offset, t->n);
  out->u8 = u8;
  out->scale = (bsn_real)1 / 255;
  return true;
}

static bool labels_of(const bsn_elements *t, size_t classes, bsn_arena *arena, bsn_dataset *out, bsn_error *error) {
  enum { MOST = 1 << 16 };
  int32_t *label = bsn_buffer_in(arena, t->n * sizeof *label);
  if (!label) return bsn_no_memory(error);
  size_t most = classes ? classes : MOST;
  out->outputs = classes;
  for (size_t i = 0; i < t->n; i++) {
    double x = number(t, i);
    size_t at = t->offset + i * t->element->size;
    if (!(x >= 0 && x < (double)most))
      return FAULT(t->file, at, "row %zu: class %.0f is not in 0 .. %zu", i, x, most - 1);
    label[i] = (int32_t)x;
    if ((size_t)label[i] >= out->outputs) out->outputs = (size_t)label[i] + 1;
  }
  out->label = label;
  out->task = BSN_CLASSIFICATION;
  return true;
}

bool bsn_elements_set(const bsn_elements *inputs, const bsn_elements *targets, const bsn_list *shape, size_t classes,
                      bsn_arena *arena, bsn_dataset *out, bsn_error *error) {
  *out = (bsn_dataset){.task = BSN_REGRESSION, .rows = inputs->shape[0]};
  if (targets->shape[0] != inputs->shape[0]) {
    return FAULT(targets->file, targets->offset, "%zu targets, but %s has %zu inputs", targets->shape[0],
                 inputs->file->name, inputs->shape[0]);
  }
  if (out->rows > INT32_MAX) return FAULT(inputs->file, inputs->offset, "%zu rows are too many", out->rows);
  size_t each = targets->n / targets->shape[0];
  BSN_TRY(shape_of(inputs, shape, out, error));
  BSN_TRY(inputs_of(inputs, arena, out, error));
  if (targets->element->whole && each == 1) return labels_of(targets, classes, arena, out, error);
  out->outputs = each;
  out->target = reals(targets, arena, error);
  return out->target != NULL;
}

bool bsn_elements_inputs(const bsn_elements *inputs, const bsn_dataset *like, bsn_arena *arena, bsn_dataset *out,
                         bsn_error *error) {
  size_t width = inputs->n / inputs->shape[0];
  bool bytes = inputs->element == &elements[0];
  if (width != like->width)
    return FAULT(inputs->file, inputs->offset, "%zu values a row, but the model has %zu inputs", width, like->width);
  if (bytes != (like->u8 != NULL))
    return FAULT(inputs->file, inputs->offset, "%s, but the model was trained on %s", bytes ? "bytes" : "numbers",
                 like->u8 ? "bytes" : "numbers");
  if (inputs->shape[0] > INT32_MAX)
    return FAULT(inputs->file, inputs->offset, "%zu rows are too many", inputs->shape[0]);
  out->rows = inputs->shape[0];
  return inputs_of(inputs, arena, out, error);
}
