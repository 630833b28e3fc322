#: doc Small multiples of a metric while training: one panel per cell or per value of a factor, all other curves in grey behind.
#: parameter metric train_loss What is drawn.
#: parameter by cell A factor's path (one panel per value), or cell (one panel per series).
#: parameter x epoch What it is drawn against.
#: choice x step epoch examples
#: parameter yscale auto The vertical axis.
#: choice yscale auto log linear
#: select SELECT * FROM (SELECT c.cell, c.step, c.replicate * 100000 + c.idx AS run, c.{x} AS x, c.value AS y,
#:   coalesce((SELECT CAST(s.value AS TEXT) FROM setting s WHERE s.key = c.key AND s.path IN ('{by}', '{by}.name')), 'none') AS panel
#:   FROM curve c JOIN report t ON t.key = c.key
#:   WHERE c.name = '{metric}' AND t.outcome <> 'failed' AND {run}
#:   ORDER BY t.place) WHERE x IS NOT NULL
#: derive label
#: derive worst y {metric}
#: derive carry run step y
#: derive quantiles step y
#: derive finite y
#: empty no trial recorded a finite {metric}
own = by eq 'cell'
array PANEL[series]
n = 0
do for [i = 1:series] {
  name = own ? series_name[i] : series_panel[i]
  seen = 0
  do for [k = 1:n] { if (PANEL[k] eq name) { seen = 1 } }
  if (!seen) { n = n + 1; PANEL[n] = name }
}
is_in(i, k) = own ? i == k + 1 : series_panel[i] eq PANEL[k + 1]
dummy = many(n)
wide_key = own ? 0 : 9 * width + 64
eval panels(n < 2 ? 760 : n < 4 ? 380 : 270, n < 2 ? 500 : n < 4 ? 360 : 230)
top = known(y_hi_max >= y_max ? y_hi_max : y_max, 1)
low = known(y_lo_min <= y_min ? y_lo_min : y_min, 0)
logy = tall(yscale, low, top, y_positive)
if (logy && low <= 0) { low = y_positive }
clip(v) = v > top ? top : v < low ? low : v
if (logy) { set yrange [low / 1.2 : top * 1.2] } else { set yrange [low - 0.04 * (top - low) : top + 0.04 * (top - low)] }
if (x_max > x_min) { set xrange [x_min:x_max] }
set xtics tic_step(x_min, x_max)
do for [k = 0:n - 1] {
  eval panel(k)
  if (k == 0) { eval frame('Convergence of the ' . metric_words . (own ? (series > 1 ? ', cell by cell' : '') : ' by ' . by_words), (replicates > 1 ? 'median and 10–90 % band over ' : '') . note . (n > 1 ? ', the others in grey' : ''), x_label, metric_label) } else { eval unframe }
  if (n > 1) { set title PANEL[k + 1] offset 0,-0.7 textcolor rgb ink }
  if (lowest(k, n)) { set format x '%h' } else { set format x '' }
  eval side(k, logy, low, top)
  plot for [i = 1:series] data index i - 1 using 'x':(is_in(i, k) ? NaN : column('y')) with lines lc rgb pale lw 1 notitle, \
       for [i = 1:series] data index i - 1 using 'x':(is_in(i, k) ? clip(column('y_lo')) : NaN):(clip(column('y_hi'))) with filledcurves fs transparent solid 0.22 noborder lc rgb COLOUR[(i - 1) % 8 + 1] notitle, \
       for [i = 1:series] data index i - 1 using 'x':(is_in(i, k) ? column('y') : NaN) with linespoints ls i pt 7 ps (x_max > x_min ? 0 : 0.9) notitle
}
if (!own) {
  set title ''
  eval unframe
  unset border; unset tics; unset grid; unset logscale; set xrange [0:1]; set yrange [0:1]
  set lmargin at screen 0; set rmargin at screen 1; set tmargin at screen 1; set bmargin at screen 0
  set key at screen 1 - (wide_key - 8.) / picture_w, screen high(0) left top Left reverse samplen 2 spacing 1.25 textcolor rgb ink
  plot for [i = 1:series] NaN with lines ls i title entry(i, int((picture_h - 110.) / 22), series_name[i])
}
unset multiplot
