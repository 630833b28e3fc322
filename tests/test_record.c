/* Records: bytes and back, damage, and the memory sink. */
#include "basin_check.h"
#include "base/record.h"
#include <xxhash.h>

static const float floats[6] = {1, -2.5f, 3e-20f, 0, -0.0f, 7};
static const int32_t numbers[2] = {-5, 1 << 30};
static const double doubles[1] = {0.1};

static bsn_record example(bsn_arena *arena) {
  bsn_record r;
  bsn_record_init(&r, arena, "0123456789abcdef0123456789abcdef", "fedcba98", "trial", 3);
  r.outcome = BSN_DIVERGED;
  r.outcome_step = 60;
  r.tainted = true;
  r.grads = 1.5;
  r.products = 1e300;
  r.seconds = 0.25;
  r.started = 1e9;
  r.ended = 2e9;
  r.host = "here";
  r.cell = "{\"train.batch\": 32}";
  r.replicate = -1;
  r.place = 7;
  for (int i = 0; i < 20; i++) ck_assert(bsn_record_metric(&r, i, i % 2 ? "test_loss" : "train_loss", i * 0.1));
  ck_assert(bsn_record_metric(&r, 20, "train_loss", (double)NAN));
  ck_assert(bsn_record_array(&r, (bsn_array){1, "grid", 'f', 2, {2, 3}, floats}));
  ck_assert(bsn_record_array(&r, (bsn_array){2, "ids", 'i', 1, {2}, numbers}));
  ck_assert(bsn_record_array(&r, (bsn_array){3, "one", 'd', 0, {0}, doubles}));
  ck_assert(bsn_record_array(&r, (bsn_array){4, "pixels", 'b', 1, {3}, "abc"}));
  ck_assert(bsn_record_array(&r, (bsn_array){5, "empty", 'd', 3, {4, 0, 9}, NULL}));
  ck_assert(bsn_record_clock(&r, 5, 0.125));
  static bsn_setting settings[] = {{"optimizer.lr", "0.1", "0.1"}, {"data.file", "a.csv", NULL}};
  r.settings = (bsn_settings){2, settings};
  return r;
}

static void same_text(const char *a, const char *b) {
  ck_assert_int_eq(!a, !b);
  if (a) ck_assert_str_eq(a, b);
}

static void same_lists(const bsn_record *a, const bsn_record *b) {
  ck_assert_uint_eq(a->nmetrics, b->nmetrics);
  for (size_t i = 0; i < a->nmetrics; i++) {
    ck_assert_int_eq(a->metric[i].step, b->metric[i].step);
    ck_assert_str_eq(a->metric[i].name, b->metric[i].name);
    ck_assert(!memcmp(&a->metric[i].value, &b->metric[i].value, sizeof(double)));
  }
  ck_assert_uint_eq(a->nclocks, b->nclocks);
  for (size_t i = 0; i < a->nclocks; i++) {
    ck_assert_int_eq(a->clock[i].step, b->clock[i].step);
    ck_assert(a->clock[i].seconds == b->clock[i].seconds);
  }
  ck_assert_uint_eq(a->settings.n, b->settings.n);
  for (size_t i = 0; i < a->settings.n; i++) {
    ck_assert_str_eq(a->settings.item[i].path, b->settings.item[i].path);
    ck_assert_str_eq(a->settings.item[i].value, b->settings.item[i].value);
    same_text(a->settings.item[i].identity, b->settings.item[i].identity);
  }
}

static void same_arrays(const bsn_record *a, const bsn_record *b) {
  ck_assert_uint_eq(a->narrays, b->narrays);
  for (size_t i = 0; i < a->narrays; i++) {
    const bsn_array *p = &a->array[i], *q = &b->array[i];
    size_t bytes = bsn_dtype_size(p->dtype);
    ck_assert_int_eq(p->step, q->step);
    ck_assert_str_eq(p->name, q->name);
    ck_assert_int_eq(p->dtype, q->dtype);
    ck_assert_int_eq(p->axes, q->axes);
    for (int j = 0; j < p->axes; j++) {
      ck_assert_int_eq(p->shape[j], q->shape[j]);
      bytes *= (size_t)p->shape[j];
    }
    if (bytes) ck_assert(!memcmp(p->data, q->data, bytes));
  }
}

static void same(const bsn_record *a, const bsn_record *b) {
  ck_assert_str_eq(a->key, b->key);
  ck_assert_str_eq(a->trial, b->trial);
  ck_assert_str_eq(a->kind, b->kind);
  ck_assert_int_eq(a->index, b->index);
  ck_assert_int_eq(a->outcome, b->outcome);
  ck_assert_int_eq(a->outcome_step, b->outcome_step);
  same_text(a->message, b->message);
  ck_assert(a->tainted == b->tainted && a->grads == b->grads && a->products == b->products);
  ck_assert(a->seconds == b->seconds && a->started == b->started && a->ended == b->ended);
  same_text(a->host, b->host);
  same_text(a->cell, b->cell);
  ck_assert_int_eq(a->replicate, b->replicate);
  ck_assert_int_eq(a->place, b->place);
  same_lists(a, b);
  same_arrays(a, b);
}

START_TEST(bytes_and_back) {
  bsn_arena arena = {0}, other = {0};
  bsn_error error = {0};
  bsn_record a = example(&arena), b;
  void *bytes, *again;
  size_t n, m;
  ck_assert(bsn_record_pack(&a, &arena, &bytes, &n, &error));
  ck_assert(bsn_record_unpack(&b, &other, bytes, n, &error));
  same(&a, &b);
  ck_assert(bsn_record_pack(&b, &other, &again, &m, &error));
  ck_assert_uint_eq(n, m);
  ck_assert(!memcmp(bytes, again, n));
  ck_assert(bsn_record_metric(&b, 1, "x", 1));
  bsn_arena_free(&arena);
  bsn_arena_free(&other);
}
END_TEST

START_TEST(bytes_have_one_order) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_record r;
  void *bytes;
  size_t n;
  bsn_record_init(&r, &arena, "k", "k", "fit", 258);
  ck_assert(bsn_record_pack(&r, &arena, &bytes, &n, &error));
  /* magic, three texts (8 + 1, 8 + 1, 8 + 3), then the index */
  const unsigned char *b = bytes;
  ck_assert(!memcmp(b, "basinrc1\x02\0\0\0\0\0\0\0k", 17));
  ck_assert(!memcmp(b + 37, "\x02\x01\0\0\0\0\0\0", 8));
  bsn_arena_free(&arena);
}
END_TEST

/* Refused, with a message; or what was read can be walked and packed again. */
static bool refused(const void *bytes, size_t n) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_record r;
  void *again;
  size_t m;
  bool ok = bsn_record_unpack(&r, &arena, bytes, n, &error);
  if (ok)
    ck_assert(bsn_record_pack(&r, &arena, &again, &m, &error));
  else
    ck_assert_int_eq(error.code, BSN_BAD_INPUT);
  bsn_arena_free(&arena);
  return !ok;
}

START_TEST(every_truncation_is_refused) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_record r = example(&arena);
  void *bytes;
  size_t n;
  ck_assert(bsn_record_pack(&r, &arena, &bytes, &n, &error));
  for (size_t i = 0; i < n; i++) {
    char *part = malloc(i ? i : 1); /* of its own, so that a sanitizer sees a read behind it */
    memcpy(part, bytes, i);
    ck_assert(refused(part, i));
    free(part);
  }
  bsn_arena_free(&arena);
}
END_TEST

/* resealed: with the checksum made right again, so that the checks of lengths stand alone. */
static size_t corrupt_all(unsigned char *bytes, size_t n, bool resealed) {
  static const unsigned char changes[] = {0x01, 0x80, 0xFF, 0x40};
  size_t accepted = 0;
  for (size_t i = 0; i < n - (resealed ? 8 : 0); i++) {
    for (size_t c = 0; c < sizeof changes; c++) {
      unsigned char seal[8];
      memcpy(seal, bytes + n - 8, 8);
      bytes[i] ^= changes[c];
      XXH64_hash_t sum = XXH3_64bits(bytes, n - 8);
      for (int k = 0; resealed && k < 8; k++) bytes[n - 8 + (size_t)k] = (unsigned char)(sum >> 8 * k);
      accepted += !refused(bytes, n);
      bytes[i] ^= changes[c];
      if (resealed) memcpy(bytes + n - 8, seal, 8);
    }
  }
  return accepted;
}

START_TEST(every_damaged_byte_is_refused_or_harmless) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_record r = example(&arena);
  void *bytes;
  size_t n;
  ck_assert(bsn_record_pack(&r, &arena, &bytes, &n, &error));
  unsigned char *copy = malloc(n);
  memcpy(copy, bytes, n);
  ck_assert_uint_eq(corrupt_all(copy, n, false), 0);
  ck_assert_uint_gt(corrupt_all(copy, n, true), 0); /* a changed value is another record */
  ck_assert(!memcmp(copy, bytes, n));
  free(copy);
  bsn_arena_free(&arena);
}
END_TEST

START_TEST(impossible_records_are_not_written) {
  static const bsn_array bad[] = {
      {0, "a", 'q', 1, {1}, floats},
      {0, "a", 'f', 1, {-1}, floats},
      {0, "a", 'f', 5, {1}, floats},
      {0, NULL, 'f', 1, {1}, floats},
      {0, "a", 'f', 2, {INT64_MAX, INT64_MAX}, floats},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    bsn_arena arena = {0};
    bsn_error error = {0};
    bsn_record r;
    void *bytes;
    size_t n;
    bsn_record_init(&r, &arena, "k", "k", "fit", 0);
    ck_assert(bsn_record_array(&r, bad[i]));
    ck_assert(!bsn_record_pack(&r, &arena, &bytes, &n, &error));
    ck_assert_int_eq(error.code, BSN_FAILED);
    bsn_arena_free(&arena);
  }
}
END_TEST

START_TEST(last_value_and_outcomes) {
  bsn_arena arena = {0};
  bsn_record r = example(&arena);
  ck_assert(bsn_record_last(&r, "test_loss") == 19 * 0.1);
  ck_assert(isnan(bsn_record_last(&r, "train_loss")));
  ck_assert(isnan(bsn_record_last(&r, "none")));
  for (int i = BSN_UNDONE; i <= BSN_TRIAL_FAILED; i++)
    ck_assert_int_eq(bsn_outcome_of(bsn_outcome_name((bsn_outcome)i)), i);
  ck_assert_str_eq(bsn_outcome_name(BSN_STOPPED_EARLY), "stopped_early");
  ck_assert_int_eq(bsn_outcome_of("x"), BSN_UNDONE);
  ck_assert_uint_eq(bsn_dtype_size('d'), 8);
  ck_assert_uint_eq(bsn_dtype_size('x'), 0);
  bsn_arena_free(&arena);
}
END_TEST

static void put_outcome(bsn_sink *sink, const char *key, bsn_outcome outcome, double value) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_record r;
  bsn_record_init(&r, &arena, key, key, "trial", 0);
  r.outcome = outcome;
  ck_assert(bsn_record_metric(&r, 0, "x", value));
  ck_assert(sink->put(sink, &r, &error));
  bsn_arena_free(&arena); /* the sink keeps a copy */
}

static double got(bsn_sink *sink, const char *key) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_record r;
  bool ok = sink->get(sink, key, &arena, &r, &error);
  double x = ok ? bsn_record_last(&r, "x") : -1;
  ck_assert_int_eq(error.code, BSN_OK);
  bsn_arena_free(&arena);
  return x;
}

START_TEST(a_sink_keeps_finished_records) {
  bsn_arena arena = {0};
  bsn_sink *sink = bsn_memory_sink_in(&arena);
  ck_assert(!sink->has(sink, "a"));
  ck_assert(got(sink, "a") == -1);
  put_outcome(sink, "a", BSN_TRIAL_FAILED, 1);
  ck_assert(!sink->has(sink, "a"));
  ck_assert(got(sink, "a") == 1);
  put_outcome(sink, "a", BSN_DIVERGED, 2);
  ck_assert(sink->has(sink, "a"));
  put_outcome(sink, "a", BSN_BUDGET, 3);
  ck_assert(got(sink, "a") == 2);
  ck_assert(!sink->has(sink, "b"));
  bsn_arena_free(&arena);
}
END_TEST

START_TEST(a_sink_keeps_blobs) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_sink *sink = bsn_memory_sink_in(&arena);
  void *bytes;
  size_t n;
  ck_assert(!sink->load(sink, "checkpoints/a", &arena, &bytes, &n, &error));
  sink->drop(sink, "checkpoints/a");
  ck_assert(sink->save(sink, "checkpoints/a", "one", 3, &error));
  ck_assert(sink->save(sink, "checkpoints/a", "three", 5, &error));
  ck_assert(sink->load(sink, "checkpoints/a", &arena, &bytes, &n, &error));
  ck_assert(n == 5 && !memcmp(bytes, "three", 5));
  sink->drop(sink, "checkpoints/a");
  ck_assert(!sink->load(sink, "checkpoints/a", &arena, &bytes, &n, &error));
  ck_assert(sink->save(sink, "checkpoints/a", "", 0, &error));
  ck_assert(sink->load(sink, "checkpoints/a", &arena, &bytes, &n, &error));
  ck_assert_uint_eq(n, 0);
  ck_assert_int_eq(error.code, BSN_OK);
  bsn_arena_free(&arena);
}
END_TEST

/* A record that came back from bytes goes on growing, whatever lies behind it in the arena. */
START_TEST(a_record_read_back_grows) {
  for (int n = 1; n < 20; n++) {
    bsn_arena arena = {0};
    bsn_error error = {0};
    bsn_record r, back;
    void *bytes;
    size_t size;
    bsn_record_init(&r, &arena, "0123", "0123", "fit", 0);
    for (int i = 0; i < n; i++) ck_assert(bsn_record_metric(&r, i, "a", i) && bsn_record_clock(&r, i, i));
    ck_assert(bsn_record_pack(&r, &arena, &bytes, &size, &error));
    ck_assert(bsn_record_unpack(&back, &arena, bytes, size, &error));
    for (int i = n; i < 40; i++) ck_assert(bsn_record_metric(&back, i, "a", i) && bsn_record_clock(&back, i, i));
    for (int i = 0; i < 40; i++) {
      ck_assert_str_eq(back.metric[i].name, "a");
      ck_assert(back.metric[i].value == i && back.clock[i].step == i);
    }
    bsn_arena_free(&arena);
  }
}
END_TEST

BASIN_TESTS("record", bytes_and_back, a_record_read_back_grows, bytes_have_one_order, every_truncation_is_refused,
            every_damaged_byte_is_refused_or_harmless, impossible_records_are_not_written, last_value_and_outcomes,
            a_sink_keeps_finished_records, a_sink_keeps_blobs)
