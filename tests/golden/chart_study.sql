-- A small study in the public schema: two optimizers, three replicates, one of them diverged; one recorded array.
CREATE TABLE trial(key TEXT PRIMARY KEY, cell TEXT, replicate INT, outcome TEXT, outcome_step INT, message TEXT,
  tainted INT, grads REAL, products REAL, seconds REAL, started REAL, ended REAL, host TEXT);
CREATE TABLE setting(key TEXT, path TEXT, value TEXT);
CREATE TABLE unit(key TEXT PRIMARY KEY, trial TEXT, kind TEXT, idx INT, outcome TEXT);
CREATE TABLE metric(unit TEXT, step INT, name TEXT, value REAL);
CREATE TABLE array(unit TEXT, step INT, name TEXT, dtype TEXT, shape TEXT, bytes BLOB);
CREATE TABLE clock(unit TEXT, step INT, seconds REAL);
CREATE VIEW curve AS SELECT t.*, m.step, m.step / 10.0 AS epoch, m.step * 32 AS examples, m.name, m.value
  FROM trial t JOIN unit u ON u.trial = t.key AND u.kind = 'trial' JOIN metric m ON m.unit = u.key;
CREATE VIEW final AS SELECT t.key AS trial, m.name, m.value
  FROM trial t JOIN unit u ON u.trial = t.key AND u.kind = 'trial' JOIN metric m ON m.unit = u.key
  WHERE m.step = (SELECT max(step) FROM metric WHERE unit = u.key AND name = m.name);

WITH optimizer(name, rate) AS (VALUES ('sgd', 3), ('adam', 1)),
     r(replicate) AS (VALUES (0), (1), (2)), lr(value) AS (VALUES (0.01), (0.1), (1.0))
INSERT INTO trial SELECT name || lr.value || '/' || replicate, json_object('optimizer.name', name, 'optimizer.lr', lr.value),
  replicate, iif(name = 'sgd' AND lr.value = 1.0 AND replicate < 2, 'diverged', 'budget'), 40, NULL, 0, 4, 0, 1.5, 0, 0, 'here'
  FROM optimizer, lr, r;
INSERT INTO setting SELECT key, 'optimizer.lr', json_extract(cell, '$."optimizer.lr"') FROM trial;
INSERT INTO unit SELECT 'u' || key, key, 'trial', 0, outcome FROM trial;
WITH RECURSIVE s(step) AS (SELECT 0 UNION ALL SELECT step + 10 FROM s WHERE step < 40)
INSERT INTO metric SELECT 'u' || key, step, name, CASE WHEN outcome = 'diverged' AND step > 10 THEN NULL ELSE
    iif(name = 'test_loss', 1.25, 1.0) * (2.0 + replicate) / (1 + step * json_extract(cell, '$."optimizer.lr"')) END
  FROM trial, s, (SELECT 'train_loss' AS name UNION ALL SELECT 'test_loss') WHERE NOT (outcome = 'diverged' AND step > 20);
INSERT INTO clock SELECT unit, step, step / 20.0 FROM metric WHERE name = 'train_loss';
-- float32 0, 1, 2 and 0, 1, 4 and 0.5, 1, 3
INSERT INTO array SELECT 'uadam0.1/0', step, name, 'f', '3', bytes FROM (SELECT 0 AS step UNION ALL SELECT 40),
  (SELECT 'grid_x' AS name, X'000000000000803F00000040' AS bytes UNION ALL
   SELECT 'grid_truth', X'000000000000803F00008040' UNION ALL SELECT 'grid_prediction', X'0000003F0000803F00004040');
