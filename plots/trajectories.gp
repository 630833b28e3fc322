#: doc Paths of optimizers over the contours of a function of two numbers, a panel for each cell or for each value of a factor; the first replicates.
#: parameter by cell A factor's path (one panel per value, as objective), or cell (one panel per series).
#: select WITH first AS (SELECT t.cell, t.place, u.id AS unit,
#:     coalesce((SELECT CAST(s.value AS TEXT) FROM setting s WHERE s.key = t.key AND s.path IN ('{by}', '{by}.name')), 'none') AS panel
#:     FROM trial t JOIN unit u ON u.trial = t.key AND u.kind = 'trial'
#:     WHERE t.outcome <> 'failed' AND t.replicate = (SELECT min(o.replicate) FROM trial o WHERE o.cell = t.cell))
#:   SELECT s.cell, 1 AS path, x.bytes AS x, x.dtype AS x_dtype, y.bytes AS y, y.dtype AS y_dtype, f.bytes AS f, f.dtype AS f_dtype, s.panel, s.place
#:   FROM first s JOIN array x ON x.unit = s.unit AND x.name = 'path_x' JOIN array y ON y.unit = x.unit AND y.name = 'path_y'
#:   JOIN array f ON f.unit = x.unit AND f.name = 'path_f' JOIN array g ON g.unit = x.unit AND g.name = 'grid_f'
#:   UNION ALL
#:   SELECT s.cell, 0, x.bytes, x.dtype, y.bytes, y.dtype, f.bytes, f.dtype, s.panel, s.place
#:   FROM first s JOIN array x ON x.unit = s.unit AND x.name = 'grid_x' JOIN array y ON y.unit = x.unit AND y.name = 'grid_y'
#:   JOIN array f ON f.unit = x.unit AND f.name = 'grid_f'
#:   ORDER BY 10, 2
#: derive label
#: derive unfold x y f
#: empty no trial recorded the arrays path_x, path_y and grid_f of a function of two numbers
own = by eq 'cell'
# The panel of each series, and the first series of each panel, whose surface is drawn
array PANEL[series]; array FIRST[series]
n = 0
do for [i = 1:series] {
  name = own ? series_name[i] : series_panel[i]
  at = 0
  do for [k = 1:n] { if (!own && series_panel[FIRST[k]] eq name) { at = k } }
  if (!at) { n = n + 1; FIRST[n] = i; at = n }
  PANEL[i] = at
}
# Bands of equal width in log(1 + height above the lowest point of the grid, as a part of the range): 16 of them
bands = 16.
if (own) {
  set palette defined (0 '#2c4a7c', 0.35 '#5b8fc0', 0.7 '#b5d3e7', 1 '#f4f8fb')
} else {
  set palette defined (0 '#6a6a6a', 0.35 '#a0a0a0', 0.7 '#d2d2d2', 1 '#f6f6f6')  # the colours are the optimizers'
}
unset colorbox
set cbrange [0:1]
on_grid(c) = column('path') == 0 ? column(c) : NaN
on_path(c) = column('path') == 1 ? column(c) : NaN
# Windows may differ: then every panel has its own numbers
array WEST[n]; array EAST[n]; array SOUTH[n]; array NORTH[n]
same = 1
do for [k = 1:n] {
  stats data index FIRST[k] - 1 using (on_grid('x')) name 'X' nooutput
  stats data index FIRST[k] - 1 using (on_grid('y')) name 'Y' nooutput
  WEST[k] = X_min; EAST[k] = X_max; SOUTH[k] = Y_min; NORTH[k] = Y_max
  if (X_min != WEST[1] || X_max != EAST[1] || Y_min != SOUTH[1] || Y_max != NORTH[1]) { same = 0 }
}
# room between the last number of a panel and the first of the next
gap_x = 46
if (!same) { gap_y = 54 }
dummy = many(n)
wide_key = own ? 0 : 9 * width + 64
eval panels(n < 2 ? (own ? 460 : 620) : n < 3 ? 460 : n < 4 ? 380 : 320, n < 2 ? (own ? 430 : 560) : n < 3 ? 430 : n < 4 ? 360 : 310)
array LAST[series]
do for [i = 1:series] {
  stats data index i - 1 using 'x' nooutput
  LAST[i] = STATS_records + STATS_invalid - 1
}
do for [k = 0:n - 1] {
  s = FIRST[k + 1] - 1
  set xrange [*:*]; set yrange [*:*]  # stats looks at them
  stats data index s using (on_grid('f')) name 'F' nooutput
  eval panel(k)
  if (k == 0) {
    eval frame('Paths of optimizers', 'first replicate of each cell, from the ring to the square; darker is lower', 'First parameter', 'Second parameter')
  } else {
    eval unframe
  }
  if (n > 1) { set title (own ? series_name[s + 1] : series_panel[s + 1]) offset 0,-0.7 textcolor rgb ink }
  set xrange [WEST[k + 1]:EAST[k + 1]]; set yrange [SOUTH[k + 1]:NORTH[k + 1]]
  set xtics tic_step(WEST[k + 1], EAST[k + 1]); set ytics tic_step(SOUTH[k + 1], NORTH[k + 1])
  if (!same || lowest(k, n)) { set format x '%h' } else { set format x '' }
  eval side(same ? k : 0, 0, 0, 1)
  height(f) = floor(bands * log(1 + 1e4 * (f - F_min) / (F_max - F_min)) / log(1 + 1e4)) / bands
  is_in(i) = PANEL[i] == k + 1
  plot data index s every ::0::int(F_records) - 1 using 'x':'y':(height(column('f'))) with image, \
       for [i = 1:series] data index i - 1 using (is_in(i) ? on_path('x') : NaN):'y' with lines lc rgb (own ? '#D55E00' : COLOUR[(i - 1) % 8 + 1]) lw (own ? 1.6 : 2) notitle, \
       for [i = 1:series] data index i - 1 using (is_in(i) ? on_path('x') : NaN):'y' with points pt 7 ps (own ? 0.3 : 0.4) lc rgb (own ? '#8a3200' : COLOUR[(i - 1) % 8 + 1]) notitle, \
       for [i = 1:series] data index i - 1 using (is_in(i) ? on_path('x') : NaN):'y' every ::int(F_records)::int(F_records) with points pt 6 ps 1.4 lw 2 lc rgb 'black' notitle, \
       for [i = 1:series] data index i - 1 using (is_in(i) && column(0) + 0 == LAST[i] ? on_path('x') : NaN):'y' with points pt 5 ps 0.9 lc rgb (own ? '#8a3200' : COLOUR[(i - 1) % 8 + 1]) notitle
}
if (!own) {
  set title ''
  eval unframe
  unset border; unset tics; unset grid; set xrange [0:1]; set yrange [0:1]
  set lmargin at screen 0; set rmargin at screen 1; set tmargin at screen 1; set bmargin at screen 0
  set key at screen 1 - (wide_key - 8.) / picture_w, screen high(0) left top Left reverse samplen 2 spacing 1.25 textcolor rgb ink
  plot for [i = 1:series] NaN with linespoints lc rgb COLOUR[(i - 1) % 8 + 1] lw 2 pt 7 ps 0.6 title entry(i, int((picture_h - 110.) / 22), series_name[i])
}
unset multiplot
