/* Every allocation of loading, cutting, scaling and splitting fails once: a message, no crash, no leak (a sanitizer looks).
 * See refuse.h. */
#include "refuse.h"
#include "data/split.h"
#include <unistd.h>

static const struct {
  const char *name, *text;
  bool iris; /* needs the folder of small sets */
  bsn_code code;
  size_t at_least; /* so many allocations at least */
} cases[] = {
    {"lecture-regression", "{rows: 20}", false, BSN_OK, 20},
    {"blobs", "{rows: 20}", false, BSN_OK, 20},
    {"sparse-features", "{rows: 20, task: classification}", false, BSN_OK, 20},
    {"iris", NULL, true, BSN_OK, 700},
    {"fashion-mnist", NULL, false, BSN_OK, 20},
    {"csv", "{file: classes, test_file: classes}", false, BSN_OK, 50},
    {"csv", "{file: classes, target: [b], inputs: [a], task: classification}", false, BSN_OK, 40},
    {"csv", "{file: classes, target: [zzz]}", false, BSN_BAD_INPUT, 10},
    {"idx", "{images: images, labels: labels, test_images: images, test_labels: labels}", false, BSN_OK, 20},
    {"idx", "{images: images, labels: images}", false, BSN_OK, 10},
};

/* All that is done with a data set. */
static bool work(const bsn_data *data, const void *config, const char *const *folders, bsn_arena *arena,
                 bsn_error *error) {
  bsn_data_options options = {.train = {BSN_AMOUNT_COUNT, 3}, .test = {BSN_AMOUNT_COUNT, 1}, .folders = folders};
  bsn_loaded d;
  bsn_transform t;
  BSN_TRY(bsn_data_load(&d, data, config, &options, arena, error));
  bsn_view all = bsn_view_all(&d.train, arena), fit, held;
  bsn_stream s = {0};
  bool ok = all.row && bsn_fold(&all, 2, 0, true, s, arena, &fit, &held) &&
            bsn_holdout(&all, 1, true, s, arena, &fit, &held) && bsn_bootstrap(&all, s, arena, &fit, &held) &&
            bsn_bootstrap(&fit, s, arena, &held, &all);
  ok = ok ? bsn_transform_fit(&t, "standard", &fit, arena, error) && bsn_transform_fit(&t, "none", &fit, arena, error)
          : bsn_no_memory(error);
  bsn_data_unload(&d);
  return ok;
}

static void *config_of(const bsn_row *row, const char *text, bsn_arena *arena) {
  bsn_faults faults = {.arena = arena};
  bsn_reader reader = {.arena = arena, .faults = &faults, .folder = "."};
  void *config = bsn_alloc_in(arena, row->config_size);
  bsn_value *map = text ? bsn_value_read(arena, "test", text, strlen(text), &faults) : NULL;
  bool ok = !row->params || bsn_read_params(&reader, row->params, map, "data", config, NULL);
  ck_assert_msg(ok, "%s", ok ? "" : bsn_faults_text(arena, &faults));
  return config;
}

START_TEST(each_allocation_fails_once) {
  static const char csv[] = "a,b,k\n1,2,x\n2,3,y\n3,4,x\n4,5,y\n5,6,x\n";
  static const char images[] = "\0\0\x08\2\0\0\0\4\0\0\0\2\1\2\3\4\5\6\7\7", labels[] = "\0\0\x08\1\0\0\0\4\1\0\1\0";
  char home[] = "/tmp/basin-memory-XXXXXX";
  bsn_arena setup = {0};
  ck_assert_ptr_nonnull(mkdtemp(home));
  ck_assert_int_eq(chdir(home), 0);
  /* Once all that unpacks Fashion-MNIST was refused it is in the cache, and the rest goes fast. */
  setenv("XDG_CACHE_HOME", home, 1);
  write_bytes("classes", csv, sizeof csv - 1);
  write_bytes("images", images, sizeof images - 1);
  write_bytes("labels", labels, sizeof labels - 1);
  const char *folders[] = {bsn_text_in(&setup, "%s/experiments", getenv("BASIN_SOURCE")), NULL};
  const bsn_row *row = bsn_table_find(&bsn_data_table, cases[_i].name);
  refused = 0;
  const void *config = config_of(row, cases[_i].text, &setup);
  size_t stride = cases[_i].at_least > 500 ? 7 : 1; /* the many cells of a csv file all take the same way */
  for (size_t turn = 1, reached = 1; reached; turn += stride) {
    bsn_arena arena = {0};
    bsn_error error = {0};
    calls = 0;
    refused = turn;
    bool ok = work((const bsn_data *)row, config, folders, &arena, &error);
    reached = calls >= refused;
    bsn_code want = reached ? BSN_NO_MEMORY : cases[_i].code;
    refused = 0;
    bsn_arena_free(&arena);
    ck_assert_int_eq(ok, error.code == BSN_OK);
    /* Fashion-MNIST goes on without a cache when there is no memory for its name. */
    bool spared = strcmp(cases[_i].name, "fashion-mnist") == 0 && ok;
    ck_assert_msg(error.code == want || spared, "%s, call %zu: code %d: %s", cases[_i].name, turn, error.code,
                  error.text);
    if (!reached) ck_assert_uint_gt(turn, cases[_i].at_least);
  }
  remove("classes");
  remove("images");
  remove("labels");
  remove("basin/fashion-mnist.raw");
  remove("basin");
  ck_assert_int_eq(chdir("/"), 0);
  ck_assert_int_eq(rmdir(home), 0);
  bsn_arena_free(&setup);
}
END_TEST

BASIN_CASES("data memory", {each_allocation_fails_once, sizeof cases / sizeof *cases})
