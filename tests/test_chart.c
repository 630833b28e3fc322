/* Charts: heads, the files that gnuplot reads, and pictures that are whole or not there. */
#include "base/value.h"
#include "folder.h"
#include "report/chart.h"
#include "report/gnuplot.h"
#include "report/phrase.h"
#include "store/sql.h"
#include <dirent.h>
#include <sqlite3.h>

/* ---- a study, and a folder for its charts ---- */

typedef struct bench {
  bsn_arena arena;
  sqlite3 *db;
  const char *folder;
  const char *source;
  bsn_chart_source self;
} bench;

static char *source_file(bench *b, const char *name) { return bsn_text_in(&b->arena, "%s/%s", b->source, name); }

static void bench_open(bench *b) {
  *b = (bench){.source = getenv("BASIN_SOURCE")};
  bsn_error error = {0};
  char *sql, *message = NULL;
  size_t length;
  ck_assert_ptr_nonnull(b->source);
  b->folder = new_folder(&b->arena);
  ck_assert_int_eq(sqlite3_open(":memory:", &b->db), SQLITE_OK);
  ck_assert_int_eq(sqlite3_exec(b->db, bsn_schema_text, NULL, NULL, NULL), SQLITE_OK);
  ck_assert(bsn_file_read(&b->arena, source_file(b, "tests/golden/chart_study.sql"), &sql, &length, &error));
  ck_assert_msg(sqlite3_exec(b->db, sql, NULL, NULL, &message) == SQLITE_OK, "%s", message);
}

static void bench_close(bench *b) {
  remove_folder(b->folder);
  sqlite3_close(b->db);
  bsn_arena_free(&b->arena);
}

static size_t files_in(const char *path) {
  size_t n = 0;
  DIR *folder = opendir(path);
  for (struct dirent *e; (e = readdir(folder));) n += strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
  closedir(folder);
  return n;
}

static bsn_cell cell_of(bsn_arena *arena, sqlite3_stmt *s, int i) {
  int type = sqlite3_column_type(s, i), size = sqlite3_column_bytes(s, i);
  if (type == SQLITE_INTEGER || type == SQLITE_FLOAT) return bsn_number(sqlite3_column_double(s, i));
  if (type == SQLITE_TEXT) return bsn_words(bsn_text_in(arena, "%s", (const char *)sqlite3_column_text(s, i)));
  if (type == SQLITE_NULL) return (bsn_cell){0};
  return (bsn_cell){.kind = BSN_CELL_BYTES,
                    .size = (size_t)size,
                    .bytes = bsn_copy_in(arena, sqlite3_column_blob(s, i), (size_t)size)};
}

static bool query(void *context, const char *sql, bsn_table_result *out, bsn_error *error) {
  bench *b = context;
  sqlite3_stmt *s;
  const char *names[32];
  if (sqlite3_prepare_v2(b->db, sql, -1, &s, NULL)) return bsn_fail(error, BSN_BAD_INPUT, "%s", sqlite3_errmsg(b->db));
  int n = sqlite3_column_count(s);
  for (int i = 0; i < n; i++) names[i] = sqlite3_column_name(s, i);
  ck_assert(bsn_result_init(out, &b->arena, (size_t)n, names));
  while (sqlite3_step(s) == SQLITE_ROW) {
    bsn_cell *row = bsn_result_row(out);
    for (int i = 0; i < n; i++) row[i] = cell_of(&b->arena, s, i);
  }
  sqlite3_finalize(s);
  return true;
}

static bsn_chart_job job_of(bench *b) {
  b->self = (bsn_chart_source){.study = "x_1", .rows = query, .context = b};
  return (bsn_chart_job){.folder = b->folder,
                         .style = source_file(b, "plots/style.gp"),
                         .format = "png",
                         .nsources = 1,
                         .source = &b->self};
}

static char *content(bench *b, const char *name, size_t *size) {
  FILE *file = fopen(bsn_text_in(&b->arena, "%s/%s", b->folder, name), "rb");
  if (!file) return NULL;
  char *text = bsn_alloc_in(&b->arena, 1 << 20);
  *size = fread(text, 1, (1 << 20) - 1, file);
  fclose(file);
  return text;
}

/* ---- heads ---- */

START_TEST(a_head_is_read) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_chart c;
  const char *text =
      "#: doc One sentence.\n#: parameter metric test_loss What is drawn.\n#: parameter x step\n"
      "#: choice x step epoch\n#: select SELECT a,\n#:    b\n#:   FROM t\n#: derive worst b {metric}\n"
      "#: empty nothing\nplot 1\n#: no head\n";
  ck_assert_msg(bsn_chart_parse(&c, &arena, "plots/one.gp", text, &error), "%s", error.text);
  ck_assert_str_eq(c.name, "one");
  ck_assert_str_eq(c.doc, "One sentence.");
  ck_assert_str_eq(c.select, "SELECT a, b FROM t");
  ck_assert_str_eq(c.empty, "nothing");
  ck_assert_str_eq(c.body, "plot 1\n#: no head\n");
  ck_assert_uint_eq(c.nparameters, 2);
  ck_assert_str_eq(c.parameter[0].value, "test_loss");
  ck_assert_str_eq(c.parameter[0].doc, "What is drawn.");
  ck_assert_uint_eq(c.parameter[1].nchoices, 2);
  ck_assert_str_eq(c.parameter[1].choice[1], "epoch");
  ck_assert_uint_eq(c.nderives, 1);
  ck_assert_int_eq(c.derive[0].line, 8);
  bsn_arena_free(&arena);
}
END_TEST

static const struct bad_head {
  const char *text, *message;
} bad_heads[] = {
    {"plot 1\n", "a.gp:1: the head has no \"doc\""},
    {"#: doc x\nplot 1\n", "a.gp:2: the head has no \"select\""},
    {"#: doc x\n#: color red\n",
     "a.gp:2: a head has doc, parameter, choice, select, derive, empty and overlay, not \"color\""},
    {"#: doc\n", "a.gp:1: nothing stands behind \"doc\""},
    {"#: doc x\n#: select a\n#:   b\n#: select c\n", "a.gp:4: a second line of \"select\""},
    {"#: doc x\n#: parameter metric\n", "a.gp:2: a parameter needs a name and a default"},
    {"#: parameter x 1\n#: parameter x 2\n", "a.gp:2: a second parameter \"x\""},
    {"#: choice x 1\n", "a.gp:1: choices of an unknown parameter \"x\""},
    {"#: parameter x 1\n#: choice x\n", "a.gp:2: no choices of \"x\""},
    {"#: doc x\n#: select y\n#: derive quantile x\n", "a.gp:3: there is no derive \"quantile\""},
};

START_TEST(a_bad_head_is_told_with_its_line) {
  for (size_t i = 0; i < sizeof bad_heads / sizeof *bad_heads; i++) {
    bsn_arena arena = {0};
    bsn_error error = {0};
    bsn_chart c;
    ck_assert(!bsn_chart_parse(&c, &arena, "a.gp", bad_heads[i].text, &error));
    ck_assert_str_eq(error.text, bad_heads[i].message);
    ck_assert_int_eq(error.code, BSN_BAD_INPUT);
    bsn_arena_free(&arena);
  }
}
END_TEST

/* Texts that are drawn from a good study and must fail with this message. */
static const struct bad_chart {
  const char *text, *name, *value, *message;
} bad_charts[] = {
    {"#: doc x\n#: select SELEC 1\n", NULL, NULL, "a.gp:2: near \"SELEC\": syntax error"},
    {"#: doc x\n#: select SELECT {y}\n", NULL, NULL, "a.gp:2: there is no parameter \"y\""},
    {"#: doc x\n#: select SELECT {score}\n", NULL, NULL, "a.gp:2: there is no parameter \"choose\""},
    {"#: doc x\n#: select SELECT 'a', 1 AS y\n#: derive density z\n", NULL, NULL,
     "a.gp:3: derive density: the query has no column \"z\""},
    {"#: doc x\n#: select SELECT 'a', 1 AS y\n#: derive density\n", NULL, NULL, "a.gp:3: derive density takes Y"},
    {"#: doc x\n#: select SELECT 'a' AS c, 1 AS y\n#: derive label\n", NULL, NULL,
     "a.gp:3: derive label: a cell is no JSON object: a"},
    {"#: doc x\n#: parameter m z\n#: select SELECT 1, 2 WHERE 0\n#: empty no {m}\n", NULL, NULL,
     "nothing to draw for chart a of study x_1: no z"},
    {"#: doc x\n#: parameter m z\n#: choice m z w\n#: select SELECT 1, 2\n", "m", "v",
     "chart a: \"v\" is no value of m: one of z, w"},
    {"#: doc x\n#: parameter m z\n#: select SELECT 1, 2\n", "m", "'; DROP TABLE trial",
     "chart a: \"'; DROP TABLE trial\" is no value of m (letters, digits and _.:-)"},
    {"#: doc x\n#: select SELECT 1, 2\n", "m", "v", "chart a has no parameter m"},
};

START_TEST(what_cannot_be_drawn_is_told) {
  bench b;
  bench_open(&b);
  for (size_t i = 0; i < sizeof bad_charts / sizeof *bad_charts; i++) {
    bsn_error error = {0};
    bsn_chart c;
    bsn_chart_job job = job_of(&b);
    bsn_chart_set set = {bad_charts[i].name, bad_charts[i].value};
    job.nset = set.name ? 1 : 0;
    job.set = &set;
    ck_assert(bsn_chart_parse(&c, &b.arena, "a.gp", bad_charts[i].text, &error));
    ck_assert(!bsn_chart_draw(&c, &job, &b.arena, NULL, &error));
    ck_assert_str_eq(error.text, bad_charts[i].message);
    ck_assert_int_eq(error.code, BSN_BAD_INPUT);
    ck_assert_uint_eq(files_in(b.folder), 0);
  }
  bench_close(&b);
}
END_TEST

/* ---- pictures ---- */

static const char *const charts[] = {"convergence",
                                     "panels",
                                     "generalisation-gap",
                                     "lr-sensitivity",
                                     "fit",
                                     "final-values",
                                     "ecdf",
                                     "performance-profile",
                                     "comparison",
                                     "expected-best",
                                     "win-probability",
                                     "critical-difference"};

START_TEST(every_chart_draws_the_same_bytes_twice) {
  bench b;
  bench_open(&b);
  for (size_t i = 0; i < sizeof charts / sizeof *charts; i++) {
    bsn_error error = {0};
    bsn_chart c;
    size_t n[2] = {0};
    char *png[2];
    bsn_chart_job job = job_of(&b);
    const char *path = source_file(&b, bsn_text_in(&b.arena, "plots/%s.gp", charts[i])), *picture;
    for (size_t k = 0; k < 2; k++) {
      ck_assert_msg(bsn_chart_read(&c, &b.arena, path, &error), "%s", error.text);
      ck_assert_msg(bsn_chart_draw(&c, &job, &b.arena, &picture, &error), "%s", error.text);
      png[k] = content(&b, bsn_text_in(&b.arena, "%s.png", charts[i]), &n[k]);
    }
    ck_assert_uint_gt(n[0], 5000);
    ck_assert_uint_eq(n[0], n[1]);
    ck_assert_mem_eq(png[0], png[1], n[0]);
  }
  ck_assert_uint_eq(files_in(b.folder), 3 * sizeof charts / sizeof *charts);
  bench_close(&b);
}
END_TEST

START_TEST(every_phrase_is_used) {
  bench b;
  bench_open(&b);
  for (const bsn_phrase *p = bsn_phrases; p->name; p++) {
    const char *word = bsn_text_in(&b.arena, "{%s}", p->name);
    size_t uses = 0;
    for (size_t i = 0; i < sizeof charts / sizeof *charts; i++) {
      bsn_error error = {0};
      bsn_chart c;
      const char *path = source_file(&b, bsn_text_in(&b.arena, "plots/%s.gp", charts[i]));
      ck_assert_msg(bsn_chart_read(&c, &b.arena, path, &error), "%s", error.text);
      uses += strstr(c.select, word) != NULL;
      ck_assert_msg(!strstr(c.select, p->sql), "%s says what %s is for", charts[i], word);
    }
    ck_assert_msg(uses > 1 && *p->doc, "%s", word);
  }
  bench_close(&b);
}
END_TEST

/* A trial that diverged is drawn beside others, but not as the only one when the metric is nobody's. */
START_TEST(what_nobody_recorded_is_not_drawn) {
  static const char *const finals[] = {"final-values",  "lr-sensitivity",  "comparison",
                                       "expected-best", "win-probability", "critical-difference"};
  bench b;
  bench_open(&b);
  ck_assert_int_eq(sqlite3_exec(b.db, "UPDATE trial SET outcome = 'diverged'", NULL, NULL, NULL), SQLITE_OK);
  for (size_t i = 0; i < sizeof finals / sizeof *finals; i++) {
    bsn_error error = {0};
    bsn_chart c;
    bsn_chart_job job = job_of(&b);
    const bsn_chart_set set = {"metric", "nobody"};
    job.nset = 1;
    job.set = &set;
    const char *path = source_file(&b, bsn_text_in(&b.arena, "plots/%s.gp", finals[i]));
    ck_assert_msg(bsn_chart_read(&c, &b.arena, path, &error), "%s", error.text);
    ck_assert_msg(!bsn_chart_draw(&c, &job, &b.arena, NULL, &error), "%s drew it", finals[i]);
    ck_assert_msg(strstr(error.text, "nothing to draw for chart") != NULL, "%s", error.text);
  }
  bench_close(&b);
}
END_TEST

/* The numbers are those of an independent computation: 1.25 (2 + r) / (1 + 40 lr) for r = 0, 1, 2, or diverged. */
START_TEST(a_chart_leaves_its_table_and_a_script_that_runs) {
  bench b;
  bench_open(&b);
  bsn_error error = {0};
  bsn_chart c;
  bsn_chart_job job = job_of(&b);
  size_t size;
  b.self.trials = 40;
  ck_assert(bsn_chart_read(&c, &b.arena, source_file(&b, "plots/lr-sensitivity.gp"), &error));
  ck_assert_msg(bsn_chart_draw(&c, &job, &b.arena, NULL, &error), "%s", error.text);
  ck_assert_str_eq(content(&b, "lr-sensitivity.tsv", &size),
                   "# sgd\nx\ty\ty_lo\ty_hi\ty_bad\tn\n0.01\t2.678571429\t1.964285714\t3.392857143\t0\t3\n"
                   "0.1\t0.75\t0.55\t0.95\t0\t3\n1\tinf\tinf\tinf\t2\t3\n\n\n"
                   "# adam\nx\ty\ty_lo\ty_hi\ty_bad\tn\n0.01\t2.678571429\t1.964285714\t3.392857143\t0\t3\n"
                   "0.1\t0.75\t0.55\t0.95\t0\t3\n1\t0.09146341463\t0.06707317073\t0.1158536585\t0\t3\n");
  char *script = content(&b, "lr-sensitivity.gp", &size);
  ck_assert_ptr_nonnull(strstr(script, "\nstudy = 'x\\_1'\n"));
  ck_assert_ptr_nonnull(strstr(script, "\nnote = '3 replicates, 18 of 40 trials'\n"));
  ck_assert_ptr_nonnull(strstr(script, "\ntainted = 0\n"));
  ck_assert_ptr_nonnull(strstr(script, "\narray series_name[2] = ['sgd', 'adam']\n"));
  ck_assert_ptr_nonnull(strstr(script, "\ny_min = 0.09146341463\n"));
  const char *again = "cd %s && gnuplot -e \"format='svg'\" lr-sensitivity.gp && test -s lr-sensitivity.svg";
  ck_assert_int_eq(system(bsn_text_in(&b.arena, again, b.folder)), 0);
  bench_close(&b);
}
END_TEST

/* Two studies with equal cells, and curves of a file: of one series's name, of another program's name for it, and of neither. */
START_TEST(studies_and_files_share_a_picture) {
  bench b;
  bench_open(&b);
  bsn_error error = {0};
  bsn_chart c;
  bsn_chart_job job = job_of(&b);
  const bsn_chart_source both[] = {{"one", 20, query, &b}, {"two", 20, query, &b}};
  const char *file = bsn_text_in(&b.arena, "%s/p.csv", b.folder), *const overlay[] = {file};
  size_t size;
  FILE *csv = fopen(file, "w");
  ck_assert(csv && fputs("name,lr,y\nadam,0.1,7\nGradientDescentOptimizer,0.1,nan\nlion,0.1,9\n", csv) >= 0);
  fclose(csv);
  ck_assert(bsn_chart_read(&c, &b.arena, source_file(&b, "plots/lr-sensitivity.gp"), &error));
  job.noverlays = 1;
  job.overlay = overlay;
  ck_assert_msg(bsn_chart_draw(&c, &job, &b.arena, NULL, &error), "%s", error.text);
  const char *script = content(&b, "lr-sensitivity.gp", &size), *table = content(&b, "lr-sensitivity.tsv", &size);
  ck_assert_ptr_nonnull(strstr(script, "\nseries = 2\n"));
  ck_assert_ptr_nonnull(
      strstr(script, "\narray overlay_name[3] = ['adam, overlay', 'GradientDescentOptimizer', 'lion']\n"));
  ck_assert_ptr_nonnull(strstr(script, "\narray overlay_like[3] = [2, 1, 5]\n"));
  ck_assert_ptr_nonnull(strstr(table, "\n# adam, overlay\nx\ty\ty_lo\ty_hi\ty_bad\tn\n0.1\t7\t7\t7\t0\t1\n"));
  ck_assert_ptr_nonnull(strstr(table, "\n0.1\tinf\tinf\tinf\t1\t1\n"));
  ck_assert_ptr_nonnull(strstr(script, "\ny_max = 9\n"));

  job.noverlays = 0;
  job.nsources = 2;
  job.source = both;
  ck_assert_msg(bsn_chart_draw(&c, &job, &b.arena, NULL, &error), "%s", error.text);
  script = content(&b, "lr-sensitivity.gp", &size);
  ck_assert_ptr_nonnull(
      strstr(script, "\narray series_name[4] = ['one: sgd', 'one: adam', 'two: sgd', 'two: adam']\n"));
  ck_assert_ptr_nonnull(strstr(script, "\nstudy = 'one, two'\n"));
  ck_assert_ptr_nonnull(strstr(script, "\nnote = '3 replicates, 36 of 40 trials'\n"));

  job.noverlays = 1;
  ck_assert(bsn_chart_parse(&c, &b.arena, "a.gp", "#: doc x\n#: select SELECT 'a', 1 AS y\nplot 1\n", &error));
  ck_assert(!bsn_chart_draw(&c, &job, &b.arena, NULL, &error));
  ck_assert_str_eq(error.text, "chart a takes no overlay");
  bench_close(&b);
}
END_TEST

/* Trials of batch 8 that reach a loss of 0.5 at steps 20 and 40, of batch 16 that reach it at 10 and 20 and one that does not, and of
 * batch 32 that never do. */
static void add_batches(bench *b) {
  static const double first[][2] = {{8, 20}, {8, 40}, {16, 10}, {16, 20}, {16, 1e9}, {32, 1e9}};
  for (int i = 0; i < 6; i++) {
    char *message = NULL, sql[2000];
    snprintf(sql, sizeof sql,
             "INSERT INTO trial(key, place, cell, replicate, outcome, outcome_step, tainted) VALUES('b%d', %d, "
             "'{\"train.batch\": %g}', %d, 'budget', 40, 0);"
             "INSERT INTO unit(id, key, trial, kind, idx, outcome, outcome_step, tainted) VALUES(%d, 'b%d', 'b%d', "
             "'trial', 0, "
             "'budget', 40, 0);"
             "INSERT INTO setting(key, path, value) VALUES('b%d', 'train.batch', '%g');"
             "INSERT INTO metric SELECT %d, s.value, 'x_loss', iif(s.value < %g, 2, 0.5) FROM json_each('[0, 10, 20, "
             "40]') s;",
             i, i, first[i][0], i, 900 + i, i, i, i, first[i][0], 900 + i, first[i][1]);
    ck_assert_msg(sqlite3_exec(b->db, sql, NULL, NULL, &message) == SQLITE_OK, "%s", message);
  }
}

START_TEST(steps_to_a_target_know_who_never_came) {
  bench b;
  bench_open(&b);
  add_batches(&b);
  bsn_error error = {0};
  bsn_chart c;
  bsn_chart_job job = job_of(&b);
  const bsn_chart_set set[] = {{"metric", "x_loss"}, {"target", "0.6"}};
  size_t size;
  job.nset = 2;
  job.set = set;
  ck_assert_msg(bsn_chart_read(&c, &b.arena, source_file(&b, "plots/steps-to-target.gp"), &error), "%s", error.text);
  ck_assert_msg(bsn_chart_draw(&c, &job, &b.arena, NULL, &error), "%s", error.text);
  ck_assert_str_eq(content(&b, "steps-to-target.tsv", &size),
                   "# all trials\nx\ty\treach\tgoal\ty_lo\ty_hi\ty_bad\tn\n8\t30\t40\t0.6\t22\t38\t0\t2\n"
                   "16\t20\t40\t0.6\t12\tinf\t1\t3\n32\tinf\t40\t0.6\tinf\tinf\t1\t1\n");
  job.nset = 1; /* three quarters of six trials, rounded up, is five: 0.5, 0.5, 0.5, 0.5, 2 */
  ck_assert_msg(bsn_chart_draw(&c, &job, &b.arena, NULL, &error), "%s", error.text);
  ck_assert_ptr_nonnull(strstr(content(&b, "steps-to-target.gp", &size), "\ngoal_max = 2\n"));
  const char *values =
      "UPDATE metric SET value = 960 / s.value FROM unit u JOIN setting s ON s.key = u.key AND s.path = "
      "'train.batch' WHERE u.id = metric.unit AND name = 'x_loss'";
  const bsn_chart_set as_values[] = {{"metric", "x_loss"}, {"count", "value"}};
  ck_assert_int_eq(sqlite3_exec(b.db, values, NULL, NULL, NULL), SQLITE_OK);
  job.nset = 2;
  job.set = as_values;
  ck_assert_msg(bsn_chart_draw(&c, &job, &b.arena, NULL, &error), "%s", error.text);
  ck_assert_str_eq(content(&b, "steps-to-target.tsv", &size),
                   "# all trials\nx\ty\treach\tgoal\ty_lo\ty_hi\ty_bad\tn\n8\t120\t120\tinf\t120\t120\t0\t2\n"
                   "16\t60\t60\tinf\t60\t60\t0\t3\n32\t30\t30\tinf\t30\t30\t0\t1\n");
  bench_close(&b);
}
END_TEST

START_TEST(a_failure_of_gnuplot_leaves_the_old_picture) {
  bench b;
  bench_open(&b);
  const char *bodies[] = {"eval terminal(200, 200)\nplot data using 'y'\n", "eval terminal(200, 200)\nplot nonsense\n",
                          "x = 1\n", "pause 30\n"};
  const char *messages[] = {NULL, "undefined variable: nonsense", "gnuplot drew nothing",
                            "gnuplot took longer than 0.3"};
  size_t size, old = 0;
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
    bsn_error error = {0};
    bsn_chart c;
    bsn_chart_job job = job_of(&b);
    job.timeout = i == 3 ? 0.3 : 0;
    char *text = bsn_text_in(&b.arena, "#: doc x\n#: select SELECT 'a', 1 AS y UNION SELECT 'a', 2\n%s", bodies[i]);
    ck_assert(bsn_chart_parse(&c, &b.arena, "p.gp", text, &error));
    bool drawn = bsn_chart_draw(&c, &job, &b.arena, NULL, &error);
    ck_assert_msg(drawn == !messages[i], "%s", error.text);
    if (messages[i]) ck_assert_ptr_nonnull(strstr(error.text, messages[i]));
    ck_assert_ptr_nonnull(content(&b, "p.png", &size));
    if (i) ck_assert_uint_eq(size, old);
    old = size;
    ck_assert_uint_eq(files_in(b.folder), 3);
  }
  bench_close(&b);
}
END_TEST

START_TEST(a_missing_gnuplot_is_named) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_gnuplot run = {"no-such-gnuplot", "/tmp", "x.gp", "x.png", "png", 0};
  ck_assert(!bsn_gnuplot_run(&run, &arena, &error));
  ck_assert_int_eq(error.code, BSN_MISSING);
  ck_assert_ptr_nonnull(strstr(error.text, "gnuplot-nox"));
  error = (bsn_error){0};
  run.folder = "/tmp/no/such/folder";
  ck_assert(!bsn_gnuplot_run(&run, &arena, &error));
  ck_assert_int_eq(error.code, BSN_IO);
  bsn_arena_free(&arena);
}
END_TEST

BASIN_TESTS("chart", a_head_is_read, a_bad_head_is_told_with_its_line, what_cannot_be_drawn_is_told,
            every_chart_draws_the_same_bytes_twice, every_phrase_is_used, what_nobody_recorded_is_not_drawn,
            a_chart_leaves_its_table_and_a_script_that_runs, studies_and_files_share_a_picture,
            steps_to_a_target_know_who_never_came, a_failure_of_gnuplot_leaves_the_old_picture,
            a_missing_gnuplot_is_named)
