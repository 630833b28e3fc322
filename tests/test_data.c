/* The data table: what its rows declare, what generators draw, how sets are cut, and the packaged sets. */
#include "basin_check.h"
#include "data/dataset.h"
#include "num/math.h"

static const bsn_amount all = {BSN_AMOUNT_ALL, 0}, none = {BSN_AMOUNT_NONE, 0};
static bsn_amount rows(double n) { return (bsn_amount){BSN_AMOUNT_COUNT, n}; }
static bsn_amount share(double s) { return (bsn_amount){BSN_AMOUNT_SHARE, s}; }

static const char *const *places(bsn_arena *arena) {
  const char **list = bsn_alloc_in(arena, 3 * sizeof *list);
  list[0] = "/nowhere";
  list[1] = bsn_text_in(arena, "%s/experiments", getenv("BASIN_SOURCE"));
  return list;
}

/* A row with `text`, YAML of its parameters (NULL: defaults), loaded. */
static bool load(bsn_loaded *d, const char *name, const char *text, bsn_data_options options, bsn_arena *arena,
                 bsn_error *error) {
  bsn_faults faults = {.arena = arena};
  bsn_reader reader = {.arena = arena, .faults = &faults, .folder = "."};
  const bsn_row *row = bsn_table_find(&bsn_data_table, name);
  ck_assert_msg(row != NULL, "no row %s", name);
  void *config = bsn_alloc_in(arena, row->config_size);
  bsn_value *map = text ? bsn_value_read(arena, "test", text, strlen(text), &faults) : NULL;
  bool ok = !row->params || bsn_read_params(&reader, row->params, map, "data", config, NULL);
  ck_assert_msg(ok, "%s", ok ? "" : bsn_faults_text(arena, &faults));
  options.folders = places(arena);
  return bsn_data_load(d, (const bsn_data *)row, config, &options, arena, error);
}

static void must_load(bsn_loaded *d, const char *name, const char *text, bsn_data_options options, bsn_arena *arena) {
  bsn_error error = {0};
  bool ok = load(d, name, text, options, arena, &error);
  ck_assert_msg(ok, "%s: %s", name, error.text);
}

START_TEST(rows_say_what_they_are) {
  bsn_arena arena = {0};
  size_t n = 0;
  for (const bsn_row *row; (row = bsn_table_row(&bsn_data_table, n)); n++) {
    const bsn_data *data = (const bsn_data *)row;
    ck_assert_ptr_eq(bsn_table_find(&bsn_data_table, row->name), row);
    ck_assert_msg(row->doc && row->doc[strlen(row->doc) - 1] == '.', "%s has no sentence", row->name);
    ck_assert(data->load != NULL);
    bsn_faults faults = {.arena = &arena};
    bsn_reader reader = {.arena = &arena, .faults = &faults, .folder = "."};
    void *config = bsn_alloc_in(&arena, row->config_size);
    size_t required = 0;
    for (const bsn_param *p = row->params; p && p->name; p++) {
      ck_assert_msg(p->doc != NULL, "%s.%s", row->name, p->name);
      ck_assert_uint_lt(p->offset, row->config_size);
      required += !p->def;
    }
    if (row->params) bsn_read_params(&reader, row->params, NULL, "data", config, NULL);
    ck_assert_msg(faults.n == required, "%s: %s", row->name, bsn_faults_text(&arena, &faults));
  }
  ck_assert_uint_ge(n, 18);
  bsn_faults faults = {.arena = &arena};
  bsn_reader reader = {.arena = &arena, .faults = &faults, .folder = "."};
  bsn_data_options options = {0};
  ck_assert(bsn_read_params(&reader, bsn_data_params, NULL, "data", &options, NULL));
  ck_assert_int_eq(options.train.kind, BSN_AMOUNT_ALL);
  ck_assert_int_eq(options.test.kind, BSN_AMOUNT_ALL);
  ck_assert_int_eq(options.validation.kind, BSN_AMOUNT_NONE);
  ck_assert_str_eq(options.scale, "none");
  bsn_arena_free(&arena);
}
END_TEST

/* Do the first n rows agree in every bit? */
static bool agree(const bsn_dataset *a, const bsn_dataset *b, size_t n) {
  bool ok = a->width == b->width && a->outputs == b->outputs && a->task == b->task && a->rows >= n && b->rows >= n;
  if (a->u8) ok = ok && memcmp(a->u8, b->u8, n * a->width) == 0;
  if (a->real) ok = ok && memcmp(a->real, b->real, n * a->width * sizeof(bsn_real)) == 0;
  if (a->label) return ok && memcmp(a->label, b->label, n * sizeof(int32_t)) == 0;
  ok = ok && memcmp(a->target, b->target, n * a->outputs * sizeof(bsn_real)) == 0;
  return ok && (!a->truth || memcmp(a->truth, b->truth, n * a->outputs * sizeof(bsn_real)) == 0);
}

static void check_whole(const bsn_dataset *set, const char *name) {
  size_t width = 1;
  for (int a = 0; a < set->axes; a++) width *= set->shape[a];
  ck_assert_uint_eq(width, set->width);
  ck_assert_msg(!set->u8 != !set->real, "%s", name);
  ck_assert_msg((set->task == BSN_CLASSIFICATION) == (set->label != NULL), "%s", name);
  ck_assert_msg((set->task == BSN_REGRESSION) == (set->target != NULL), "%s", name);
  for (size_t i = 0; set->real && i < set->rows * set->width; i++) ck_assert(isfinite((double)set->real[i]));
  for (size_t i = 0; set->target && i < set->rows * set->outputs; i++) ck_assert(isfinite((double)set->target[i]));
  for (size_t i = 0; set->label && i < set->rows; i++) ck_assert_uint_lt((size_t)set->label[i], set->outputs);
}

START_TEST(generators_are_functions_of_seed_and_row) {
  for (size_t r = 0;; r++) {
    const bsn_data *data = (const bsn_data *)bsn_table_row(&bsn_data_table, r);
    if (!data) break;
    if (!data->generated) continue;
    bsn_arena arena = {0};
    const char *name = data->row.name;
    bsn_loaded d, again, more, other, noisy;
    bsn_data_options few = {.train = rows(50), .test = rows(20), .seed_data = 3}, many = few, next = few, test = few;
    many.train = rows(200);
    many.test = rows(60);
    next.seed_data = 4;
    test.seed_test = 1;
    must_load(&d, name, NULL, few, &arena);
    must_load(&again, name, NULL, few, &arena);
    must_load(&more, name, NULL, many, &arena);
    must_load(&other, name, NULL, next, &arena);
    must_load(&noisy, name, NULL, test, &arena);
    ck_assert_uint_eq(d.train.rows, 50);
    ck_assert_uint_eq(d.test.rows, 20);
    check_whole(&d.train, name);
    check_whole(&more.test, name);
    ck_assert_msg(agree(&d.train, &again.train, 50) && agree(&d.test, &again.test, 20), "%s: not twice the same", name);
    ck_assert_msg(agree(&d.train, &more.train, 50), "%s: more training rows change earlier ones", name);
    ck_assert_msg(agree(&d.test, &more.test, 20), "%s: more rows change earlier test rows", name);
    ck_assert_msg(!agree(&d.train, &other.train, 50), "%s: seed_data is not used", name);
    ck_assert_msg(agree(&d.test, &other.test, 20), "%s: test rows depend on seed_data", name);
    ck_assert_msg(!agree(&d.test, &noisy.test, 20), "%s: seed_test is not used", name);
    ck_assert_msg(agree(&d.train, &noisy.train, 50), "%s: training rows depend on seed_test", name);
    ck_assert_msg(!agree(&d.train, &d.test, 20), "%s: test rows are training rows", name);
    bsn_data_options whole = {.train = share(0.1), .test = all};
    must_load(&d, name, "{rows: 300}", whole, &arena);
    ck_assert_uint_eq(d.train.rows, 30);
    ck_assert_uint_eq(d.test.rows, 300);
    whole.test = none;
    must_load(&d, name, "{rows: 300}", whole, &arena);
    ck_assert_uint_eq(d.test.rows, 0);
    bsn_arena_free(&arena);
  }
}
END_TEST

/* Truth, noise and the range of x of the curves, against libm. */
START_TEST(curves_follow_their_formula) {
  static const struct {
    const char *name, *text;
    int kind;
    double lo, hi, noise;
  } cases[] = {{"lecture-regression", NULL, 0, -3, 3, 0.03},
               {"lecture-regression", "{frequency: 3, noise: 0.5, lo: 0, hi: 1}", 1, 0, 1, 0.5},
               {"sine", "{frequency: 4, noise: 1}", 2, -3, 3, 1},
               {"polynomial", "{coefficients: [1, -2, 0, 3], noise: 0, lo: -2, hi: 2}", 3, -2, 2, 0}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    bsn_arena arena = {0};
    bsn_loaded d;
    must_load(&d, cases[c].name, cases[c].text, (bsn_data_options){.train = rows(4000), .test = rows(4000)}, &arena);
    double sum = 0, both = 0, square = 0, least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < d.train.rows; i++) {
      double x = (double)d.train.real[i], e = (double)d.train.target[i] - (double)d.train.truth[i];
      double want[] = {exp(-x * x) * cos(10 * x), exp(-x * x) * cos(3 * x), sin(4 * x), 1 - 2 * x + 3 * x * x * x};
      ck_assert_double_eq_tol((double)d.train.truth[i], want[cases[c].kind], 2e-6);
      sum += e;
      both += e * ((double)d.test.target[i] - (double)d.test.truth[i]);
      square += e * e;
      least = fmin(least, x);
      most = fmax(most, x);
    }
    /* Four standard errors. */
    ck_assert_double_eq_tol(sum / 4000, 0, 4 * cases[c].noise / sqrt(4000) + 1e-6);
    ck_assert_double_eq_tol(sqrt(square / 4000), cases[c].noise, 4 * cases[c].noise / sqrt(8000) + 1e-6);
    /* Training and test rows of one seed have noise of their own. */
    ck_assert_double_eq_tol(both / 4000, 0, 4 * cases[c].noise * cases[c].noise / sqrt(4000) + 1e-6);
    ck_assert(least >= cases[c].lo && most <= cases[c].hi);
    ck_assert_double_eq_tol(most - least, cases[c].hi - cases[c].lo, 0.02);
    bsn_arena_free(&arena);
  }
}
END_TEST

START_TEST(shapes_lie_where_they_should) {
  static const struct {
    const char *name, *text;
    size_t classes;
  } cases[] = {{"moons", "{noise: 0}", 2},
               {"circles", "{noise: 0, factor: 0.25}", 2},
               {"spirals", "{noise: 0, classes: 3, turns: 2}", 3}};
  for (size_t c = 0; c < 3; c++) {
    bsn_arena arena = {0};
    bsn_loaded d;
    must_load(&d, cases[c].name, cases[c].text, (bsn_data_options){.train = rows(300), .test = none}, &arena);
    ck_assert_uint_eq(d.train.outputs, cases[c].classes);
    for (size_t i = 0; i < 300; i++) {
      double x = (double)d.train.real[2 * i], y = (double)d.train.real[2 * i + 1], r = hypot(x, y);
      int32_t label = d.train.label[i];
      ck_assert_uint_eq((size_t)label, i % cases[c].classes);
      double off = c == 0 ? label ? hypot(x - 1, y - 0.5) - 1 : r - 1 : c == 1 ? r - (label ? 0.25 : 1) : 0;
      if (c == 2) off = remainder(atan2(y, x) / (2 * BSN_PI) - 2 * r - label / 3., 1) * (r > 0.01);
      ck_assert_msg(fabs(off) < 1e-4, "%s row %zu is off by %g", cases[c].name, i, off);
    }
    bsn_arena_free(&arena);
  }
}
END_TEST

START_TEST(problems_are_shared_by_training_and_test) {
  bsn_arena arena = {0};
  bsn_loaded d, e;
  bsn_data_options options = {.train = rows(50), .test = rows(50), .seed_data = 7};
  must_load(&d, "blobs", "{spread: 0, classes: 4, features: 3}", options, &arena);
  must_load(&e, "blobs", "{spread: 0, classes: 4, features: 3, problem: 1}", options, &arena);
  ck_assert(agree(&d.train, &d.test, 50));
  ck_assert(!agree(&d.train, &e.train, 50));
  for (size_t j = 0; j < 3; j++) ck_assert((double)d.train.real[j] != (double)d.train.real[3 + j]);
  bsn_arena_free(&arena);
}
END_TEST

START_TEST(rare_features_are_rare_and_matter) {
  bsn_arena arena = {0};
  bsn_loaded d, k;
  bsn_data_options options = {.train = rows(20000), .test = none};
  must_load(&d, "sparse-features", "{noise: 0, features: 20}", options, &arena);
  must_load(&k, "sparse-features", "{noise: 0, features: 20, task: classification}", options, &arena);
  for (size_t j = 0; j < 20; j++) {
    double p = 0.5 / (double)(j + 1), on = 0;
    for (size_t i = 0; i < d.train.rows; i++) on += (double)d.train.real[20 * i + j];
    ck_assert_double_eq_tol(on / 20000, p, 5 * sqrt(p * (1 - p) / 20000));
  }
  ck_assert_ptr_null(k.train.truth);
  for (size_t i = 0; i < 20000; i++) ck_assert_int_eq(k.train.label[i], (double)d.train.target[i] > 0);
  bsn_arena_free(&arena);
}
END_TEST

/* Cutting, on a packaged set without test rows of its own. */
START_TEST(sets_are_cut_to_what_is_asked) {
  bsn_arena arena = {0};
  bsn_loaded d, less, whole;
  must_load(&whole, "iris", NULL, (bsn_data_options){.train = all, .test = all}, &arena);
  ck_assert_uint_eq(whole.train.rows, 150);
  ck_assert_uint_eq(whole.test.rows, 0);
  must_load(&d, "iris", NULL, (bsn_data_options){.train = rows(80), .test = share(0.2)}, &arena);
  must_load(&less, "iris", NULL, (bsn_data_options){.train = rows(40), .test = share(0.2)}, &arena);
  ck_assert_uint_eq(d.test.rows, 30);
  ck_assert_uint_eq(d.train.rows, 80);
  ck_assert(agree(&d.test, &less.test, 30));
  bsn_data_options other = {.train = rows(80), .test = share(0.2), .seed_data = 5};
  must_load(&less, "iris", NULL, other, &arena);
  ck_assert(agree(&d.test, &less.test, 30));
  ck_assert(!agree(&d.train, &less.train, 80));
  other.seed_test = 5;
  must_load(&less, "iris", NULL, other, &arena);
  ck_assert(!agree(&d.test, &less.test, 30));
  must_load(&less, "iris", NULL, (bsn_data_options){.train = rows(40), .test = share(0.2)}, &arena);
  size_t at = 0, in = 0, tested = 0;
  for (size_t i = 0; i < 80 && at < 40; i++) {
    at += memcmp(d.train.real + 4 * i, less.train.real + 4 * at, 4 * sizeof(bsn_real)) == 0;
  }
  ck_assert_uint_eq(at, 40);
  /* In the set's order: one walk over all rows meets both parts in turn. */
  for (size_t i = 0; i < 150; i++) {
    const bsn_real *row = whole.train.real + 4 * i;
    bool train = in < 80 && memcmp(row, d.train.real + 4 * in, 4 * sizeof(bsn_real)) == 0;
    bool test = tested < 30 && memcmp(row, d.test.real + 4 * tested, 4 * sizeof(bsn_real)) == 0;
    in += train;
    tested += test && !train;
  }
  ck_assert_uint_eq(in, 80);
  bsn_arena_free(&arena);
}
END_TEST

START_TEST(too_many_rows_are_refused) {
  static const struct {
    const char *name;
    double train, test;
    const char *want;
  } cases[] = {{"iris", 151, 0, "data.train: 151 rows are asked for, there are 150"},
               {"iris", 120, 31, "data.train: 120 rows are asked for, there are 119"},
               {"iris", 1, 151, "data.test: 151 rows are asked for, there are 150"},
               {"iris", 1, 150, "data.test: all 150 rows are asked for, none is left"},
               {"iris", 0, 0, "data.train: no rows are asked for"},
               {"sine", 0, 0, "data: sine: no training rows are asked for"},
               {"sine", 1e10, 0, "data: sine: 10000000000 rows are too many"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bsn_arena arena = {0};
    bsn_error error = {0};
    bsn_loaded d;
    bsn_data_options options = {.train = rows(cases[i].train), .test = cases[i].test > 0 ? rows(cases[i].test) : none};
    ck_assert(!load(&d, cases[i].name, NULL, options, &arena, &error));
    ck_assert_str_eq(error.text, cases[i].want);
    ck_assert_int_eq(error.code, BSN_BAD_INPUT);
    bsn_arena_free(&arena);
  }
}
END_TEST

/* The sizes, classes and one figure of each packaged set. */
START_TEST(small_sets_are_there) {
  static const struct {
    const char *name;
    size_t rows, width, outputs;
    int axes;
    double first, last; /* first value of the first row, last label or target */
    const char *class_name;
  } cases[] = {{"iris", 150, 4, 3, 1, 5.1, 2, "virginica"},
               {"wine", 178, 13, 3, 1, 14.23, 2, "class_2"},
               {"breast-cancer", 569, 30, 2, 1, 17.99, 1, "benign"},
               {"digits", 1797, 64, 10, 3, 0, 8, "8"},
               {"diabetes", 442, 10, 1, 1, 59, 57, NULL}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bsn_arena arena = {0};
    bsn_loaded d;
    must_load(&d, cases[i].name, NULL, (bsn_data_options){.train = all, .test = all}, &arena);
    check_whole(&d.train, cases[i].name);
    ck_assert_uint_eq(d.train.rows, cases[i].rows);
    ck_assert_uint_eq(d.train.width, cases[i].width);
    ck_assert_uint_eq(d.train.outputs, cases[i].outputs);
    ck_assert_int_eq(d.train.axes, cases[i].axes);
    ck_assert_double_eq_tol((double)d.train.real[0], cases[i].first, 1e-5);
    size_t end = cases[i].rows - 1;
    double last = d.train.label ? d.train.label[end] : (double)d.train.target[end];
    ck_assert_double_eq(last, cases[i].last);
    if (cases[i].class_name) ck_assert_str_eq(d.train.class_name[(size_t)last], cases[i].class_name);
    bsn_arena_free(&arena);
  }
}
END_TEST

START_TEST(a_small_set_that_is_nowhere_is_missing) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_loaded d;
  const char *const folders[] = {"/nowhere", "/neither", NULL};
  bsn_data_options options = {.train = all, .test = all, .folders = folders};
  const bsn_data *iris = (const bsn_data *)bsn_table_find(&bsn_data_table, "iris");
  ck_assert(!bsn_data_load(&d, iris, NULL, &options, &arena, &error));
  ck_assert_int_eq(error.code, BSN_MISSING);
  ck_assert_str_eq(
      error.text,
      "iris: iris.csv is in none of the folders (/nowhere, /neither); set BASIN_DATA to the folder that has it");
  bsn_arena_free(&arena);
}
END_TEST

/* From the package, through the cache and without one: the same pixels. */
START_TEST(fashion_mnist_is_unpacked_once) {
  bsn_arena arena = {0};
  bsn_loaded fresh, cached, memory;
  char *cache = bsn_text_in(&arena, "/tmp/basin-test-XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(cache));
  bsn_data_options options = {.train = all, .test = all};
  setenv("XDG_CACHE_HOME", cache, 1);
  must_load(&fresh, "fashion-mnist", NULL, options, &arena);
  must_load(&cached, "fashion-mnist", NULL, options, &arena);
  setenv("XDG_CACHE_HOME", "/proc/nowhere", 1);
  must_load(&memory, "fashion-mnist", NULL, options, &arena);
  ck_assert_ptr_nonnull(fresh.mapped[0].at);
  ck_assert_ptr_nonnull(cached.mapped[0].at);
  ck_assert_ptr_null(memory.mapped[0].at);
  ck_assert_uint_eq(fresh.train.rows, 60000);
  ck_assert_uint_eq(fresh.test.rows, 10000);
  check_whole(&memory.train, "fashion-mnist");
  ck_assert(agree(&fresh.train, &memory.train, 60000) && agree(&fresh.test, &memory.test, 10000));
  ck_assert(agree(&cached.train, &memory.train, 60000) && agree(&cached.test, &memory.test, 10000));
  double sum = 0;
  size_t counts[10] = {0};
  for (size_t i = 0; i < (size_t)60000 * 784; i++) sum += fresh.train.u8[i];
  for (size_t i = 0; i < 60000; i++) counts[fresh.train.label[i]]++;
  ck_assert_double_eq_tol(sum / (60000. * 784), 72.940, 1e-3);
  for (size_t k = 0; k < 10; k++) ck_assert_uint_eq(counts[k], 6000);
  ck_assert_str_eq(fresh.train.class_name[9], "Ankle boot");
  bsn_data_unload(&fresh);
  bsn_data_unload(&cached);

  /* A damaged cache is made anew. */
  char *raw = bsn_text_in(&arena, "%s/basin/fashion-mnist.raw", cache);
  FILE *f = fopen(raw, "wb");
  ck_assert_ptr_nonnull(f);
  fputs("half", f);
  fclose(f);
  setenv("XDG_CACHE_HOME", cache, 1);
  options.train = rows(100);
  options.test = rows(10);
  must_load(&cached, "fashion-mnist", NULL, options, &arena);
  ck_assert_uint_eq(cached.train.rows, 100);
  ck_assert_uint_eq(cached.test.rows, 10);
  ck_assert(agree(&cached.test, &memory.test, 10));
  bsn_data_unload(&cached);
  remove(raw);
  remove(bsn_text_in(&arena, "%s/basin", cache));
  ck_assert_int_eq(remove(cache), 0);
  bsn_arena_free(&arena);
}
END_TEST

BASIN_TESTS("data", rows_say_what_they_are, generators_are_functions_of_seed_and_row, curves_follow_their_formula,
            shapes_lie_where_they_should, problems_are_shared_by_training_and_test, rare_features_are_rare_and_matter,
            sets_are_cut_to_what_is_asked, too_many_rows_are_refused, small_sets_are_there,
            a_small_set_that_is_nowhere_is_missing, fashion_mnist_is_unpacked_once)
