#include "store/sql.h"

/* Settings, metrics and clocks are clustered by what they belong to: a record is then a handful of neighbouring pages to
 * write and to read. Arrays can be large and keep a row number instead. `final` asks for each last step
 * by itself, since SQLite takes conditions on key and name into such a view, but not into one that groups. What probes measured is shown as
 * the trial's own; of two that measured the same (one was added later, say, with another setting) the newer one counts. */
#define WORK                                                                                                         \
  " outcome TEXT NOT NULL, outcome_step INTEGER, message TEXT, tainted INTEGER NOT NULL, grads REAL, products REAL," \
  " seconds REAL, started REAL, ended REAL, host TEXT"
#define SCALES "('steps_per_epoch', 'examples_per_epoch')"

// clang-format off
const char *const bsn_schema_text =
  "CREATE TABLE study(name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
  "CREATE TABLE trial(key TEXT PRIMARY KEY, place INTEGER NOT NULL, cell TEXT NOT NULL, replicate INTEGER NOT NULL," WORK ");"
  "CREATE INDEX trial_place ON trial(place);"
  "CREATE VIEW report AS SELECT * FROM trial t"
  " WHERE NOT EXISTS (SELECT 1 FROM setting s WHERE s.key = t.key AND s.path = 'tune.candidate');"
  "CREATE TABLE setting(key TEXT NOT NULL REFERENCES trial(key) ON DELETE CASCADE, path TEXT NOT NULL, value TEXT,"
  " identity TEXT, PRIMARY KEY(key, path)) WITHOUT ROWID;"
  "CREATE TABLE unit(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, trial TEXT NOT NULL, kind TEXT NOT NULL,"
  " idx INTEGER NOT NULL," WORK ");"
  "CREATE INDEX unit_trial ON unit(trial, kind, idx);"
  "CREATE TABLE metric(unit INTEGER NOT NULL REFERENCES unit(id) ON DELETE CASCADE, step INTEGER NOT NULL,"
  " name TEXT NOT NULL, value REAL, PRIMARY KEY(unit, name, step)) WITHOUT ROWID;"
  "CREATE TABLE array(unit INTEGER NOT NULL REFERENCES unit(id) ON DELETE CASCADE, step INTEGER NOT NULL,"
  " name TEXT NOT NULL, dtype TEXT NOT NULL, shape TEXT NOT NULL, bytes BLOB NOT NULL, UNIQUE(unit, name, step));"
  "CREATE TABLE clock(unit INTEGER NOT NULL REFERENCES unit(id) ON DELETE CASCADE, step INTEGER NOT NULL, seconds REAL,"
  " PRIMARY KEY(unit, step)) WITHOUT ROWID;"
  "CREATE VIEW final AS SELECT t.key, t.cell, t.replicate, m.name, m.step, m.value"
  " FROM trial t JOIN unit u ON u.key = t.key JOIN metric m ON m.unit = u.id"
  " WHERE m.step = (SELECT max(step) FROM metric l WHERE l.unit = m.unit AND l.name = m.name) AND m.name NOT IN " SCALES
  " UNION ALL SELECT t.key, t.cell, t.replicate, m.name, m.step, m.value"
  " FROM trial t JOIN unit u ON u.trial = t.key AND u.kind = 'probe' JOIN metric m ON m.unit = u.id"
  " WHERE m.step = (SELECT max(step) FROM metric l WHERE l.unit = m.unit AND l.name = m.name) AND NOT EXISTS"
  " (SELECT 1 FROM unit p JOIN metric q ON q.unit = p.id WHERE p.trial = u.trial AND p.kind = 'probe' AND p.id > u.id"
  " AND q.name = m.name) AND m.name NOT IN " SCALES ";"
  "CREATE VIEW curve AS SELECT u.trial AS key, t.cell, t.replicate, iif(u.kind = 'probe', 'trial', u.kind) AS kind,"
  " iif(u.kind = 'probe', 0, u.idx) AS idx, m.name, m.step,"
  " m.step / s.value AS epoch, m.step / s.value * e.value AS examples, m.value"
  " FROM unit u LEFT JOIN trial t ON t.key = u.trial JOIN metric m ON m.unit = u.id"
  " LEFT JOIN metric s ON s.unit = u.id AND s.name = 'steps_per_epoch' AND s.step = 0"
  " LEFT JOIN metric e ON e.unit = u.id AND e.name = 'examples_per_epoch' AND e.step = 0"
  " WHERE (u.kind <> 'probe' OR NOT EXISTS"
  " (SELECT 1 FROM unit p JOIN metric q ON q.unit = p.id WHERE p.trial = u.trial AND p.kind = 'probe' AND p.id > u.id"
  " AND q.name = m.name AND q.step = m.step)) AND m.name NOT IN " SCALES ";";
// clang-format on
