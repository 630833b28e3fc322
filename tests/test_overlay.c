/* Curves from csv files: what is read, and what is said of files that are wrong. */
#include "basin_check.h"
#include "report/overlay.h"
#include "study_folder.h"

typedef struct bench {
  bsn_arena arena;
  bsn_error error;
  char *folder;
  bsn_table_result table;
} bench;

/* Read a file of this text as an overlay of test_accuracy or test_loss by the learning rate; b is zeroed, or of the last reading. */
static bool read_text(bench *b, const char *text, const char *roles, const char *y) {
  bsn_arena_free(&b->arena);
  *b = (bench){.folder = NULL};
  b->folder = new_folder(&b->arena);
  const char *path = bsn_text_in(&b->arena, "%s/runs.csv", b->folder);
  write_file(path, text);
  bool ok =
      bsn_overlay_read(&b->table, &b->arena, bsn_text_in(&b->arena, "%s%s", path, roles), "optimizer.lr", y, &b->error);
  remove_folder(b->folder);
  return ok;
}

static double at(const bench *b, size_t row, const char *name) {
  return bsn_result_number(&b->table, row, bsn_result_column(&b->table, name));
}

static const char *series(const bench *b, size_t row) { return bsn_result_at(&b->table, row, 0)->text; }

START_TEST(bands_are_columns_or_spread) {
  bench b = {.folder = NULL};
  ck_assert_msg(read_text(&b, "lr,mean,sd\n0.1,2,0.5\n1,nan,\n", "", "test_loss"), "%s", b.error.text);
  ck_assert_uint_eq(b.table.rows, 2);
  ck_assert_str_eq(series(&b, 0), "runs");
  ck_assert(at(&b, 0, "x") == 0.1 && at(&b, 0, "y") == 2 && at(&b, 0, "y_lo") == 1.5 && at(&b, 0, "y_hi") == 2.5);
  ck_assert(at(&b, 0, "y_bad") == 0 && at(&b, 1, "y_bad") == 1 && isnan(at(&b, 1, "y")));

  ck_assert(read_text(&b, "optimizer.lr,test_loss,test_loss_lo,test_loss_hi\r\n1,3,2,5\r\n", "", "test_loss"));
  ck_assert(at(&b, 0, "y_lo") == 2 && at(&b, 0, "y_hi") == 5);

  ck_assert(read_text(
      &b,
      "# of the paper\nseed,optimizer,lr,test_acc\n1,adam,2,0.5\n2,adam,2,0.7\n\n3,adam,2,0.9\n1,adam,1,0.1\n1,"
      "\"sgd, \"\"plain\"\"\",1,inf\n2,\"sgd, \"\"plain\"\"\",1,\n",
      "", "test_accuracy"));
  ck_assert_uint_eq(b.table.rows, 3);
  ck_assert_str_eq(series(&b, 0), "adam");
  ck_assert_str_eq(series(&b, 2), "sgd, \"plain\"");
  ck_assert(at(&b, 0, "x") == 1 && at(&b, 0, "y") == 0.1); /* in order of x */
  ck_assert(at(&b, 1, "x") == 2 && at(&b, 1, "y") == 0.7);
  ck_assert(fabs(at(&b, 1, "y_lo") - 0.54) < 1e-12 && fabs(at(&b, 1, "y_hi") - 0.86) < 1e-12);
  ck_assert(at(&b, 2, "y_bad") == 1);

  ck_assert(read_text(&b, "rate,b,what\n1,5,one\n", ":x=rate,y=b,series=what", "test_loss"));
  ck_assert(at(&b, 0, "y") == 5 && !strcmp(series(&b, 0), "one"));
  bsn_arena_free(&b.arena);
}
END_TEST

static const struct wrong {
  const char *text, *roles, *says;
} wrong[] = {
    {"", "", ": there are no rows below a line with names of columns"},
    {"lr,y\n", "", ": there are no rows below a line with names of columns"},
    {"lr,y,lr\n1,2,3\n", "", ":1: a second column 'lr'"},
    {"lr,y\n1,2\n\n# a remark\n3\n", "", ":5: 1 field, but the first line names 2 columns"},
    {"lr,y\n1,2,3\n", "", ":2: 3 fields, but the first line names 2 columns"},
    {"lr,y\n\"a\nb\",1\n\"1,2\n", "", ":4: a quote is not closed"},
    {"lr,y\n\"1\"2,2\n", "", ":2: text behind a closing quote"},
    {"lr,z\n1,2\n", "", ":1: no column is the y of this chart: one named test_loss, or y=COLUMN"},
    {"rate,y\n1,2\n", "", ":1: no column is the x of this chart: one named optimizer.lr, or x=COLUMN"},
    {"lr,y,lo\n1,2,3\n", "", ":1: a band wants both lo and hi"},
    {"lr,y\n1,2\n1,two\n", "", ":3: y 'two' is no number"},
    {"lr,y\n1,2\n,3\n", "", ":3: lr is no finite number"},
    {"lr,y\ninf,2\n", "", ":2: lr is no finite number"},
    {"lr,y\n1,\n", "", ": no row has a y"},
    {"lr,y\n1,2\n", ":y=loss", ":1: there is no column 'loss'"},
    {"lr,y\n1,2\n", ":z=y", "overlay: 'z' is none of x, y, lo, hi, sd, seed, series with =COLUMN"},
};

START_TEST(faults_are_told_with_their_line) {
  bench b = {.folder = NULL};
  const struct wrong *w = &wrong[_i];
  ck_assert(!read_text(&b, w->text, w->roles, "test_loss"));
  size_t n = strlen(b.error.text), m = strlen(w->says);
  ck_assert_msg(n >= m && !strcmp(b.error.text + n - m, w->says), "%s", b.error.text);
  ck_assert(b.error.code == (*w->says == 'o' ? BSN_USAGE : BSN_BAD_INPUT));
  bsn_arena_free(&b.arena);
}
END_TEST

START_TEST(a_zero_byte_is_no_end) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_table_result table;
  char *folder = new_folder(&arena), *path = bsn_text_in(&arena, "%s/runs.csv", folder);
  write_bytes(path, "lr,y\n1,2\n2,\0003\n3,4\n", 18);
  ck_assert(!bsn_overlay_read(&table, &arena, path, "optimizer.lr", "test_loss", &error));
  ck_assert_str_eq(error.text, bsn_text_in(&arena, "%s:3: a zero byte: this is no text", path));
  ck_assert_int_eq(error.code, BSN_BAD_INPUT);
  remove_folder(folder);
  bsn_arena_free(&arena);
}
END_TEST

/* What is kept of a long file is a few times its length. */
START_TEST(a_long_file_takes_its_room_once) {
  enum { ROWS = 100000 };
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_csv csv;
  char *folder = new_folder(&arena), *path = bsn_text_in(&arena, "%s/runs.csv", folder);
  FILE *f = fopen(path, "w");
  ck_assert(f && fputs("lr,y\n", f) >= 0);
  for (int i = 0; i < ROWS; i++) fprintf(f, "%d,%d\n", i, i % 7);
  ck_assert_int_eq(fclose(f), 0);
  ck_assert_msg(bsn_csv_read(&csv, &arena, path, &error), "%s", error.text);
  ck_assert_uint_eq(csv.table.rows, ROWS);
  ck_assert_uint_eq(csv.line[ROWS - 1], ROWS + 1);
  ck_assert_str_eq(bsn_result_at(&csv.table, ROWS - 1, 0)->text, "99999");
  ck_assert_uint_lt(arena.bytes, 64 << 20);
  remove_folder(folder);
  bsn_arena_free(&arena);
}
END_TEST

START_TEST(a_file_that_is_not_there) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_table_result table;
  ck_assert(!bsn_overlay_read(&table, &arena, "/nowhere/a.csv", "epoch", "test_loss", &error));
  ck_assert_str_eq(error.text, "/nowhere/a.csv: No such file or directory");
  bsn_arena_free(&arena);
}
END_TEST

BASIN_CASES("overlay", {bands_are_columns_or_spread, 1},
            {faults_are_told_with_their_line, sizeof wrong / sizeof *wrong}, {a_zero_byte_is_no_end, 1},
            {a_long_file_takes_its_room_once, 1}, {a_file_that_is_not_there, 1})
