#: doc Paths of optimizers over the contours of a function of two numbers, a panel for each cell; its first replicate.
#: select WITH first AS (SELECT t.cell, t.place, u.id AS unit FROM trial t JOIN unit u ON u.trial = t.key AND u.kind = 'trial'
#:     WHERE t.outcome <> 'failed' AND t.replicate = (SELECT min(o.replicate) FROM trial o WHERE o.cell = t.cell))
#:   SELECT s.cell, 1 AS path, x.bytes AS x, x.dtype AS x_dtype, y.bytes AS y, y.dtype AS y_dtype, f.bytes AS f, f.dtype AS f_dtype, s.place
#:   FROM first s JOIN array x ON x.unit = s.unit AND x.name = 'path_x' JOIN array y ON y.unit = x.unit AND y.name = 'path_y'
#:   JOIN array f ON f.unit = x.unit AND f.name = 'path_f' JOIN array g ON g.unit = x.unit AND g.name = 'grid_f'
#:   UNION ALL
#:   SELECT s.cell, 0, x.bytes, x.dtype, y.bytes, y.dtype, f.bytes, f.dtype, s.place
#:   FROM first s JOIN array x ON x.unit = s.unit AND x.name = 'grid_x' JOIN array y ON y.unit = x.unit AND y.name = 'grid_y'
#:   JOIN array f ON f.unit = x.unit AND f.name = 'grid_f'
#:   ORDER BY 9, 2
#: derive label
#: derive unfold x y f
#: empty no trial recorded the arrays path_x, path_y and grid_f of a function of two numbers
dummy = many(series)
eval panels(series < 3 ? 460 : series < 4 ? 380 : 320, series < 3 ? 430 : series < 4 ? 360 : 310)
# Bands of equal width in log(1 + height above the lowest point of the grid, as a part of the range): 16 of them
bands = 16.
set palette defined (0 '#2c4a7c', 0.35 '#5b8fc0', 0.7 '#b5d3e7', 1 '#f4f8fb')
unset colorbox
set cbrange [0:1]
on_grid(c) = column('path') == 0 ? column(c) : NaN
on_path(c) = column('path') == 1 ? column(c) : NaN
do for [k = 0:series - 1] {
  set xrange [*:*]; set yrange [*:*]  # stats looks at them
  stats data index k using (on_grid('x')) name 'X' nooutput
  stats data index k using (on_grid('y')) name 'Y' nooutput
  stats data index k using (on_grid('f')) name 'F' nooutput
  eval panel(k)
  if (k == 0) {
    eval frame('Paths of optimizers', 'first replicate of each cell, from the ring; darker is lower', 'First parameter', 'Second parameter')
  } else {
    eval unframe
  }
  if (series > 1) { set title series_name[k + 1] offset 0,-0.7 textcolor rgb ink }
  set xrange [X_min:X_max]; set yrange [Y_min:Y_max]
  set xtics tic_step(X_min, X_max); set ytics tic_step(Y_min, Y_max)
  if (lowest(k, series)) { set format x '%h' } else { set format x '' }
  eval side(k, 0, 0, 1)
  height(f) = floor(bands * log(1 + 1e4 * (f - F_min) / (F_max - F_min)) / log(1 + 1e4)) / bands
  side_of = (X_max - X_min) / (sqrt(F_records) - 1) / 2.; up_of = (Y_max - Y_min) / (sqrt(F_records) - 1) / 2.
  plot data index k using (on_grid('x')):(column('y')):(side_of):(up_of):(height(column('f'))) with boxxyerror fs solid 1 noborder lc palette, \
       data index k using (on_path('x')):'y' with lines lc rgb '#D55E00' lw 1.6, \
       data index k using (on_path('x')):'y' with points pt 7 ps 0.3 lc rgb '#8a3200', \
       data index k using (on_path('x')):'y' every ::int(F_records)::int(F_records) with points pt 6 ps 1.4 lw 2 lc rgb 'black'
}
unset multiplot
