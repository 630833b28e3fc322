/* Records and files come back as they were put, and survive whatever happens to the process and the disk. */
#include "basin_check.h"
#include "study_folder.h"
#include "store/query.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(records_come_back) {
  START_STUDY
  bsn_record r = trial_record(&arena, 1), back;
  float pixels[6] = {1, 2, 3, 4, 5, 6};
  ck_assert(bsn_record_array(&r, (bsn_array){10, "predictions", 'f', 2, {2, 3}, pixels}));
  ck_assert(bsn_record_array(&r, (bsn_array){0, "nothing", 'd', 1, {0}, NULL}));
  ck_assert(bsn_record_clock(&r, 10, 0.25));
  ck_assert(!sink->has(sink, r.key));
  OK(sink->put(sink, &r, &error));
  ck_assert(sink->has(sink, r.key));
  OK(sink->get(sink, r.key, &arena, &back, &error));
  ck_assert_str_eq(back.key, r.key);
  ck_assert_str_eq(back.trial, r.trial);
  ck_assert_str_eq(back.kind, "trial");
  ck_assert_str_eq(back.cell, r.cell);
  ck_assert_str_eq(back.host, "here");
  ck_assert_int_eq(back.outcome, BSN_BUDGET);
  ck_assert_int_eq(back.outcome_step, 10);
  ck_assert_int_eq(back.replicate, r.replicate);
  ck_assert_int_eq(back.place, r.place);
  ck_assert(back.tainted && !back.message);
  ck_assert(back.grads == 1.5 && back.products == 2.5 && back.seconds == 0.125 && back.started == 10 &&
            back.ended == 20);
  ck_assert_uint_eq(back.settings.n, r.settings.n);
  ck_assert_str_eq(back.settings.item[0].path, "optimizer.lr");
  ck_assert_str_eq(back.settings.item[0].value, "0.1");
  ck_assert_str_eq(back.settings.item[0].identity, "0.1");
  ck_assert_ptr_null(back.settings.item[1].identity);
  ck_assert_uint_eq(back.nmetrics, r.nmetrics);
  ck_assert(bsn_record_last(&back, "test_loss") == bsn_record_last(&r, "test_loss"));
  ck_assert(isnan(bsn_record_last(&back, "undefined")));
  ck_assert(bsn_record_last(&back, "huge") == INFINITY);
  ck_assert_uint_eq(back.narrays, 2);
  ck_assert_str_eq(back.array[1].name, "predictions");
  ck_assert(back.array[1].axes == 2 && back.array[1].shape[0] == 2 && back.array[1].shape[1] == 3);
  ck_assert(back.array[1].dtype == 'f' && memcmp(back.array[1].data, pixels, sizeof pixels) == 0);
  ck_assert(back.array[0].shape[0] == 0 && back.array[0].axes == 1);
  ck_assert(back.nclocks == 1 && back.clock[0].step == 10 && back.clock[0].seconds == 0.25);
  END_STUDY
}
END_TEST

START_TEST(units_and_missing_keys) {
  START_STUDY
  bsn_record r, back;
  bsn_record_init(&r, &arena, key_of(7), key_of(1), "fold", 3);
  r.outcome = BSN_DIVERGED;
  OK(sink->put(sink, &r, &error));
  OK(sink->get(sink, r.key, &arena, &back, &error));
  ck_assert_str_eq(back.trial, key_of(1));
  ck_assert_str_eq(back.kind, "fold");
  ck_assert(back.index == 3 && back.outcome == BSN_DIVERGED && back.nmetrics == 0);
  ck_assert(!sink->get(sink, key_of(9), &arena, &back, &error));
  ck_assert_int_eq(error.code, BSN_OK);
  ck_assert(!sink->has(sink, key_of(9)));
  bsn_record_init(&r, &arena, key_of(8), key_of(1), "fold", 4);
  ck_assert(!sink->put(sink, &r, &error));
  ck_assert_int_eq(error.code, BSN_BAD_INPUT);
  END_STUDY
}
END_TEST

START_TEST(failed_is_replaced_finished_is_not) {
  START_STUDY
  bsn_record failed = trial_record(&arena, 1), good = trial_record(&arena, 1), back;
  failed.outcome = BSN_TRIAL_FAILED;
  failed.message = "no such file";
  ck_assert(bsn_record_metric(&failed, 99, "only_in_failed", 1));
  OK(sink->put(sink, &failed, &error));
  ck_assert(!sink->has(sink, failed.key));
  OK(sink->get(sink, failed.key, &arena, &back, &error));
  ck_assert_str_eq(back.message, "no such file");
  OK(sink->put(sink, &good, &error));
  OK(sink->put(sink, &failed, &error));
  OK(sink->get(sink, good.key, &arena, &back, &error));
  ck_assert(back.outcome == BSN_BUDGET && isnan(bsn_record_last(&back, "only_in_failed")));
  ck_assert_uint_eq(number_of(store, "SELECT count(*) FROM trial"), 1);
  ck_assert_uint_eq(number_of(store, "SELECT count(*) FROM unit"), 1);
  ck_assert_uint_eq(number_of(store, "SELECT count(*) FROM setting"), good.settings.n);
  ck_assert_uint_eq(number_of(store, "SELECT count(*) FROM metric"), good.nmetrics);
  END_STUDY
}
END_TEST

START_TEST(views_count_epochs) {
  START_STUDY
  bsn_record r = trial_record(&arena, 1);
  ck_assert(bsn_record_metric(&r, 0, "steps_per_epoch", 5));
  ck_assert(bsn_record_metric(&r, 0, "examples_per_epoch", 480));
  OK(sink->put(sink, &r, &error));
  ck_assert(number_of(store, "SELECT value FROM final WHERE name = 'test_loss'") == bsn_record_last(&r, "test_loss"));
  ck_assert_uint_eq(number_of(store, "SELECT step FROM final WHERE name = 'test_loss'"), 10);
  ck_assert_uint_eq(number_of(store, "SELECT count(*) FROM final WHERE name LIKE '%per_epoch'"), 0);
  ck_assert_uint_eq(number_of(store, "SELECT epoch FROM curve WHERE name = 'test_loss' AND step = 10"), 2);
  ck_assert_uint_eq(number_of(store, "SELECT examples FROM curve WHERE name = 'test_loss' AND step = 10"), 960);
  bsn_record plain = trial_record(&arena, 2);
  OK(sink->put(sink, &plain, &error));
  ck_assert(isnan(number_of(store, "SELECT epoch FROM curve WHERE replicate = 2 AND name = 'test_loss'")));
  END_STUDY
}
END_TEST

static bsn_record probe_record(bsn_arena *arena, int i, const char *key, double value) {
  bsn_record r;
  bsn_record_init(&r, arena, key, key_of(1), "probe", i);
  r.outcome = BSN_BUDGET;
  ck_assert(bsn_record_metric(&r, 0, "steps_per_epoch", 5));
  ck_assert(bsn_record_metric(&r, 5, "sharpness", value) && bsn_record_metric(&r, 10, "sharpness", value + 1));
  return r;
}

/* Probes of a trial are units of their own, but both views show their metrics as the trial's; the newer of two counts. */
START_TEST(probes_are_shown_with_their_trial) {
  START_STUDY
  bsn_record trial = trial_record(&arena, 1), old = probe_record(&arena, 0, key_of(50), 3);
  bsn_record new = probe_record(&arena, 0, key_of(51), 7);
  ck_assert(bsn_record_metric(&new, 10, "flatness", 2));
  OK(sink->put(sink, &old, &error));
  OK(sink->put(sink, &trial, &error));
  ck_assert(number_of(store, "SELECT value FROM final WHERE name = 'sharpness'") == 4);
  OK(sink->put(sink, &new, &error));
  ck_assert_uint_eq(number_of(store, "SELECT count(*) FROM final WHERE name = 'sharpness'"), 1);
  ck_assert(number_of(store, "SELECT value FROM final WHERE name = 'sharpness'") == 8);
  ck_assert(number_of(store, "SELECT value FROM final WHERE name = 'flatness'") == 2);
  ck_assert_uint_eq(
      number_of(store, "SELECT count(*) FROM curve WHERE name = 'sharpness' AND kind = 'trial' AND idx = 0"), 2);
  ck_assert(number_of(store, "SELECT value FROM curve WHERE name = 'sharpness' AND epoch = 1") == 7);
  ck_assert_uint_eq(number_of(store, "SELECT count(*) FROM curve WHERE kind = 'probe' OR name = 'steps_per_epoch'"), 0);
  END_STUDY
}
END_TEST

START_TEST(facts_and_reading_beside_a_writer) {
  START_STUDY
  const char *about;
  OK(bsn_store_note(store, "about", "why?", &error));
  bsn_store *reader = bsn_store_open(folder, BSN_STORE_READ, &error);
  ck_assert_ptr_nonnull(reader);
  OK(bsn_store_fact(reader, "about", &arena, &about, &error));
  ck_assert_str_eq(about, "why?");
  OK(bsn_store_fact(reader, "source", &arena, &about, &error));
  ck_assert_ptr_null(about);
  bsn_record r = trial_record(&arena, 1);
  OK(sink->put(sink, &r, &error));
  ck_assert(bsn_store_sink(reader)->has(bsn_store_sink(reader), r.key));
  OK(bsn_store_note(store, "about", NULL, &error));
  OK(bsn_store_fact(reader, "about", &arena, &about, &error));
  ck_assert_ptr_null(about);
  ck_assert(!bsn_store_note(reader, "about", "x", &error));
  ck_assert_int_eq(error.code, BSN_IO);
  ck_assert_ptr_nonnull(strstr(error.text, "may not be written"));
  bsn_store_close(reader);
  END_STUDY
}
END_TEST

/* What is gathered is there for its own connection at once, for others when it is settled; a record that fails leaves the rest. */
START_TEST(gathered_records_are_settled_together) {
  START_STUDY
  bsn_record bad, r[] = {trial_record(&arena, 1), trial_record(&arena, 2)};
  bsn_record_init(&bad, &arena, key_of(3), key_of(9), "fold", 0);
  bsn_store *reader = bsn_store_open(folder, BSN_STORE_READ, &error);
  ck_assert(reader && sink->settle(sink, &error));
  sink->gather = true;
  OK(sink->put(sink, &r[0], &error));
  ck_assert(!sink->put(sink, &bad, &error) && error.code);
  error = (bsn_error){0};
  OK(sink->put(sink, &r[1], &error));
  for (int i = 0; i < 2; i++) {
    ck_assert(sink->has(sink, r[i].key));
    ck_assert(!bsn_store_sink(reader)->has(bsn_store_sink(reader), r[i].key));
  }
  OK(sink->settle(sink, &error));
  for (int i = 0; i < 2; i++) ck_assert(bsn_store_sink(reader)->has(bsn_store_sink(reader), r[i].key));
  ck_assert(number_of(store, "SELECT count(*) FROM unit") == 2);
  bsn_store_close(reader);
  END_STUDY
}
END_TEST

START_TEST(trials_are_arranged_anew) {
  START_STUDY
  bsn_record a = trial_record(&arena, 1), b = trial_record(&arena, 2);
  OK(sink->put(sink, &a, &error));
  OK(sink->put(sink, &b, &error));
  bsn_place places[] = {{key_of(1), "{\"x\": 1}", 7, 50}, {key_of(3), "{}", 0, 51}};
  OK(bsn_store_arrange(store, places, 2, &error));
  ck_assert(number_of(store, "SELECT replicate FROM trial WHERE place = 50 AND cell = '{\"x\": 1}'") == 7);
  ck_assert(number_of(store, "SELECT replicate FROM trial WHERE place = 2") == 2);
  ck_assert(number_of(store, "SELECT count(*) FROM trial") == 2);
  END_STUDY
}
END_TEST

START_TEST(files_are_saved_replaced_and_dropped) {
  START_STUDY
  void *bytes;
  size_t n;
  static const char *const names[] = {"checkpoints/k", "weights/k/60.safetensors", "a"};
  for (size_t i = 0; i < 3; i++) {
    ck_assert(!sink->load(sink, names[i], &arena, &bytes, &n, &error));
    ck_assert_int_eq(error.code, BSN_OK);
    OK(sink->save(sink, names[i], "first", 5, &error));
    char *part = bsn_text_in(&arena, "%s/%s.part-1", folder, names[i]);
    write_file(part, "left over");
    OK(sink->save(sink, names[i], "2nd", 3, &error));
    ck_assert(access(part, F_OK) != 0);
    OK(sink->load(sink, names[i], &arena, &bytes, &n, &error));
    ck_assert(n == 3 && memcmp(bytes, "2nd", 3) == 0);
    write_file(part, "left over");
    sink->drop(sink, names[i]);
    sink->drop(sink, names[i]);
    ck_assert(access(part, F_OK) != 0);
    ck_assert(!sink->load(sink, names[i], &arena, &bytes, &n, &error));
    ck_assert_int_eq(error.code, BSN_OK);
  }
  static const char *const bad[] = {"../x", "/etc/x", "", "a/"};
  for (size_t i = 0; i < 4; i++) {
    error = (bsn_error){0};
    ck_assert(!sink->save(sink, bad[i], "x", 1, &error));
    ck_assert_int_eq(error.code, BSN_BAD_INPUT);
  }
  error = (bsn_error){0};
  OK(sink->save(sink, "a", "", 0, &error));
  ck_assert(!sink->save(sink, "a/b", "x", 1, &error));
  ck_assert_int_eq(error.code, BSN_IO);
  ck_assert_ptr_nonnull(strstr(error.text, "/a: Not a directory"));
  END_STUDY
}
END_TEST

/* Checkpoints whose record is there are of no use; those of failed and unknown ones are, and so is what has another name. */
START_TEST(useless_checkpoints_are_swept) {
  START_STUDY
  bsn_record r = trial_record(&arena, 1), failed = trial_record(&arena, 2);
  failed.outcome = BSN_TRIAL_FAILED;
  OK(sink->put(sink, &r, &error) && sink->put(sink, &failed, &error));
  static const struct {
    int key;
    const char *tail;
    bool stays;
  } files[] = {{1, "", false}, {1, ".part-9", false}, {1, ".3", false},     {1, "x", true},
               {2, "", true},  {3, "", true},         {3, ".part-9", true}, {3, ".end", true}};
  enum { FILES = sizeof files / sizeof *files };
  bsn_store_sweep(store, "checkpoints"); /* there is no such folder yet */
  OK(sink->save(sink, bsn_text_in(&arena, "weights/%s", key_of(1)), "kept", 4, &error));
  OK(sink->save(sink, "checkpoints/x", "kept", 4, &error));
  const char *path[FILES];
  for (size_t i = 0; i < FILES; i++) {
    path[i] = bsn_text_in(&arena, "%s/checkpoints/%s%s", folder, key_of(files[i].key), files[i].tail);
    write_file(path[i], "state");
  }
  bsn_store_sweep(store, "checkpoints");
  for (size_t i = 0; i < FILES; i++) ck_assert_msg((access(path[i], F_OK) == 0) == files[i].stays, "%s", path[i]);
  ck_assert(access(bsn_text_in(&arena, "%s/checkpoints/x", folder), F_OK) == 0);
  ck_assert(access(bsn_text_in(&arena, "%s/weights/%s", folder, key_of(1)), F_OK) == 0);
  END_STUDY
}
END_TEST

/* What stands in study.db, and what opening it says. */
static const struct bad {
  const char *bytes, *sql;
  int mode, code;
  const char *says;
} bads[] = {
    {"this is a letter, and long enough to be mistaken for nothing else", NULL, BSN_STORE_WRITE, BSN_BAD_INPUT,
     "study.db: this is not a results database"},
    {NULL, "CREATE TABLE mine(x)", BSN_STORE_WRITE, BSN_BAD_INPUT, "study.db: this is not a results database"},
    {NULL, "CREATE TABLE mine(x)", BSN_STORE_READ, BSN_BAD_INPUT, "study.db: this is not a results database"},
    {NULL, "PRAGMA application_id = 0x6273696e; PRAGMA user_version = 99", BSN_STORE_READ, BSN_BAD_INPUT,
     "study.db: schema version 99, this program knows 1"},
    {"", NULL, BSN_STORE_READ, BSN_BAD_INPUT, "study.db: there are no results yet"},
    {NULL, NULL, BSN_STORE_READ, BSN_BAD_INPUT, "study.db: No such file or directory"},
};

static void check_bad_file(const struct bad *b) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  char *folder = new_folder(&arena), *file = bsn_text_in(&arena, "%s/study.db", folder);
  if (b->bytes) write_file(file, b->bytes);
  sqlite3 *db;
  if (b->sql)
    ck_assert(sqlite3_open(file, &db) == 0 && sqlite3_exec(db, b->sql, 0, 0, 0) == 0 && sqlite3_close(db) == 0);
  ck_assert_ptr_null(bsn_store_open(folder, b->mode, &error));
  ck_assert_int_eq(error.code, b->code);
  ck_assert_str_eq(error.text, bsn_text_in(&arena, "%s/%s", folder, b->says));
  remove_folder(folder);
  bsn_arena_free(&arena);
}

START_TEST(bad_files_are_named) {
  for (size_t i = 0; i < sizeof bads / sizeof *bads; i++) check_bad_file(&bads[i]);
}
END_TEST

START_TEST(damage_is_a_message) {
  START_STUDY
  for (int i = 0; i < 200; i++) {
    bsn_record r = trial_record(&arena, i);
    OK(sink->put(sink, &r, &error));
  }
  bsn_store_close(store);
  char *file = bsn_text_in(&arena, "%s/study.db", folder);
  int fd = open(file, O_WRONLY);
  char noise[4096];
  memset(noise, 0x5a, sizeof noise);
  struct stat it;
  ck_assert(fstat(fd, &it) == 0);
  for (off_t at = 4096; at < it.st_size; at += 4096)
    ck_assert_int_eq(pwrite(fd, noise, sizeof noise, at), sizeof noise);
  close(fd);
  store = bsn_store_open(folder, BSN_STORE_WRITE, &error);
  bsn_record r = trial_record(&arena, 1000);
  if (store) ck_assert(!bsn_store_sink(store)->put(bsn_store_sink(store), &r, &error));
  ck_assert_int_eq(error.code, BSN_BAD_INPUT);
  ck_assert_ptr_nonnull(strstr(error.text, "study.db: the results database is damaged"));
  END_STUDY
}
END_TEST

START_TEST(one_run_at_a_time) {
  START_STUDY
  int ready[2], go[2];
  ck_assert(pipe(ready) == 0 && pipe(go) == 0);
  pid_t child = fork();
  if (child == 0) {
    bsn_error mine = {0};
    bsn_store *other = bsn_store_open(folder, BSN_STORE_WRITE, &mine);
    char c = bsn_store_lock(other, &mine) ? 'y' : 'n';
    if (write(ready[1], &c, 1) != 1 || read(go[0], &c, 1) != 1) _exit(1);
    _exit(0);
  }
  char c = 0;
  ck_assert(read(ready[0], &c, 1) == 1 && c == 'y');
  ck_assert(!bsn_store_lock(store, &error));
  ck_assert_int_eq(error.code, BSN_HELD);
  ck_assert_str_eq(error.text, bsn_text_in(&arena, "another run holds %s (pid %d)", folder, (int)child));
  ck_assert_int_eq(write(go[1], "g", 1), 1);
  ck_assert_int_eq(waitpid(child, NULL, 0), child);
  error = (bsn_error){0};
  OK(bsn_store_lock(store, &error));
  OK(bsn_store_lock(store, &error));
  END_STUDY
}
END_TEST

static double middle(double *x, size_t n, double argument) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += x[i];
  return argument < 0 ? NAN : sum / (double)n + argument;
}

#define TO_1000(argument, where)                                                                            \
  "WITH RECURSIVE t(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM t WHERE x < 1000) SELECT middle(x" argument \
  ") FROM t" where

START_TEST(aggregates_are_called) {
  START_STUDY
  OK(bsn_store_aggregate(store, "middle", 1, middle, &error));
  OK(bsn_store_aggregate(store, "middle", 2, middle, &error));
  ck_assert(number_of(store, TO_1000("", "")) == 500.5);
  ck_assert(number_of(store, TO_1000(", 0.25", "")) == 500.75);
  ck_assert(isnan(number_of(store, TO_1000(", -1", ""))));
  ck_assert(isnan(number_of(store, TO_1000("", " WHERE x < 0"))));
  ck_assert(number_of(store, TO_1000("", " WHERE x < 0 UNION ALL SELECT 3 LIMIT 1 OFFSET 1")) == 3);
  ck_assert(number_of(store, "SELECT middle(x) FROM (SELECT NULL AS x UNION SELECT 4)") == 4);
  END_STUDY
}
END_TEST

static const struct wrong {
  const char *sql, *says;
} wrongs[] = {{"SELECT nobody FROM trial", "SQL: no such column: nobody"},
              {"", "SQL: there is no statement"},
              {"SELECT 1; SELECT 2", "SQL: more than one statement"},
              {"DELETE FROM trial", "SQL: only statements that change nothing can be run"},
              {"SELEC 1", "SQL: near \"SELEC\": syntax error"}};

START_TEST(queries_of_users) {
  START_STUDY
  bsn_query q;
  OK(bsn_query_open(&q, store, "SELECT 1 AS a, 2.5 AS b, 'c', NULL, x'0102', ?1; ", &error));
  OK(bsn_query_bind(&q, 1, "bound", &error));
  for (int again = 0; again < 2; again++) {
    size_t n;
    ck_assert(bsn_query_next(&q, &error));
    ck_assert_int_eq(q.columns, 6);
    ck_assert_str_eq(bsn_query_name(&q, 1), "b");
    static const bsn_query_kind cells[] = {BSN_QUERY_WHOLE, BSN_QUERY_NUMBER, BSN_QUERY_TEXT,
                                           BSN_QUERY_NULL,  BSN_QUERY_BYTES,  BSN_QUERY_TEXT};
    for (int i = 0; i < 6; i++) ck_assert_int_eq(bsn_query_cell(&q, i), cells[i]);
    ck_assert(bsn_query_whole(&q, 0) == 1 && bsn_query_number(&q, 1) == 2.5 && isnan(bsn_query_number(&q, 3)));
    ck_assert_str_eq(bsn_query_text(&q, 5), "bound");
    ck_assert(memcmp(bsn_query_bytes(&q, 4, &n), "\1\2", 2) == 0 && n == 2);
    ck_assert(!bsn_query_next(&q, &error) && !error.code);
    bsn_query_again(&q);
  }
  bsn_query_close(&q);
  for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
    error = (bsn_error){0};
    ck_assert(!bsn_query_open(&q, store, wrongs[i].sql, &error));
    ck_assert_int_eq(error.code, BSN_USAGE);
    ck_assert_str_eq(error.text, wrongs[i].says);
  }
  END_STUDY
}
END_TEST

BASIN_TESTS("store", records_come_back, units_and_missing_keys, failed_is_replaced_finished_is_not, views_count_epochs,
            probes_are_shown_with_their_trial, facts_and_reading_beside_a_writer, gathered_records_are_settled_together,
            trials_are_arranged_anew, files_are_saved_replaced_and_dropped, useless_checkpoints_are_swept,
            bad_files_are_named, damage_is_a_message, one_run_at_a_time, aggregates_are_called, queries_of_users)
