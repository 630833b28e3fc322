/* Weights in safetensors files: what PyTorch's shapes become, and every way in which a file can lie. */
#include "basin_check.h"
#include "model/safetensors.h"
#include "model/weights.h"

/* An mlp 3 -> 4 -> 2, as tests/reference/weights.py writes it. */
static const bsn_tensor mlp[] = {{"0.weight", 0, 12, 2, {3, 4}, BSN_WEIGHT, 1, 3, 4},
                                 {"0.bias", 12, 4, 1, {4}, BSN_BIAS, -1, 3, 4},
                                 {"2.weight", 16, 8, 2, {4, 2}, BSN_WEIGHT, 1, 4, 2},
                                 {"2.bias", 24, 2, 1, {2}, BSN_BIAS, -1, 4, 2}};
enum { TENSORS = 4, N = 26 };

static double expected(size_t tensor, size_t entry) {
  size_t layer = tensor & 2, out = mlp[tensor].shape[mlp[tensor].axes - 1];
  if (tensor % 2) return (double)(100 * layer + entry) / -16;
  return (double)(100 * layer + 10 * (entry % out) + entry / out) / 8;
}

static void fill_expected(bsn_real *w) {
  for (size_t t = 0; t < TENSORS; t++)
    for (size_t e = 0; e < mlp[t].size; e++) w[mlp[t].offset + e] = (bsn_real)expected(t, e);
}

static char *path_of(bsn_arena *arena, const char *name) {
  return bsn_text_in(arena, "%s/tests/golden/%s", getenv("BASIN_SOURCE"), name);
}

static const char *const files[] = {"weights_f32.safetensors", "weights_f64.safetensors", "weights_loose.safetensors"};

START_TEST(python_files_are_read) {
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    bsn_arena arena = {0};
    bsn_error error = {0};
    bsn_real w[N] = {0}, truth[N];
    fill_expected(truth);
    ck_assert_msg(bsn_weights_load(path_of(&arena, files[i]), TENSORS, mlp, w, &error), "%s", error.text);
    ck_assert_mem_eq(w, truth, sizeof w);
    bsn_arena_free(&arena);
  }
}
END_TEST

START_TEST(written_bytes_are_those_of_python) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_real w[N];
  void *bytes;
  size_t n;
  fill_expected(w);
  ck_assert(bsn_weights_pack(TENSORS, mlp, w, &arena, &bytes, &n, &error));
  FILE *f = fopen(path_of(&arena, files[sizeof(bsn_real) == 8]), "rb");
  ck_assert_ptr_nonnull(f);
  char python[4096];
  ck_assert_uint_eq(fread(python, 1, sizeof python, f), n);
  fclose(f);
  ck_assert_mem_eq(bytes, python, n);
  bsn_arena_free(&arena);
}
END_TEST

/* Five tensors of all shapes, numbers with all bits in use. */
static const bsn_tensor odd[] = {{"0.weight", 0, 60, 4, {2, 3, 2, 5}, BSN_WEIGHT, 3, 12, 30},
                                 {"1.weight", 60, 5, 1, {5}, BSN_NORM, 0, 5, 5},
                                 {"3.0.weight", 65, 1, 2, {1, 1}, BSN_WEIGHT, 1, 1, 1},
                                 {"3.1.scale", 66, 1, 0, {0}, BSN_BIAS, -1, 1, 1},
                                 {"4.table", 67, 6, 2, {2, 3}, BSN_BIAS, -1, 2, 3}};

START_TEST(a_round_trip_keeps_every_bit) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_real w[73], back[73];
  void *bytes;
  size_t n;
  for (int i = 0; i < 73; i++) w[i] = (bsn_real)(sin(i) * pow(10, i % 30 - 15));
  w[3] = BSN_R(-0.0);
  w[4] = BSN_R(1e-40);
  ck_assert(bsn_weights_pack(5, odd, w, &arena, &bytes, &n, &error));
  ck_assert_msg(bsn_weights_read(bytes, n, 5, odd, back, &error), "%s", error.text);
  ck_assert_mem_eq(w, back, sizeof w);
  bsn_arena_free(&arena);
}
END_TEST

START_TEST(kernels_are_stored_out_in_height_width) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_real w[73] = {0};
  void *bytes;
  size_t n, count;
  bsn_stored *stored;
  for (size_t i = 0; i < 60; i++) w[i] = (bsn_real)i;
  ck_assert(bsn_weights_pack(5, odd, w, &arena, &bytes, &n, &error));
  ck_assert(bsn_safetensors_read(bytes, n, &arena, &stored, &count, &error));
  ck_assert_uint_eq(count, 5);
  ck_assert_str_eq(stored[0].name, "0.weight");
  const size_t shape[] = {5, 2, 2, 3};
  ck_assert_mem_eq(stored[0].shape, shape, sizeof shape);
  size_t at = 0;
  for (size_t o = 0; o < 5; o++)
    for (size_t i = 0; i < 2; i++)
      for (size_t h = 0; h < 2; h++)
        for (size_t k = 0; k < 3; k++, at++) {
          bsn_real truth = w[((h * 3 + k) * 2 + i) * 5 + o], found;
          memcpy(&found, stored[0].data + at * sizeof found, sizeof found);
          ck_assert(found == truth);
        }
  bsn_arena_free(&arena);
}
END_TEST

/* ---- files that are wrong ---- */
static char *file_of(bsn_arena *arena, const char *header, size_t data, size_t *n) {
  size_t length = strlen(header);
  *n = 8 + length + data;
  char *bytes = bsn_alloc_in(arena, *n);
  bsn_little_put((unsigned char *)bytes, 8, length);
  memcpy(bytes + 8, header, length);
  return bytes;
}

static const bsn_tensor pair[] = {{"a", 0, 2, 1, {2}, BSN_BIAS, -1, 1, 2}};

#define A "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}"
static const struct bad_file {
  const char *header;
  size_t data;
  const char *message;
} bad_files[] = {
    {"", 0, "no safetensors file, or cut off: 8 bytes, a header of 0"},
    {"[]", 0, "byte 0 of the header: '{' expected"},
    {"{", 0, "byte 1 of the header: '\"' expected"},
    {"{" A, 8, "byte 53 of the header: '}' expected"},
    {"{" A "}x", 8, "byte 54 of the header: something stands behind the header's end"},
    {"{" A ",}", 8, "byte 54 of the header: '\"' expected"},
    {"{" A "," A "}", 16, "tensor a: its data overlaps another tensor's"},
    {"{" A ",\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]}}", 16, "tensor a: it is there twice"},
    {"{" A ",\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}", 12,
     "tensor b: its data overlaps another tensor's"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}", 12,
     "tensor a: bytes before its data belong to no tensor"},
    {"{" A "}", 7, "tensor a: its data ends at byte 8 of 7: the file is cut off"},
    {"{" A "}", 9, "1 bytes at the end belong to no tensor"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", 8, "tensor a: its data ends before it begins"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", 8,
     "tensor a: shape and dtype need 12 bytes, data_offsets give 8"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,8]}}", 8,
     "tensor a: its shape is too large"},
    {"{\"a\":{\"dtype\":\"F64\",\"shape\":[2305843009213693952],\"data_offsets\":[0,0]}}", 0,
     "tensor a: its shape is too large"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,8]}}", 8,
     "byte 48 of the header: the number is too large"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", 8,
     "byte 29 of the header: a whole number expected"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}}", 8,
     "byte 30 of the header: a whole number expected"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[02],\"data_offsets\":[0,8]}}", 8,
     "byte 31 of the header: a number begins with 0"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,8]}}", 8,
     "byte 45 of the header: too many numbers"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8]}}", 8,
     "byte 50 of the header: data_offsets needs two numbers"},
    {"{\"a\":{\"dtype\":\"F31\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "byte 19 of the header: unknown dtype"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8,
     "byte 32 of the header: a tensor needs dtype, shape and data_offsets"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"shape\":[2]}}", 8, "byte 40 of the header: shape is given twice"},
    {"{\"a\":7}", 8, "byte 5 of the header: '{' expected"},
    {"{\"a\\q\":{}}", 0, "byte 5 of the header: unknown escape in a text"},
    {"{\"\\ud800x\":{}}", 0, "byte 8 of the header: half of a surrogate pair"},
    {"{\"\\udc00\":{}}", 0, "byte 8 of the header: half of a surrogate pair"},
    {"{\"\\u0000\":{}}", 0, "byte 8 of the header: a text holds a zero character"},
    {"{\"\\u12g4\":{}}", 0, "byte 6 of the header: \\u needs four hexadecimal digits"},
    {"{\"a\nb\":{}}", 0, "byte 3 of the header: a control character in a text"},
    {"{\"__metadata__\":{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]", 0,
     "byte 52 of the header: nested too deeply"},
    {"{\"__metadata__\":{\"a\":}}", 0, "byte 21 of the header: a value expected"},
};

START_TEST(damaged_files_say_what_is_wrong) {
  for (size_t i = 0; i < sizeof bad_files / sizeof *bad_files; i++) {
    const struct bad_file *bad = &bad_files[i];
    bsn_arena arena = {0};
    bsn_error error = {0};
    bsn_real w[2] = {7, 7};
    size_t n;
    char *bytes = file_of(&arena, bad->header, bad->data, &n);
    ck_assert_msg(!bsn_weights_read(bytes, n, 1, pair, w, &error), "%s", bad->header);
    ck_assert_int_eq(error.code, BSN_BAD_INPUT);
    ck_assert_str_eq(error.text, bad->message);
    ck_assert(w[0] == 7 && w[1] == 7);
    bsn_arena_free(&arena);
  }
}
END_TEST

START_TEST(what_later_versions_may_add_is_skipped) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_real w[2] = {7, 7};
  size_t n;
  char *bytes = file_of(&arena,
                        " { \"\\u0061\" : {\"layout\":{\"a\":[1,-2.5e+3,null,true,{},[]]}, \"dtype\":\"F\\u00332\","
                        "\"shape\":[ 2 ],\"data_offsets\":[0,\t8],\"order\":\"C\"},\"__metadata__\":{}}\r\n ",
                        8, &n);
  ck_assert_msg(bsn_weights_read(bytes, n, 1, pair, w, &error), "%s", error.text);
  ck_assert(w[0] == 0 && w[1] == 0);
  bsn_arena_free(&arena);
}
END_TEST

START_TEST(a_file_cut_anywhere_is_refused) {
  bsn_arena arena = {0};
  bsn_real w[N] = {0}, back[N];
  void *bytes;
  size_t n;
  bsn_error none = {0};
  fill_expected(w);
  ck_assert(bsn_weights_pack(TENSORS, mlp, w, &arena, &bytes, &n, &none));
  for (size_t cut = 0; cut < n; cut++) {
    bsn_error error = {0};
    char *piece = malloc(cut + 1); // its own block, so that reading behind it is seen
    memcpy(piece, bytes, cut);
    ck_assert(!bsn_weights_read(piece, cut, TENSORS, mlp, back, &error));
    ck_assert_int_eq(error.code, BSN_BAD_INPUT);
    free(piece);
  }
  bsn_arena_free(&arena);
}
END_TEST

START_TEST(what_does_not_fit_is_listed) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_real w[N] = {0};
  size_t n;
  char *bytes = file_of(&arena,
                        "{\"0.weight\":{\"dtype\":\"F32\",\"shape\":[3,4],\"data_offsets\":[0,48]},"
                        "\"2.weight\":{\"dtype\":\"F32\",\"shape\":[2,4],\"data_offsets\":[48,80]},"
                        "\"2.bias\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[80,84]},"
                        "\"fc\\u001b\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[84,88]}}",
                        88, &n);
  ck_assert(!bsn_weights_read(bytes, n, TENSORS, mlp, w, &error));
  ck_assert_int_eq(error.code, BSN_BAD_INPUT);
  ck_assert_str_eq(error.text,
                   "the weights do not fit the model:\n"
                   "  0.weight: 4x3 in the model, 3x4 in the file\n"
                   "  0.bias: 4 in the model, none in the file\n"
                   "  2.bias: 2 in the model, 2 of F16 in the file\n"
                   "  fc?: none in the model, one number in the file");
  bsn_arena_free(&arena);
}
END_TEST

START_TEST(a_long_list_is_cut) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_real w[1];
  size_t n;
  char *header = bsn_text_in(&arena, "{");
  for (int i = 0; i < 40; i++)
    header = bsn_text_in(&arena, "%s%s\"%060d\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}", header,
                         i ? "," : "", i);
  char *bytes = file_of(&arena, bsn_text_in(&arena, "%s}", header), 0, &n);
  ck_assert(!bsn_weights_read(bytes, n, 0, mlp, w, &error));
  ck_assert_str_eq(error.text + strlen(error.text) - 14, ".. and 24 more");
  bsn_arena_free(&arena);
}
END_TEST

static void expect_not_finite(double x) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_real w[2] = {7, 7};
  size_t n;
  char *bytes = file_of(&arena, "{\"a\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,16]}}", 16, &n);
  memcpy(bytes + n - 8, &x, 8);
  bool fits = (bsn_real)x == (bsn_real)x && fabs((double)(bsn_real)x) < INFINITY;
  ck_assert(bsn_weights_read(bytes, n, 1, pair, w, &error) == fits);
  if (!fits) ck_assert_str_eq(error.text, "tensor a: entry 1 is not a finite number in " BSN_PRECISION " precision");
  ck_assert(w[1] == (fits ? (bsn_real)x : 7));
  bsn_arena_free(&arena);
}

START_TEST(numbers_must_be_finite_in_this_precision) {
  expect_not_finite(NAN);
  expect_not_finite(INFINITY);
  expect_not_finite(-INFINITY);
  expect_not_finite(1e300); // fits into a double
  expect_not_finite(0.1);
}
END_TEST

START_TEST(messages_of_files_name_the_file) {
  bsn_error error = {0}, other = {0};
  bsn_real w[2];
  bsn_arena arena = {0};
  ck_assert(!bsn_weights_load("/no/such/file", 1, pair, w, &error));
  ck_assert_int_eq(error.code, BSN_BAD_INPUT);
  ck_assert_ptr_nonnull(strstr(error.text, "/no/such/file: "));
  char *path = path_of(&arena, files[0]);
  ck_assert(!bsn_weights_load(path, 1, pair, w, &other));
  ck_assert_int_eq(strncmp(other.text, path, strlen(path)), 0);
  ck_assert_ptr_nonnull(
      strstr(other.text, ": the weights do not fit the model:\n  a: 2 in the model, none in the file\n"));
  bsn_arena_free(&arena);
}
END_TEST

BASIN_TESTS("weights", python_files_are_read, written_bytes_are_those_of_python, a_round_trip_keeps_every_bit,
            kernels_are_stored_out_in_height_width, damaged_files_say_what_is_wrong,
            what_later_versions_may_add_is_skipped, a_file_cut_anywhere_is_refused, what_does_not_fit_is_listed,
            a_long_list_is_cut, numbers_must_be_finite_in_this_precision, messages_of_files_name_the_file)
