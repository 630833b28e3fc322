/* program.h: what the files of the program share.
 *
 *     static int show(int argc, char **argv) { ... return finish(&error); }
 *
 * Each cmd_*.c has commands: functions that get their own argv, with argv[0] "basin NAME", and return the exit code.
 */
#ifndef EXPERIMENTS_PROGRAM_H
#define EXPERIMENTS_PROGRAM_H

#include "report/out.h"
#include "report/result.h"
#include "store/store.h"
#include "study/study.h"
#include <argp.h>

typedef struct command {
  const char *name, *doc;
  int (*run)(int argc, char **argv);
} command;

/* The commands (cmd_*.c). */
int cmd_run(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_sql(int argc, char **argv);
int cmd_plot(int argc, char **argv);
int cmd_bench(int argc, char **argv);
int cmd_predict(int argc, char **argv);
int cmd_verify(int argc, char **argv);

/* Texts that an option may give several times. */
typedef struct word_list {
  size_t n;
  const char **item;
} word_list;

/* One more, not copied. False without memory. */
bool word_list_add(word_list *list, bsn_arena *arena, const char *text);

/* An option whose argument is only taken down: where it goes in the command's struct of options. */
typedef struct option_field {
  int key;                                              /* 0 ends a list of them */
  enum { OPTION_FLAG, OPTION_TEXT, OPTION_WORDS } kind; /* bool, const char *, word_list */
  size_t at;
} option_field;

/* For a parser of argp: take the option down if it is one of fields, else ARGP_ERR_UNKNOWN. arena is for words. */
error_t take_option(const option_field *fields, int key, char *arg, void *options, bsn_arena *arena);

/* `--out DIR` of a command that reads results. The keys of a command's own options begin behind it. */
enum { OPTION_OUT = 1000 };
#define OUT_OPTION \
  { "out", OPTION_OUT, "DIR", 0, "Where results are (default: results)", 0 }

/* For a parser of argp: the whole number from 1 to most that the text of --OPTION says; any other is an error of usage. */
size_t count_of(const char *option, const char *text, size_t most, struct argp_state *state);
enum { MOST_JOBS = 4096 };

/* Print the error, if there is one (what was printed so far could not be written is one, too), and return its exit code. */
int finish(const bsn_error *error);

/* `--help` and `-h` for every command: a child of its argp. */
extern const struct argp_child help_child[];

/* What the word STUDY stands for, at the end of a command's --help. */
#define STUDY_HELP                                                                                                    \
  "\vSTUDY is a study's name, the folder of its results, or its .yaml file. Results of a study that is not finished " \
  "yet can be looked at, too."

/* Writes a bsn_out to standard output. */
bool to_stdout(void *to, const char *bytes, size_t n);

/* Folders with data/ and plots/ of our own, NULL-ended: BASIN_DATA, the source tree, the install folder. */
const char *const *share_folders(bsn_arena *arena);

bool is_folder(const char *path);

/* The folder of STUDY: a name (below out), a folder, or a study's file. NULL: there is none. */
const char *study_folder(bsn_arena *arena, const char *word, const char *out, bsn_error *error);

/* Open STUDY to read, with median, quantile, t_lo and t_hi for its queries. NULL on failure. */
bsn_store *open_study(bsn_arena *arena, const char *word, const char *out, bsn_error *error);
bool add_aggregates(bsn_store *store, bsn_error *error);

/* A study's file, read and checked; "-" is standard input. NULL on failure. */
bsn_study *read_study(bsn_arena *arena, const char *file, size_t nset, const char *const *set, bsn_error *error);

/* argv as this program got it, for another one: "basin run" in argv[0] becomes two words. NULL without memory. */
char **whole_argv(bsn_arena *arena, int argc, char **argv, const char *name);

/* Become the program of a precision, basin or basin-double, with argv (from whole_argv); returns only on failure. */
bool become(bsn_arena *arena, const char *precision, char **argv, bsn_error *error);

/* This program once more, in a process of its own; its exit code. It dies with us; an interrupt is its to hear and to tell. */
int run_self(char *const *argv);

/* Is it called like a study's file: *.yaml, and not hidden? */
bool is_yaml(const char *name);

/* {"a": 1, "b": "x"} as "a=1 b=x": what --only takes. */
const char *cell_words(bsn_arena *arena, const char *cell);

/* Names of charts, sorted; where the chart of this name is (NULL with an error: nowhere), and the shared style. */
size_t chart_names(bsn_arena *arena, const char ***names);
const char *chart_file(bsn_arena *arena, const char *name, bsn_error *error);

/* Do these charts exist, and take these parameters? False with all faults, at their places in the study's file. */
bool check_charts(bsn_arena *arena, const bsn_drawings *charts, bsn_error *error);

/* Draw the charts that the file of the study asks for, and print where they are. */
bool draw_charts(bsn_store *store, bsn_arena *arena, const bsn_drawings *charts, const char *format, bool tell,
                 bsn_error *error);

#endif
