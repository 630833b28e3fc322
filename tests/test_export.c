/* The exact text of exports, for a small study made by hand. */
#include "basin_check.h"
#include "report/export.h"
#include "study_folder.h"
#include <errno.h>

static bool refuse(void *to, const char *bytes, size_t n) {
  (void)bytes;
  *(size_t *)to += n;
  errno = ENOSPC;
  return false;
}

/* Two cells, two replicates, put in the wrong order; the last one diverged. */
static void make_study(bsn_sink *sink, bsn_arena *arena) {
  static bsn_setting settings[] = {
      {"model.hidden", "[8, 8]", "[8, 8]"}, {"optimizer", "adam", "adam"}, {"peek", "false", NULL}};
  static const char *const cells[] = {"{\"optimizer.lr\": 0.1, \"optimizer\": \"adam\"}",
                                      "{\"optimizer.lr\": 1, \"optimizer\": \"sgd, \\\"plain\\\"\"}"};
  bsn_error error = {0};
  for (int i = 3; i >= 0; i--) {
    bsn_record r;
    bsn_record_init(&r, arena, key_of(i), key_of(i), "trial", 0);
    r.cell = cells[i / 2];
    r.replicate = i % 2;
    r.place = i;
    r.outcome = i == 3 ? BSN_DIVERGED : BSN_BUDGET;
    r.outcome_step = 10;
    r.grads = 2, r.seconds = 0.5, r.started = 1, r.ended = 2, r.host = "a\tb";
    r.settings = (bsn_settings){3, settings};
    ck_assert(bsn_record_metric(&r, 0, "test_loss", 2.5) &&
              bsn_record_metric(&r, 10, "test_loss", i == 3 ? NAN : 0.1 * (i + 1)));
    ck_assert(bsn_record_metric(&r, 10, "lr", i == 3 ? -INFINITY : 1e-5));
    ck_assert(bsn_record_metric(&r, 0, "steps_per_epoch", 5) && bsn_record_metric(&r, 0, "examples_per_epoch", 100));
    OK(sink->put(sink, &r, &error));
  }
  bsn_record fold;
  bsn_record_init(&fold, arena, key_of(9), key_of(0), "fold", 0);
  fold.outcome = BSN_BUDGET;
  ck_assert(bsn_record_metric(&fold, 0, "train_loss", 1));
  OK(sink->put(sink, &fold, &error));
}

// clang-format off
#define ZEROS "0000000000000000000000000000000"
#define JSON_SETTINGS ", \"settings\": {\"model.hidden\": [8, 8], \"optimizer\": \"adam\", \"peek\": false}"
#define JSON_END      ", \"grads\": 2, \"products\": 0, \"seconds\": 0.5, \"started\": 1, \"ended\": 2, \"host\": \"a\\tb\"}"
#define JSON_TRIAL(i, cell, replicate, outcome, lr, loss, curves)                                                      \
  "{\"key\": \"" ZEROS i "\", \"cell\": {\"optimizer.lr\": " cell "}, \"replicate\": " replicate                       \
  ", \"outcome\": \"" outcome "\", \"outcome_step\": 10, \"tainted\": false" JSON_SETTINGS                             \
  ", \"final\": {\"lr\": " lr ", \"test_loss\": " loss "}" curves JSON_END
#define ADAM "0.1, \"optimizer\": \"adam\""
#define SGD  "1, \"optimizer\": \"sgd, \\\"plain\\\"\""
#define CURVES(lr, loss) ", \"curves\": {\"lr\": [[10, " lr "]], \"test_loss\": [[0, 2.5], [10, " loss "]]}"

#define JSON(c0, c1, c2, c3)                                                                                           \
  "{\"study\": \"small\", \"trials\": [\n" JSON_TRIAL("0", ADAM, "0", "budget", "1e-05", "0.1", c0)                    \
  ",\n" JSON_TRIAL("1", ADAM, "1", "budget", "1e-05", "0.2", c1) ",\n"                                                 \
  JSON_TRIAL("2", SGD, "0", "budget", "1e-05", "0.30000000000000004", c2) ",\n"                                        \
  JSON_TRIAL("3", SGD, "1", "diverged", "\"-inf\"", "\"nan\"", c3) "\n]}\n"

static const char json[] = JSON("", "", "", "");
static const char json_curves[] = JSON(CURVES("1e-05", "0.1"), CURVES("1e-05", "0.2"), CURVES("1e-05", "0.30000000000000004"),
                                       CURVES("\"-inf\"", "\"nan\""));

static const char csv[] =
    "key,replicate,outcome,outcome_step,tainted,model.hidden,optimizer,peek,lr,test_loss,grads,products,seconds,started,ended,host\n"
    ZEROS "0,0,budget,10,0,\"[8, 8]\",adam,false,1e-05,0.1,2,0,0.5,1,2,a\tb\n"
    ZEROS "1,1,budget,10,0,\"[8, 8]\",adam,false,1e-05,0.2,2,0,0.5,1,2,a\tb\n"
    ZEROS "2,0,budget,10,0,\"[8, 8]\",adam,false,1e-05,0.30000000000000004,2,0,0.5,1,2,a\tb\n"
    ZEROS "3,1,diverged,10,0,\"[8, 8]\",adam,false,-inf,,2,0,0.5,1,2,a\tb\n";

static const char csv_curves[] =
    "key,replicate,optimizer,optimizer.lr,kind,idx,name,step,epoch,examples,value\n"
    ZEROS "0,0,adam,0.1,fold,0,train_loss,0,,,1\n"
    ZEROS "0,0,adam,0.1,trial,0,lr,10,2,200,1e-05\n"
    ZEROS "0,0,adam,0.1,trial,0,test_loss,0,0,0,2.5\n"
    ZEROS "0,0,adam,0.1,trial,0,test_loss,10,2,200,0.1\n"
    ZEROS "1,1,adam,0.1,trial,0,lr,10,2,200,1e-05\n"
    ZEROS "1,1,adam,0.1,trial,0,test_loss,0,0,0,2.5\n"
    ZEROS "1,1,adam,0.1,trial,0,test_loss,10,2,200,0.2\n"
    ZEROS "2,0,\"sgd, \"\"plain\"\"\",1,trial,0,lr,10,2,200,1e-05\n"
    ZEROS "2,0,\"sgd, \"\"plain\"\"\",1,trial,0,test_loss,0,0,0,2.5\n"
    ZEROS "2,0,\"sgd, \"\"plain\"\"\",1,trial,0,test_loss,10,2,200,0.30000000000000004\n"
    ZEROS "3,1,\"sgd, \"\"plain\"\"\",1,trial,0,lr,10,2,200,-inf\n"
    ZEROS "3,1,\"sgd, \"\"plain\"\"\",1,trial,0,test_loss,0,0,0,2.5\n"
    ZEROS "3,1,\"sgd, \"\"plain\"\"\",1,trial,0,test_loss,10,2,200,\n";

// clang-format on

typedef bool exporter(bsn_store *store, bsn_out *out, bool curves, bsn_error *error);

static const struct shape {
  exporter *write;
  bool curves;
  const char *text;
} shapes[] = {{bsn_export_json, false, json},
              {bsn_export_json, true, json_curves},
              {bsn_export_csv, false, csv},
              {bsn_export_csv, true, csv_curves}};

START_TEST(exports_are_exact) {
  START_STUDY
  make_study(sink, &arena);
  OK(bsn_store_note(store, "study", "small", &error));
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    bsn_out out = {0};
    OK(shapes[i].write(store, &out, shapes[i].curves, &error));
    OK(bsn_out_end(&out, &error));
    ck_assert_str_eq(out.text, shapes[i].text);
    bsn_out_free(&out);
  }
  END_STUDY
}
END_TEST

START_TEST(an_empty_study_is_empty) {
  START_STUDY
  bsn_out out = {0};
  OK(bsn_export_json(store, &out, true, &error));
  ck_assert_str_eq(out.text, bsn_text_in(&arena, "{\"study\": \"%s\", \"trials\": [\n]}\n", strrchr(folder, '/') + 1));
  bsn_out_free(&out);
  END_STUDY
}
END_TEST

START_TEST(strings_are_escaped) {
  bsn_error error = {0};
  bsn_out out = {0};
  bsn_out_json(&out, "a\"\\\n\1\x7f \xc3\xa9 \xff \xc3( \xed\xa0\x80 \xf0\x9f\x98\x80");
  bsn_out_json(&out, NULL);
  bsn_out_csv(&out, "a,\"b\"");
  OK(bsn_out_end(&out, &error));
  ck_assert_str_eq(out.text,
                   "\"a\\\"\\\\\\n\\u0001\x7f \xc3\xa9 \xef\xbf\xbd \xef\xbf\xbd( \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd "
                   "\xf0\x9f\x98\x80\"null\"a,\"\"b\"\"\"");
  bsn_out_free(&out);
}
END_TEST

START_TEST(a_full_disk_is_told_once) {
  bsn_error error = {0};
  size_t tried = 0;
  bsn_out out = {.write = refuse, .to = &tried};
  for (int i = 0; i < 100000; i++) bsn_out_add(&out, "%d\n", i);
  ck_assert(!bsn_out_end(&out, &error));
  ck_assert_int_eq(error.code, BSN_IO);
  ck_assert_str_eq(error.text, "cannot write: No space left on device");
  ck_assert_uint_lt(tried, 200000);
  ck_assert_ptr_null(out.text);
}
END_TEST

BASIN_TESTS("export", exports_are_exact, an_empty_study_is_empty, strings_are_escaped, a_full_disk_is_told_once)
