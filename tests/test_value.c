/* Experiment files as trees: reading, messages, editing, numbers, nearest words. */
#include "basin_check.h"
#include "base/value.h"
#include <float.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bsn_arena arena;
static bsn_faults faults;

static void start(void) {
  arena = (bsn_arena){0};
  faults = (bsn_faults){.arena = &arena};
}

static void finish(void) { bsn_arena_free(&arena); }

static bsn_value *read_text(const char *text) { return bsn_value_read(&arena, "a.yaml", text, strlen(text), &faults); }

static const char *text_of(const bsn_value *value) { return value ? bsn_value_text(&arena, value) : "(none)"; }

static const char *message(void) { return bsn_faults_text(&arena, &faults); }

START_TEST(trees_are_as_written) {
  static const struct {
    const char *yaml, *flow;
  } table[] = {
      {"a: 1", "{a: 1}"},
      {"a: 1\r\nb: 010\r\n", "{a: 1,b: 010}"},
      {"- x\n- [y, {z: 1e-3}]\n", "[x,[y,{z: 1e-3}]]"},
      {"[]", "[]"},
      {"a: {}\nb:\n", "{a: {},b: \"\"}"},
      {"a: 'it''s'", "{a: \"it's\"}"},
      {"a: \"x\\ty\\n\"", "{a: \"x\\x09y\\x0a\"}"},
      {"about: Do large batches end in sharp minima?\n", "{about: \"Do large batches end in sharp minima?\"}"},
      {"a: |\n  one\n  two\n", "{a: \"one\\x0atwo\\x0a\"}"},
      {"a: every 5 epochs # note\n", "{a: every 5 epochs}"},
      {"train.batch: [1, -2, +3, .5, 5.]", "{train.batch: [1,-2,+3,.5,5.]}"},
      {"? a\n: b\n", "{a: b}"},
      {"\xef\xbb\xbf"
       "a: \xc3\xa4\n",
       "{a: \"\xc3\xa4\"}"},
      {"word", "word"},
      {"{a: '-', b: '- x', c: '--'}", "{a: \"-\",b: \"- x\",c: \"--\"}"},
  };
  for (size_t i = 0; i < COUNT(table); i++) {
    start();
    bsn_value *value = read_text(table[i].yaml);
    ck_assert_msg(value, "%s: %s", table[i].yaml, message());
    const char *flow = text_of(value);
    ck_assert_str_eq(flow, table[i].flow);
    ck_assert_str_eq(text_of(read_text(flow)), flow);
    ck_assert_uint_eq(faults.n, 0);
    finish();
  }
}
END_TEST

START_TEST(bad_files_say_where_and_why) {
  static const struct {
    const char *yaml, *first;
  } table[] = {
      {"", "a.yaml:1:1: error: there is nothing in it"},
      {"# only a comment\n", "a.yaml:1:1: error: there is nothing in it"},
      {"a: [1, 2\nb: 3\n", "a.yaml:3:1: error: flow sequence without a closing bracket"},
      {"a: 1\nb: 2\na: 3\n", "a.yaml:3:1: error: key 'a' is there twice"},
      {"x: {b: 1, b: 2}\n", "a.yaml:1:11: error: key 'b' is there twice"},
      {"a: b: c\n", "a.yaml:1:5: error: invalid nested block mapping on the same line"},
      {"a: \"open\n", "a.yaml:1:5: error: double-quoted scalar without closing quote"},
      {"\xc3\xa4: [\xc3\xb6, }\n", "a.yaml:1:8: error: mismatched flow mapping end"},
      {"a: &x 1\nb: *x\n", "a.yaml:1:5: error: anchors and aliases (& and *) are not used here: write it out"},
      {"b: *x\n", "a.yaml:1:5: error: anchors and aliases (& and *) are not used here: write it out"},
      {"a: !!str 1\n", "a.yaml:1:4: error: tags (!) are not used here"},
      {"a: 1\n---\nb: 2\n", "a.yaml:2:1: error: a second document starts here; one is all that is read"},
      {"[1]: 2\n", "a.yaml:1:1: error: a key must be a word"},
      {"{[1]: 2}\n", "a.yaml:1:2: error: a key must be a word"},
      {"a: \"x\\0y\"\n", "a.yaml:1:5: error: a word cannot have a NUL byte in it"},
      {"a: 1\nb: x\xff\n", "a.yaml:2:5: error: byte 0xff here is no text"},
      {"a: \xc0\x80\n", "a.yaml:1:4: error: byte 0xc0 here is no text"},
      {"a: \xed\xa0\x80\n", "a.yaml:1:4: error: byte 0xed here is no text"},
      {"a: \xf4\x90\x80\x80\n", "a.yaml:1:4: error: byte 0xf4 here is no text"},
      {"a: \xe2\x82", "a.yaml:1:4: error: byte 0xe2 here is no text"},
      {"a: 1\x01\n", "a.yaml:1:5: error: byte 0x01 here is no text"},
      {"\xff\xfe"
       "a",
       "a.yaml:1:1: error: byte 0xff here is no text"},
  };
  for (size_t i = 0; i < COUNT(table); i++) {
    start();
    ck_assert_msg(!read_text(table[i].yaml), "%s was read", table[i].yaml);
    char *first = strdup(message());
    first[strcspn(first, "\n")] = 0;
    ck_assert_str_eq(first, table[i].first);
    free(first);
    finish();
  }
}
END_TEST

START_TEST(a_nul_byte_is_no_end) {
  start();
  ck_assert_ptr_null(bsn_value_read(&arena, "a.yaml", "a: 1\n\0b: 2\n", 11, &faults));
  ck_assert(strstr(message(), "a.yaml:2:1: error: byte 0x00 here is no text"));
  finish();
}
END_TEST

/* Files made to exhaust a reader: deep, self-multiplying, with very many keys. */
START_TEST(hostile_files_are_refused_quickly) {
  enum { LARGE = 1 << 20 };
  char *text = malloc(LARGE + 1);
  start();
  memset(text, '[', LARGE);
  ck_assert_ptr_null(bsn_value_read(&arena, "a", text, LARGE, &faults));
  ck_assert_ptr_nonnull(strstr(message(), "nesting deeper than 64"));
  finish();
  start();
  size_t n = 0;
  for (int i = 0; n < LARGE - 20; i++) n += (size_t)sprintf(text + n, "k%d: 1\n", i);
  ck_assert_ptr_nonnull(bsn_value_read(&arena, "a", text, n, &faults));
  finish();
  start();
  const char *laughs = "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n";
  ck_assert_ptr_null(bsn_value_read(&arena, "a", laughs, strlen(laughs), &faults));
  finish();
  free(text);
}
END_TEST

static void nested(char *text, int depth) {
  memset(text, '[', (size_t)depth);
  memset(text + depth, ']', (size_t)depth);
  text[2 * depth] = 0;
}

START_TEST(nesting_ends_at_64) {
  char text[200];
  start();
  nested(text, 63);
  ck_assert_ptr_nonnull(read_text(text));
  nested(text, 65);
  ck_assert_ptr_null(read_text(text));
  finish();
}
END_TEST

START_TEST(marks_show_the_word) {
  start();
  bsn_value *file = read_text("a: 1\noptimizer: {name: \xc3\xa4gd, lr: 'fast'}\n");
  bsn_fault(&faults, bsn_value_at(file, "optimizer.lr")->mark, "second");
  bsn_fault(&faults, bsn_value_at(file, "optimizer.name")->mark, "first %d", 1);
  bsn_fault(&faults, bsn_value_at(file, "optimizer.name")->mark, "first %d", 1);
  bsn_fault(&faults, bsn_value_get(file, "optimizer")->mark, "whole");
  bsn_fault(&faults, file->keymark[0], "key");
  ck_assert_str_eq(message(),
                   "a.yaml:1:1: error: key\na: 1\n^\n"
                   "a.yaml:2:12: error: whole\noptimizer: {name: \xc3\xa4gd, lr: 'fast'}\n           ^\n"
                   "a.yaml:2:19: error: first 1\noptimizer: {name: \xc3\xa4gd, lr: 'fast'}\n"
                   "                  ^~~\n"
                   "a.yaml:2:29: error: second\noptimizer: {name: \xc3\xa4gd, lr: 'fast'}\n"
                   "                            ^~~~");
  finish();
}
END_TEST

START_TEST(arguments_show_no_line) {
  start();
  bsn_value *value = bsn_value_read(&arena, "--set a=b", "b", 1, &faults);
  bsn_fault(&faults, value->mark, "not this");
  bsn_fault(&faults, (bsn_mark){0}, "nor this");
  ck_assert_str_eq(message(), "--set a=b: error: not this\nerror: nor this");
  bsn_value_read(&arena, "--set a=[", "[", 1, &faults);
  ck_assert_ptr_nonnull(strstr(message(), "--set a=[: error: "));
  finish();
}
END_TEST

START_TEST(long_lines_are_cut_around_the_word) {
  start();
  char text[1200];
  memset(text, 'x', sizeof text);
  memcpy(text, "a: [1, 2, ", 10);
  strcpy(text + 1000, ", bad, ");
  memset(text + 1007, 'y', 100);
  strcpy(text + 1107, "]\n");
  bsn_value *file = read_text(text);
  bsn_fault(&faults, file->item[0]->item[3]->mark, "this one");
  const char *line = strchr(message(), '\n') + 1;
  const char *caret = strchr(line, '\n') + 1;
  ck_assert_uint_le(strcspn(line, "\n"), 120);
  ck_assert(!strncmp(line + strcspn(caret, "^"), "bad", 3));
  ck_assert_str_eq(caret + strcspn(caret, "^"), "^~~");
  finish();
}
END_TEST

START_TEST(all_faults_become_one_error) {
  start();
  bsn_error error = {0};
  ck_assert(bsn_faults_none(&faults, &error));
  bsn_source source = {"b.yaml", NULL, 0};
  for (int i = 0; i < 600; i++) bsn_fault(&faults, (bsn_mark){&source, i, 1, 1}, "fault number %d", i);
  ck_assert(!bsn_faults_none(&faults, &error));
  ck_assert_int_eq(error.code, BSN_BAD_INPUT);
  ck_assert(!strncmp(error.text, "b.yaml: error: fault number 0\n", 30));
  ck_assert_ptr_nonnull(strstr(error.text, "\n(and 3"));
  ck_assert_str_eq(strrchr(error.text, ' '), " more)");
  bsn_error other = {0};
  faults.no_memory = true;
  ck_assert(!bsn_faults_none(&faults, &other));
  ck_assert_int_eq(other.code, BSN_NO_MEMORY);
  finish();
}
END_TEST

START_TEST(paths_find_values) {
  start();
  bsn_value *file = read_text("optimizer: {name: sgd}\nlist: [{a: 1}, 2]\n");
  ck_assert_str_eq(bsn_value_at(file, "optimizer.name")->text, "sgd");
  ck_assert_str_eq(bsn_value_at(file, "list.0.a")->text, "1");
  ck_assert_str_eq(bsn_value_at(file, "list.1")->text, "2");
  static const char *const nowhere[] = {"x",       "list.2", "list.01.x", "list.-1", "list.1.a", "optimizer.name.x",
                                        "list..a", "",       ".",         "list.a",  "optimize"};
  for (size_t i = 0; i < COUNT(nowhere); i++) ck_assert_ptr_null(bsn_value_at(file, nowhere[i]));
  ck_assert_ptr_null(bsn_value_get(NULL, "a"));
  ck_assert_ptr_null(bsn_value_get(bsn_value_get(file, "list"), "a"));
  finish();
}
END_TEST

START_TEST(edits_leave_the_old_tree) {
  static const struct {
    const char *root, *path, *value, *after;
  } table[] = {
      {"{a: 1}", "a", "2", "{a: 2}"},
      {"{a: 1}", "b", "[1]", "{a: 1,b: [1]}"},
      {"{a: {b: 1, c: 2}}", "a.b", "3", "{a: {b: 3,c: 2}}"},
      {"{a: 1}", "x.y.z", "3", "{a: 1,x: {y: {z: 3}}}"},
      {"{optimizer: sgd}", "optimizer.lr", "0.1", "{optimizer: {name: sgd,lr: 0.1}}"},
      {"{optimizer: sgd}", "optimizer.name", "adam", "{optimizer: {name: adam}}"},
      {"optimizer:", "optimizer.lr", "0.1", "{optimizer: {lr: 0.1}}"},
      {"{l: [{a: 1}, b]}", "l.0.a", "2", "{l: [{a: 2},b]}"},
      {"{l: [{a: 1}, b]}", "l.1.k", "2", "{l: [{a: 1},{name: b,k: 2}]}"},
      {"{l: [1, 2]}", "l.1", "{x: y}", "{l: [1,{x: y}]}"},
  };
  for (size_t i = 0; i < COUNT(table); i++) {
    start();
    bsn_value *root = read_text(table[i].root);
    const char *before = text_of(root);
    bsn_value *value = bsn_value_read(&arena, "--set", table[i].value, strlen(table[i].value), &faults);
    bsn_value *after = bsn_value_put(&arena, root, table[i].path, value, &faults);
    ck_assert_msg(after, "%s", message());
    ck_assert_str_eq(text_of(after), table[i].after);
    ck_assert_str_eq(text_of(root), before);
    ck_assert_ptr_eq(bsn_value_at(after, table[i].path), value);
    finish();
  }
}
END_TEST

START_TEST(edits_that_lead_nowhere_are_faults) {
  static const struct {
    const char *path, *first;
  } table[] = {
      {"l.2", "--set x: error: there is no item '2' in a list of 2"},
      {"l.a.b", "--set x: error: there is no item 'a' in a list of 2"},
      {"", "--set x: error: a path has an empty part"},
      {"a..b", "--set x: error: a path has an empty part"},
      {"a.", "--set x: error: a path has an empty part"},
  };
  for (size_t i = 0; i < COUNT(table); i++) {
    start();
    bsn_value *root = read_text("l: [1, 2]");
    bsn_value *value = bsn_value_read(&arena, "--set x", "1", 1, &faults);
    ck_assert_ptr_null(bsn_value_put(&arena, root, table[i].path, value, &faults));
    ck_assert_str_eq(message(), table[i].first);
    finish();
  }
}
END_TEST

START_TEST(a_path_of_very_many_parts_is_a_fault) {
  start();
  char *path = malloc(200001);
  for (size_t i = 0; i < 200000; i++) path[i] = i % 2 ? '.' : 'a';
  path[199999] = 0;
  ck_assert_ptr_null(bsn_value_put(&arena, NULL, path, bsn_value_scalar(&arena, "1"), &faults));
  ck_assert_uint_eq(faults.n, 1);
  free(path);
  finish();
}
END_TEST

START_TEST(values_can_be_left_out) {
  start();
  bsn_value *root = read_text("{a: {b: 1, c: 2}, l: [1, 2, 3]}");
  ck_assert_str_eq(text_of(bsn_value_without(&arena, root, "a.b")), "{a: {c: 2},l: [1,2,3]}");
  ck_assert_str_eq(text_of(bsn_value_without(&arena, root, "l.1")), "{a: {b: 1,c: 2},l: [1,3]}");
  ck_assert_str_eq(text_of(bsn_value_without(&arena, root, "l")), "{a: {b: 1,c: 2}}");
  ck_assert_ptr_eq(bsn_value_without(&arena, root, "a.x"), root);
  ck_assert_str_eq(text_of(root), "{a: {b: 1,c: 2},l: [1,2,3]}");
  finish();
}
END_TEST

START_TEST(numbers_have_one_text) {
  static const struct {
    double x;
    const char *text;
  } table[] = {
      {0, "0"},
      {-0.0, "0"},
      {1, "1"},
      {0.1, "0.1"},
      {1e-5, "1e-05"},
      {0.1 + 0.2, "0.30000000000000004"},
      {1.0 / 3, "0.3333333333333333"},
      {5e-324, "5e-324"},
      {1e22, "1e+22"},
      {123456789, "123456789"},
      {DBL_MAX, "1.7976931348623157e+308"},
      {INFINITY, "inf"},
      {-INFINITY, "-inf"},
      {-(double)NAN, "nan"},
      {-2.5e-310, "-2.5e-310"},
  };
  char buffer[32];
  for (size_t i = 0; i < COUNT(table); i++) ck_assert_str_eq(bsn_number_text(buffer, table[i].x), table[i].text);
}
END_TEST

/* No shorter text of any precision reads back. */
START_TEST(number_texts_read_back_and_are_shortest) {
  uint64_t bits = 1;
  for (int i = 0; i < 20000; i++) {
    bits = bits * 6364136223846793005u + 1442695040888963407u;
    uint64_t pattern = i % 4 ? bits : bits >> 12; /* every fourth is subnormal */
    double x, back;
    char text[32], other[32];
    memcpy(&x, &pattern, sizeof x);
    if (!isfinite(x)) continue;
    ck_assert(bsn_number_read(bsn_number_text(text, x), &back));
    ck_assert(back == x);
    for (int digits = 1; digits < 17; digits++) {
      snprintf(other, sizeof other, "%.*g", digits, x);
      if (strtod(other, NULL) == x) ck_assert_uint_ge(strlen(other), strlen(text));
    }
  }
}
END_TEST

START_TEST(numbers_are_read_strictly) {
  static const struct {
    const char *text;
    double x;
  } good[] = {{"1", 1},  {"-1", -1},   {"+3", 3},   {"1e-3", 1e-3}, {".5", 0.5},
              {"5.", 5}, {"1E4", 1e4}, {"010", 10}, {"1e+2", 100},  {"1e-400", 0}};
  static const char *const bad[] = {"",   "x",  "1x",  "1_000", "0x10", "inf", "nan",   "-inf", ".",     "-",
                                    "e5", "1e", "1e+", " 1",    "1 ",   "1,5", "1e999", "--1",  "1.2.3", "1\n"};
  double x = 0;
  for (size_t i = 0; i < COUNT(good); i++) {
    ck_assert_msg(bsn_number_read(good[i].text, &x), "%s", good[i].text);
    ck_assert(x == good[i].x);
  }
  for (size_t i = 0; i < COUNT(bad); i++) ck_assert_msg(!bsn_number_read(bad[i], &x), "%s", bad[i]);
}
END_TEST

START_TEST(nearest_words) {
  static const char *const words[] = {"lr", "momentum", "weight_decay", "nesterov", "batch", "adam", "adamw"};
  static const struct {
    const char *word, *near;
  } table[] = {
      {"adma", "adam"},
      {"momentm", "momentum"},
      {"learning_rate", "lr"},
      {"batch_size", "batch"},
      {"weight", "weight_decay"},
      {"wd", "weight_decay"},
      {"weihgt_deacy", "weight_decay"},
      {"lr", "lr"},
      {"l", "lr"},
      {"adamx", "adam"},
      {"zebra", NULL},
      {"", NULL},
      {"q", NULL},
      {"momentous_occasion_of_all", NULL},
  };
  for (size_t i = 0; i < COUNT(table); i++) {
    const char *near = bsn_nearest(table[i].word, COUNT(words), words);
    ck_assert_str_eq(near ? near : "-", table[i].near ? table[i].near : "-");
  }
  char huge[500];
  memset(huge, 'a', sizeof huge);
  huge[499] = 0;
  ck_assert_ptr_null(bsn_nearest(huge, COUNT(words), words));
}
END_TEST

START_TEST(files_are_read_whole) {
  start();
  bsn_error error = {0};
  char path[] = "/tmp/basin_value_XXXXXX", *text;
  int fd = mkstemp(path);
  ck_assert_int_ge(fd, 0);
  FILE *f = fdopen(fd, "wb");
  size_t length, written = 300000;
  for (size_t i = 0; i < written; i++) fputc((int)('a' + i % 26), f);
  fclose(f);
  ck_assert(bsn_file_read(&arena, path, &text, &length, &error));
  ck_assert_uint_eq(length, written);
  for (size_t i = 0; i < written; i++) ck_assert(text[i] == (char)('a' + i % 26));
  ck_assert_int_eq(text[length], 0);
  unlink(path);
  ck_assert(!bsn_file_read(&arena, path, &text, &length, &error));
  ck_assert_int_eq(error.code, BSN_BAD_INPUT);
  error = (bsn_error){0};
  ck_assert(!bsn_file_read(&arena, "/", &text, &length, &error));
  ck_assert_int_eq(error.code, BSN_IO);
  finish();
}
END_TEST

BASIN_TESTS("value", trees_are_as_written, bad_files_say_where_and_why, a_nul_byte_is_no_end,
            hostile_files_are_refused_quickly, nesting_ends_at_64, marks_show_the_word, arguments_show_no_line,
            long_lines_are_cut_around_the_word, all_faults_become_one_error, paths_find_values,
            edits_leave_the_old_tree, edits_that_lead_nowhere_are_faults, a_path_of_very_many_parts_is_a_fault,
            values_can_be_left_out, numbers_have_one_text, number_texts_read_back_and_are_shortest,
            numbers_are_read_strictly, nearest_words, files_are_read_whole)
