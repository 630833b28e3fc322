/* chart.h: a chart is one gnuplot file whose head says what it asks of a study's database.
 *
 *     bsn_chart chart;
 *     bsn_chart_source x = {.study = "x", .rows = query, .context = db};
 *     bsn_chart_job job = {.folder = "results/x/charts", .style = "plots/style.gp", .format = "png", .nsources = 1, .source = &x};
 *     if (!bsn_chart_read(&chart, arena, "plots/convergence.gp", error)) return false;
 *     if (!bsn_chart_draw(&chart, &job, arena, &picture, error)) return false;
 *
 * The head is the lines that begin with `#:`, at the top of the file; a line with more than one space behind `#:`
 * continues the line before:
 *
 *     #: doc Median and 10-90 % band of a metric while training.        one sentence; needed
 *     #: parameter metric test_loss What is drawn.                       name, default, sentence
 *     #: choice x step epoch                                              the values that a parameter may have
 *     #: select SELECT cell, step, value AS y FROM curve                  one query; needed; column 0 is the series
 *     #:   WHERE name = '{metric}'
 *     #: derive label                                                     rows of report/derive.h, in this order
 *     #: empty no {metric} was recorded                                   what to say when there is nothing to draw
 *     #: overlay {x} {metric}                                             curves from files go below: X Y of report/overlay.h
 *
 * {name} stands for a parameter's value in the select, derive, empty and overlay lines, else for a phrase of report/phrase.h.
 * Drawing writes NAME.tsv (the table), NAME.gp (variables, the shared style and the chart's own lines; it can be edited and run again by itself) and NAME.FORMAT.
 * NAME.gp begins with these variables; all texts are escaped for gnuplot's enhanced mode:
 *
 *     format, output, data      the kind of picture, its file, the table's file
 *     study, note               its name; how many replicates, and how much of the grid is there
 *     replicates, tainted       a number; 1 when a trial saw test data
 *     P, P_label, P_words       for every parameter P: its value, the standard term for it, that in mid-sentence
 *     series, series_name[]     how many; their names
 *     series_width[], width     how wide the names are, in widths of a digit; the widest
 *     series_C[]                for a text column C that is constant in each series
 *     C_min, C_max, C_positive  for any other column C, of its finite numbers; the smallest above 0; NaN for none
 *     overlays, overlay_name[]  how many curves are laid below; their names; in the table they stand behind the series
 *     overlay_like[]            the number of the series of the same name, more or less, whose colour it gets; else a free one
 *
 * Several studies in one picture are one table: the query is asked of each. Names of series are as in one study, but for those
 * that two studies have: they begin with the study.
 */
#ifndef BSN_REPORT_CHART_H
#define BSN_REPORT_CHART_H

#include "report/result.h"

typedef struct bsn_chart_parameter {
  const char *name, *value; /* value: the default */
  const char *doc;          /* one sentence */
  size_t nchoices;          /* 0: any value of letters, digits and _.:- */
  const char **choice;
} bsn_chart_parameter;

typedef struct bsn_chart_derive {
  int line;
  const char *text; /* "quantiles step y" */
} bsn_chart_derive;

typedef struct bsn_chart {
  const char *path;                           /* of the file */
  const char *name;                           /* "convergence" */
  const char *doc, *select, *empty, *overlay; /* overlay NULL: takes none */
  int select_line, empty_line, overlay_line;
  size_t nparameters, nderives;
  bsn_chart_parameter *parameter;
  bsn_chart_derive *derive;
  const char *body; /* the gnuplot commands: all that stands behind the head */
} bsn_chart;

typedef struct bsn_chart_set {
  const char *name, *value;
} bsn_chart_set;

/* A study of a picture. */
typedef struct bsn_chart_source {
  const char *study; /* its name */
  size_t trials;     /* that its file asks for; 0: not known, not shown */
  /* Answer one query: fill *out from an arena that lives as long as the drawing. False: error says why. */
  bool (*rows)(void *context, const char *sql, bsn_table_result *out, bsn_error *error);
  void *context;
} bsn_chart_source;

/* What a chart is drawn from and to. */
typedef struct bsn_chart_job {
  const char *folder;  /* where the files go; it must be there */
  const char *name;    /* of the files; NULL: the chart's */
  const char *style;   /* path of the shared style */
  const char *format;  /* "png", "svg", "pdf" */
  const char *gnuplot; /* the program; NULL: "gnuplot" */
  double timeout;      /* seconds for gnuplot; 0: 120 */
  size_t nset;         /* values of parameters that are not the defaults */
  const bsn_chart_set *set;
  size_t nsources; /* at least 1 */
  const bsn_chart_source *source;
  size_t noverlays;
  const char *const *overlay; /* FILE.csv[:ROLE=COLUMN,..] */
} bsn_chart_job;

/* Read a chart's file. Everything lives in arena. Fails with BSN_BAD_INPUT and "FILE:LINE: ..." on a bad head. */
bool bsn_chart_read(bsn_chart *chart, bsn_arena *arena, const char *path, bsn_error *error);

/* As bsn_chart_read, from text that is already there; path is for messages and the name. */
bool bsn_chart_parse(bsn_chart *chart, bsn_arena *arena, const char *path, const char *text, bsn_error *error);

/* Give the chart's parameters these values; the list of parameters is copied. BSN_BAD_INPUT when it has no such parameter, or that
 * may not have such a value. */
bool bsn_chart_set_parameters(bsn_chart *chart, size_t n, const bsn_chart_set *set, bsn_arena *arena, bsn_error *error);

/* Draw it; *picture (may be NULL) is the path of what was made. Fails with BSN_BAD_INPUT on a bad parameter, a query that
 * fails, a bad overlay, or nothing to draw; BSN_USAGE on an overlay that the chart does not take; BSN_MISSING without gnuplot; BSN_IO when files cannot be written. A picture is there whole or
 * not at all. */
bool bsn_chart_draw(const bsn_chart *chart, const bsn_chart_job *job, bsn_arena *arena, const char **picture,
                    bsn_error *error);

#endif
