/* Rows of tables: every type of parameter, good and bad, and the exact first line of every message. */
#include "basin_check.h"
#include "base/row.h"
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

typedef struct rule {
  double lr, momentum, positive, free;
  size_t steps, points, seed;
  bool nesterov;
  const char *mode, *label, *optional;
} rule;

typedef struct outer {
  bsn_choice base;
  bsn_choices all;
  bsn_list reals, counts, texts;
  const char *file;
  bsn_amount train;
  bsn_moment when;
} outer;

typedef struct dense {
  size_t units;
  bool bias;
} dense;

static const char *const modes[] = {"mean", "sum", "none", NULL};

// clang-format off
static const bsn_param rule_params[] = {
    {"lr", BSN_REAL, offsetof(rule, lr), "1e-2", .lo = 0, .hi = INFINITY, .doc = "learning rate"},
    {"momentum", BSN_REAL, offsetof(rule, momentum), "0", .lo = 0, .hi = 1, .below = true, .doc = "decay"},
    {"positive", BSN_REAL, offsetof(rule, positive), "1", .above = true, .doc = "above 0"},
    {"free", BSN_REAL, offsetof(rule, free), "-1", .doc = "any number"},
    {"steps", BSN_COUNT, offsetof(rule, steps), "10", .lo = 1, .doc = "at least 1, no upper bound"},
    {"points", BSN_COUNT, offsetof(rule, points), "0", .lo = 0, .hi = 20, .doc = "0 to 20"},
    {"seed", BSN_COUNT, offsetof(rule, seed), "0", .silent = true, .doc = "any count, in no key"},
    {"nesterov", BSN_FLAG, offsetof(rule, nesterov), "false", .doc = "a flag"},
    {"mode", BSN_WORD, offsetof(rule, mode), "mean", .words = modes, .doc = "a word"},
    {"label", BSN_TEXT, offsetof(rule, label), "no label", .doc = "a text"},
    {"optional", BSN_TEXT, offsetof(rule, optional), "none", .doc = "a text or none"},
    {0}};
static const bsn_param outer_params[] = {
    {"base", BSN_ROW, offsetof(outer, base), "none", .table = "optimizer", .doc = "a rule"},
    {"all", BSN_ROWS, offsetof(outer, all), "[]", .table = "layer", .doc = "layers"},
    {"reals", BSN_REALS, offsetof(outer, reals), "[1, 2.50]", .lo = 0, .hi = 10, .doc = "numbers"},
    {"counts", BSN_COUNTS, offsetof(outer, counts), "none", .doc = "counts"},
    {"texts", BSN_TEXTS, offsetof(outer, texts), "['a b', c]", .doc = "texts"},
    {"file", BSN_FILE, offsetof(outer, file), "none", .doc = "a file"},
    {"train", BSN_AMOUNT, offsetof(outer, train), "all", .doc = "an amount"},
    {"when", BSN_MOMENT, offsetof(outer, when), "none", .doc = "a moment"},
    {0}};
static const bsn_param dense_params[] = {
    {"units", BSN_COUNT, offsetof(dense, units), NULL, .lo = 1, .hi = 1000, .doc = "outputs"},
    {"bias", BSN_FLAG, offsetof(dense, bias), "true", .doc = "with a bias"},
    {0}};

/* A row of a kind has more than bsn_row: the tables step by row_size. */
typedef struct kind { bsn_row row; int more; } kind;
static const kind first_family[] = {
    {{"sgd", "Plain.", NULL, NULL, rule_params, sizeof(rule)}, 1}, {{"adam", "Moments.", NULL, NULL, rule_params, sizeof(rule)}, 2}, {{0}, 0}};
static const kind second_family[] = {{{"sam", "Wrapped.", NULL, NULL, outer_params, sizeof(outer)}, 3}, {{0}, 0}};
static const kind layers[] = {
    {{"dense", "Dense.", NULL, NULL, dense_params, sizeof(dense)}, 1}, {{"tanh", "Tanh.", NULL, NULL, NULL, 0}, 2}, {{0}, 0}};
// clang-format on
static const void *const optimizer_families[] = {first_family, second_family, NULL};
static const void *const layer_families[] = {layers, NULL};
static const bsn_table optimizers = {"optimizer", sizeof(kind), optimizer_families};
static const bsn_table layer_table = {"layer", sizeof(kind), layer_families};
static const bsn_table *const tables[] = {&optimizers, &layer_table, NULL};

static bsn_arena arena;
static bsn_faults faults;
static bsn_reader reader;
static bsn_choice choice;

static void finish(void) { bsn_arena_free(&arena); }

static bool read_row(const bsn_table *table, const char *yaml) {
  arena = (bsn_arena){0};
  faults = (bsn_faults){.arena = &arena};
  reader = (bsn_reader){.arena = &arena, .faults = &faults, .tables = tables, .folder = "/tmp"};
  choice = (bsn_choice){0};
  bsn_value *value = bsn_value_read(&arena, "a.yaml", yaml, strlen(yaml), &faults);
  return value && bsn_read_row(&reader, table, value, "optimizer", &choice, NULL, NULL);
}

static const bsn_setting *setting(const char *path) {
  for (size_t i = 0; i < reader.settings.n; i++)
    if (!strcmp(reader.settings.item[i].path, path)) return &reader.settings.item[i];
  ck_abort_msg("no setting %s", path);
  return NULL;
}

START_TEST(tables_join_their_families) {
  ck_assert_str_eq(bsn_table_row(&optimizers, 0)->name, "sgd");
  ck_assert_str_eq(bsn_table_row(&optimizers, 2)->name, "sam");
  ck_assert_ptr_null(bsn_table_row(&optimizers, 3));
  ck_assert_int_eq(((const kind *)bsn_table_find(&optimizers, "sam"))->more, 3);
  ck_assert_ptr_null(bsn_table_find(&optimizers, "sa"));
}
END_TEST

START_TEST(defaults_fill_the_config) {
  ck_assert(read_row(&optimizers, "sgd"));
  const rule *r = choice.config;
  ck_assert_str_eq(choice.row->name, "sgd");
  ck_assert(r->lr == 0.01 && r->momentum == 0 && r->positive == 1 && r->free == -1);
  ck_assert(r->steps == 10 && r->points == 0 && r->seed == 0 && !r->nesterov);
  ck_assert_ptr_eq(r->mode, modes[0]);
  ck_assert_str_eq(r->label, "no label");
  ck_assert_ptr_null(r->optional);
  finish();
  ck_assert(read_row(&optimizers, "sam"));
  const outer *o = choice.config;
  ck_assert(!o->base.row && o->all.n == 0 && o->counts.n == 0 && !o->file && o->when.kind == BSN_NEVER);
  ck_assert(o->reals.n == 2 && o->reals.real[0] == 1 && o->reals.real[1] == 2.5);
  ck_assert(o->texts.n == 2 && !strcmp(o->texts.text[0], "a b") && !strcmp(o->texts.text[1], "c"));
  ck_assert(o->train.kind == BSN_AMOUNT_ALL);
  finish();
}
END_TEST

START_TEST(values_have_canonical_texts) {
  static const struct {
    const char *yaml, *path, *value;
  } table[] = {
      {"sgd", "optimizer.name", "sgd"},
      {"sgd", "optimizer.lr", "0.01"},
      {"{name: sgd, lr: 10e-3}", "optimizer.lr", "0.01"},
      {"{name: sgd, lr: +.5}", "optimizer.lr", "0.5"},
      {"{name: sgd, lr: -0}", "optimizer.lr", "0"},
      {"{name: sgd, lr: 5.}", "optimizer.lr", "5"},
      {"{sgd: 3}", "optimizer.lr", "3"},
      {"{sgd: {momentum: 0.5}}", "optimizer.momentum", "0.5"},
      {"{name: sgd, steps: 1e4}", "optimizer.steps", "10000"},
      {"{name: sgd, steps: 0012}", "optimizer.steps", "12"},
      {"{name: sgd, steps: 1e20}", "optimizer.steps", NULL},
      {"{name: sgd, seed: 18446744073709551615}", "optimizer.seed", "18446744073709551615"},
      {"{name: sgd, nesterov: true}", "optimizer.nesterov", "true"},
      {"{name: sgd, mode: none}", "optimizer.mode", "none"},
      {"{name: sgd, label: 'a, b'}", "optimizer.label", "a, b"},
      {"{name: sgd, label: none}", "optimizer.label", "none"},
      {"{name: sgd, label: \"a\\nb\"}", "optimizer.label", "\"a\\x0ab\""},
      {"sgd", "optimizer.optional", "none"},
      {"{name: sgd, optional: none}", "optimizer.optional", "none"},
      {"sam", "optimizer.base", "none"},
      {"{name: sam, base: none}", "optimizer.base", "none"},
      {"{name: sam, base: {name: sgd, lr: 1}}", "optimizer.base.name", "sgd"},
      {"{name: sam, base: {name: sgd, lr: 1}}", "optimizer.base.lr", "1"},
      {"{name: sam, base: adam}", "optimizer.base.steps", "10"},
      {"sam", "optimizer.all", "[]"},
      {"{name: sam, all: [tanh, {dense: 64}]}", "optimizer.all.0.name", "tanh"},
      {"{name: sam, all: [tanh, {dense: 64}]}", "optimizer.all.1.units", "64"},
      {"{name: sam, all: [{dense: {units: 3, bias: false}}]}", "optimizer.all.0.bias", "false"},
      {"sam", "optimizer.reals", "[1,2.5]"},
      {"{name: sam, reals: [1e-1, 3.0]}", "optimizer.reals", "[0.1,3]"},
      {"{name: sam, reals: []}", "optimizer.reals", "[]"},
      {"sam", "optimizer.counts", "[]"},
      {"{name: sam, counts: none}", "optimizer.counts", "[]"},
      {"{name: sam, counts: [1e2, 07]}", "optimizer.counts", "[100,7]"},
      {"sam", "optimizer.texts", "[a b,c]"},
      {"{name: sam, texts: ['1,2', x]}", "optimizer.texts", "[\"1,2\",x]"},
      {"{name: sam, train: none}", "optimizer.train", "none"},
      {"{name: sam, train: all}", "optimizer.train", "all"},
      {"{name: sam, train: 1e3}", "optimizer.train", "1000"},
      {"{name: sam, train: 1}", "optimizer.train", "1"},
      {"{name: sam, train: .10}", "optimizer.train", "0.1"},
      {"{name: sam, when: end}", "optimizer.when", "end"},
      {"{name: sam, when: epoch}", "optimizer.when", "every 1 epochs"},
      {"{name: sam, when: every 1 epoch}", "optimizer.when", "every 1 epochs"},
      {"{name: sam, when: every 5 steps}", "optimizer.when", "every 5 steps"},
      {"{name: sam, when: log 020 points}", "optimizer.when", "log 20 points"},
      {"{name: sam, when: none}", "optimizer.when", "none"},
  };
  for (size_t i = 0; i < COUNT(table); i++) {
    bool ok = read_row(&optimizers, table[i].yaml);
    ck_assert_msg(ok == (table[i].value != NULL), "%s: %s", table[i].yaml, bsn_faults_text(&arena, &faults));
    if (ok) ck_assert_str_eq(setting(table[i].path)->value, table[i].value);
    finish();
  }
}
END_TEST

START_TEST(moments_and_amounts_fill_their_fields) {
  ck_assert(read_row(&optimizers, "{name: sam, when: log 20 points, train: 0.25}"));
  const outer *o = choice.config;
  ck_assert(o->when.kind == BSN_LOG_POINTS && o->when.n == 20);
  ck_assert(o->train.kind == BSN_AMOUNT_SHARE && o->train.value == 0.25);
  finish();
  ck_assert(read_row(&optimizers, "{name: sam, when: every 7 steps, train: 12}"));
  o = choice.config;
  ck_assert(o->when.kind == BSN_EVERY_STEPS && o->when.n == 7);
  ck_assert(o->train.kind == BSN_AMOUNT_COUNT && o->train.value == 12);
  finish();
}
END_TEST

START_TEST(bad_values_say_where_and_why) {
  static const struct {
    const char *yaml, *first;
  } table[] = {
      {"adma", "1:1: error: unknown optimizer 'adma': did you mean 'adam'?"},
      {"zebra", "1:1: error: unknown optimizer 'zebra': known are sgd, adam, sam"},
      {"{name: adma}", "1:8: error: unknown optimizer 'adma': did you mean 'adam'?"},
      {"{adma: 1}", "1:2: error: unknown optimizer 'adma': did you mean 'adam'?"},
      {"[sgd]", "1:1: error: optimizer must be the name of a known optimizer or a map, not a list"},
      {"{}", "1:1: error: optimizer needs the name of its optimizer: {name: sgd, ..}"},
      {"{lr: 1, momentum: 0}", "1:1: error: optimizer needs the name of its optimizer: {name: sgd, ..}"},
      {"{lr: 1}", "1:1: error: optimizer needs the name of its optimizer: {name: sgd, ..}"},
      {"{name: [sgd]}", "1:8: error: optimizer.name must be a word, not a list"},
      {"{name: sgd, learning_rate: 1}",
       "1:13: error: unknown key 'learning_rate' of optimizer sgd: did you mean 'lr'?"},
      {"{name: sgd, lrr: 1}", "1:13: error: unknown key 'lrr' of optimizer sgd: did you mean 'lr'?"},
      {"{sgd: {lrr: 1}}", "1:8: error: unknown key 'lrr' of optimizer sgd: did you mean 'lr'?"},
      {"{name: sam, zebra: 1}",
       "1:13: error: unknown key 'zebra' of optimizer sam: known are base, all, reals, counts, "
       "texts, file, train, when, name"},
      {"{name: sgd, lr: fast}", "1:17: error: optimizer.lr must be a number, not 'fast'"},
      {"{name: sgd, lr: 1_000}", "1:17: error: optimizer.lr must be a number, not '1_000'"},
      {"{name: sgd, lr: [1]}", "1:17: error: optimizer.lr must be a number, not a list"},
      {"{name: sgd, lr: {a: 1}}", "1:17: error: optimizer.lr must be a number, not a map"},
      {"{name: sgd, lr: }", "1:13: error: optimizer.lr must be a number, not nothing"},
      {"{name: sgd, lr: -1}", "1:17: error: optimizer.lr must be at least 0, not -1"},
      {"{name: sgd, lr: none}", "1:17: error: optimizer.lr must be a number, not 'none'"},
      {"{name: sgd, momentum: 1}", "1:23: error: optimizer.momentum must be below 1, not 1"},
      {"{name: sgd, positive: 0}", "1:23: error: optimizer.positive must be above 0, not 0"},
      {"{name: sgd, steps: 0}", "1:20: error: optimizer.steps must be at least 1, not 0"},
      {"{name: sgd, steps: -5}", "1:20: error: optimizer.steps must be at least 1, not -5"},
      {"{name: sgd, points: -5}", "1:21: error: optimizer.points must be at least 0, not -5"},
      {"{name: sgd, points: 21}", "1:21: error: optimizer.points must be at most 20, not 21"},
      {"{name: sgd, points: 1.5}", "1:21: error: optimizer.points must be a whole number, not '1.5'"},
      {"{name: sgd, seed: 18446744073709551616}",
       "1:19: error: optimizer.seed must be a whole number, not '18446744073709551616'"},
      {"{name: sgd, nesterov: yes}", "1:23: error: optimizer.nesterov must be true or false, not 'yes'"},
      {"{name: sgd, mode: men}",
       "1:19: error: optimizer.mode must be mean, sum or none, not 'men': did you mean 'mean'?"},
      {"{name: sgd, mode: [mean]}", "1:19: error: optimizer.mode must be mean, sum or none, not a list"},
      {"{name: sgd, label: [a]}", "1:20: error: optimizer.label must be a text, not a list"},
      {"{name: sam, base: adma}", "1:19: error: unknown optimizer 'adma': did you mean 'adam'?"},
      {"{name: sam, base: {name: sgd, lr: x}}", "1:35: error: optimizer.base.lr must be a number, not 'x'"},
      {"{name: sam, all: tanh}", "1:18: error: optimizer.all must be a list, not 'tanh'"},
      {"{name: sam, all: [dense]}", "1:19: error: missing key 'units' of layer dense"},
      {"{name: sam, all: [{dense: x}]}", "1:27: error: optimizer.all.0.units must be a whole number, not 'x'"},
      {"{name: sam, all: [{tanh: 3}]}", "1:26: error: tanh takes no value"},
      {"{name: sam, all: [{name: tanh, a: 3}]}", "1:32: error: unknown key 'a' of layer tanh: known are name"},
      {"{name: sam, all: [{tanh: {a: 3}}]}", "1:27: error: unknown key 'a' of layer tanh: it takes no keys"},
      {"{name: sam, reals: 3}", "1:20: error: optimizer.reals must be a list of numbers, not '3'"},
      {"{name: sam, reals: none}", "1:20: error: optimizer.reals must be a list of numbers, not 'none'"},
      {"{name: sam, reals: [1, x]}", "1:24: error: optimizer.reals.1 must be a number, not 'x'"},
      {"{name: sam, reals: [1, 11]}", "1:24: error: optimizer.reals.1 must be at most 10, not 11"},
      {"{name: sam, counts: [-1]}", "1:22: error: optimizer.counts.0 must be at least 0, not -1"},
      {"{name: sam, texts: [[a]]}", "1:21: error: optimizer.texts.0 must be a text, not a list"},
      {"{name: sam, file: no-such-file}", "1:19: error: optimizer.file: /tmp/no-such-file: No such file or directory"},
      {"{name: sam, train: 1.5}",
       "1:20: error: optimizer.train must be a count, a share below 1, all or none, not '1.5'"},
      {"{name: sam, train: 0}", "1:20: error: optimizer.train must be a count, a share below 1, all or none, not '0'"},
      {"{name: sam, when: every 0 steps}",
       "1:19: error: optimizer.when must be end, epoch, every N epochs, every N "
       "steps, log N points or none, not 'every 0 steps'"},
      {"{name: sam, when: every 3 weeks}",
       "1:19: error: optimizer.when must be end, epoch, every N epochs, every N "
       "steps, log N points or none, not 'every 3 weeks'"},
  };
  for (size_t i = 0; i < COUNT(table); i++) {
    ck_assert_msg(!read_row(&optimizers, table[i].yaml), "%s was accepted", table[i].yaml);
    char *first = strdup(bsn_faults_text(&arena, &faults));
    first[strcspn(first, "\n")] = 0;
    ck_assert_str_eq(first, bsn_text_in(&arena, "a.yaml:%s", table[i].first));
    free(first);
    finish();
  }
}
END_TEST

START_TEST(all_faults_come_at_once) {
  ck_assert(!read_row(&optimizers, "name: sgd\nlr: x\nmode: men\nzebra: 1\nsteps: 0\n"));
  ck_assert_uint_eq(faults.n, 4);
  ck_assert_str_eq(faults.item[0].text,
                   "unknown key 'zebra' of optimizer sgd: known are lr, momentum, positive, free, "
                   "steps, points, seed, nesterov, mode, label, optional, name");
  finish();
}
END_TEST

START_TEST(a_missing_value_is_a_fault) {
  read_row(&optimizers, "sgd");
  ck_assert(!bsn_read_row(&reader, &optimizers, NULL, "loss", &choice, NULL, NULL));
  ck_assert_str_eq(bsn_faults_text(&arena, &faults), "error: loss is missing");
  finish();
}
END_TEST

START_TEST(extra_parameters_stand_beside_the_rows_own) {
  read_row(&optimizers, "sgd");
  static const bsn_param extra[] = {{"units", BSN_COUNT, 0, "7"}, {0}};
  size_t config = 0;
  const char *yaml = "{name: sgd, lr: 1, units: 8}";
  bsn_value *value = bsn_value_read(&arena, "b", yaml, strlen(yaml), &faults);
  ck_assert(bsn_read_row(&reader, &optimizers, value, "o", &choice, extra, &config));
  ck_assert_uint_eq(config, 8);
  ck_assert_str_eq(setting("o.units")->value, "8");
  finish();
}
END_TEST

START_TEST(plain_maps_of_parameters) {
  read_row(&optimizers, "sgd");
  dense d = {0};
  static const char *const known[] = {"other", NULL};
  const char *good = "{units: 5, other: 1}", *bad = "{unit: 5, othr: 2}", *scalar = "x";
  bsn_value *value = bsn_value_read(&arena, "b", good, strlen(good), &faults);
  ck_assert(bsn_read_params(&reader, dense_params, value, "train", &d, known));
  ck_assert(d.units == 5 && d.bias);
  ck_assert_str_eq(setting("train.bias")->value, "true");
  value = bsn_value_read(&arena, "b", bad, strlen(bad), &faults);
  ck_assert(!bsn_read_params(&reader, dense_params, value, "train", &d, known));
  ck_assert(!bsn_read_params(&reader, dense_params, NULL, "train", &d, known));
  value = bsn_value_read(&arena, "b", scalar, 1, &faults);
  ck_assert(!bsn_read_params(&reader, dense_params, value, "train", &d, known));
  static const char *const texts[] = {
      "unknown key 'unit' of train: did you mean 'units'?", "unknown key 'othr' of train: did you mean 'other'?",
      "missing key 'units' of train", "missing key 'units' of train", "train must be a map of keys, not 'x'"};
  ck_assert_uint_eq(faults.n, COUNT(texts));
  for (size_t i = 0; i < COUNT(texts); i++) ck_assert_str_eq(faults.item[i].text, texts[i]);
  finish();
}
END_TEST

START_TEST(a_files_content_is_its_identity) {
  char path[] = "/tmp/basin_row_XXXXXX", yaml[100], hash[33];
  close(mkstemp(path));
  snprintf(yaml, sizeof yaml, "{name: sam, file: %s}", path + 5);
  write_file(path, "some data");
  ck_assert(read_row(&optimizers, yaml));
  bsn_hash_text("some data", 9, hash);
  ck_assert_str_eq(((const outer *)choice.config)->file, path);
  ck_assert_str_eq(setting("optimizer.file")->value, path + 5);
  ck_assert_str_eq(setting("optimizer.file")->identity, hash);
  finish();
  snprintf(yaml, sizeof yaml, "{name: sam, file: %s}", path);
  ck_assert(read_row(&optimizers, yaml));
  ck_assert_str_eq(setting("optimizer.file")->identity, hash);
  finish();
  unlink(path);
}
END_TEST

START_TEST(a_folder_is_the_files_in_it) {
  char folder[] = "/tmp/basin_row_XXXXXX", path[64], hidden[64], inner[64], lines[200], one[33], hash[33], found[33];
  bsn_error error = {0};
  ck_assert_ptr_nonnull(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/b.bin", folder);
  snprintf(hidden, sizeof hidden, "%s/.b.bin", folder);
  snprintf(inner, sizeof inner, "%s/inner", folder);
  write_file(path, "some data");
  write_file(hidden, "not seen");
  ck_assert_int_eq(mkdir(inner, 0700), 0);
  bsn_hash_text("some data", 9, one);
  bsn_hash_text(lines, (size_t)snprintf(lines, sizeof lines, "b.bin=%s\n", one), hash);
  ck_assert(bsn_hash_file(folder, found, &error));
  ck_assert_str_eq(found, hash);
  write_file(path, "other data");
  ck_assert(bsn_hash_file(folder, found, &error));
  ck_assert_str_ne(found, hash);
  unlink(path);
  unlink(hidden);
  rmdir(inner);
  ck_assert(bsn_hash_file(folder, found, &error));
  ck_assert_str_eq(found, "99aa06d3014798d86001c324468d497f");
  rmdir(folder);
}
END_TEST

START_TEST(a_cache_reads_a_file_once) {
  char path[] = "/tmp/basin_row_XXXXXX", yaml[100], first[33];
  bsn_arena kept = {0};
  bsn_files files = {.arena = &kept};
  close(mkstemp(path));
  write_file(path, "some data");
  bsn_hash_text("some data", 9, first);
  snprintf(yaml, sizeof yaml, "{name: sam, file: %s}", path);
  for (int i = 0; i < 2; i++) {
    ck_assert(read_row(&optimizers, "sam"));
    reader.files = &files;
    bsn_value *value = bsn_value_read(&arena, "a.yaml", yaml, strlen(yaml), &faults);
    reader.settings.n = 0;
    ck_assert(bsn_read_row(&reader, &optimizers, value, "optimizer", &choice, NULL, NULL));
    ck_assert_str_eq(setting("optimizer.file")->identity, first);
    finish();
    unlink(path);
  }
  ck_assert_uint_eq(files.n, 1);
  bsn_arena_free(&kept);
}
END_TEST

START_TEST(short_forms_get_long) {
  static const char *const cases[][2] = {
      {"sgd", "sgd"},
      {"{sgd: 0.1}", "{name: sgd,lr: 0.1}"},
      {"{sgd: {momentum: 0.9}}", "{name: sgd,momentum: 0.9}"},
      {"{name: sgd, lr: 1}", "{name: sgd,lr: 1}"},
      {"{sam: {base: {sgd: 0.1}, all: [tanh, {dense: 3}]}}",
       "{name: sam,base: {name: sgd,lr: 0.1},all: [tanh,{name: dense,units: 3}]}"},
      {"{name: sam, base: none}", "{name: sam,base: none}"},
      {"{sdg: {lr: 1}}", "{name: sdg,lr: 1}"},
      {"{sdg: 1}", "{name: sdg}"},
      {"{lr: 1}", "{lr: 1}"},
      {"{sgd: {name: x}}", "{sgd: {name: x}}"},
      {"{a: 1, b: 2}", "{a: 1,b: 2}"},
      {"[sgd]", "[sgd]"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    read_row(&optimizers, "sgd");
    bsn_edit edit = {.arena = &arena, .tables = tables};
    bsn_value *value = bsn_value_read(&arena, "a.yaml", cases[i][0], strlen(cases[i][0]), &faults);
    bsn_value *out = bsn_row_edit(&edit, &optimizers, NULL, value);
    ck_assert_ptr_nonnull(out);
    ck_assert_str_eq(bsn_value_text(&arena, out), cases[i][1]);
    if (!strcmp(bsn_value_text(&arena, value), cases[i][1])) ck_assert_ptr_eq(out, value);
    finish();
  }
}
END_TEST

/* The hash is the one that `xxhsum -H128` prints. */
START_TEST(hashes_are_standard) {
  char hash[33];
  bsn_hash_text("", 0, hash);
  ck_assert_str_eq(hash, "99aa06d3014798d86001c324468d497f");
}
END_TEST

static void key_of(const char *yaml, char key[33]) {
  bsn_error error = {0};
  ck_assert(read_row(&optimizers, yaml));
  ck_assert(bsn_settings_key(&reader.settings, key, &error));
  finish();
}

START_TEST(keys_are_equal_for_equal_settings) {
  char a[33], b[33];
  key_of("sgd", a);
  static const char *const same[] = {"{name: sgd, lr: 0.010}", "{momentum: 0e5, name: sgd, steps: 1e1}",
                                     "{name: sgd, seed: 99}", "{name: sgd, optional: none}"};
  static const char *const other[] = {"adam", "{name: sgd, lr: 0.011}", "{name: sgd, nesterov: true}", "sam",
                                      "{name: sgd, label: ''}"};
  for (size_t i = 0; i < COUNT(same); i++) {
    key_of(same[i], b);
    ck_assert_str_eq(a, b);
  }
  for (size_t i = 0; i < COUNT(other); i++) {
    key_of(other[i], b);
    ck_assert_str_ne(a, b);
  }
}
END_TEST

START_TEST(the_key_hashes_sorted_lines) {
  bsn_error error = {0};
  char key[33], expected[33];
  ck_assert(read_row(&layer_table, "tanh"));
  ck_assert(bsn_note_setting(&reader, "b", "2", true));
  ck_assert(bsn_note_setting(&reader, "a", "1", true));
  ck_assert(bsn_note_setting(&reader, "c", "3", false));
  ck_assert(bsn_settings_key(&reader.settings, key, &error));
  const char *lines = "a=1\nb=2\noptimizer.name=tanh\n";
  bsn_hash_text(lines, strlen(lines), expected);
  ck_assert_str_eq(key, expected);
  finish();
}
END_TEST

BASIN_TESTS("row", tables_join_their_families, defaults_fill_the_config, values_have_canonical_texts,
            moments_and_amounts_fill_their_fields, bad_values_say_where_and_why, all_faults_come_at_once,
            a_missing_value_is_a_fault, extra_parameters_stand_beside_the_rows_own, plain_maps_of_parameters,
            a_files_content_is_its_identity, a_folder_is_the_files_in_it, a_cache_reads_a_file_once,
            short_forms_get_long, hashes_are_standard, keys_are_equal_for_equal_settings, the_key_hashes_sorted_lines)
