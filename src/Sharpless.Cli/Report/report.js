// Draws the plots of a Sharpless report with Chart.js. The numbers come prepared in the element "data" (see Plot.cs);
// here they only get a colour, a dash and a marker. Open the page with #check to have every canvas count its ink and tell its ticks.
"use strict";
(() => {
  const page = JSON.parse(document.getElementById("data").textContent);
  const checking = location.hash === "#check";
  // Settings differ in colour, dash and marker, so that none of the three is needed to tell them apart.
  const dashes = [[], [7, 3], [2, 3], [9, 3, 2, 3], [14, 4], [4, 4, 1, 4]];
  const markers = ["circle", "rect", "triangle", "rectRot", "crossRot", "star"];
  const shapes = {
    circle: "M19 2a4 4 0 1 0 .01 0z", rect: "M15 2h8v8h-8z", triangle: "M19 1l5 9h-10z",
    rectRot: "M19 1l5 5-5 5-5-5z", crossRot: "M15 2l8 8M23 2l-8 8", star: "M15 2l8 8M23 2l-8 8M13 6h12M19 0v12",
  };
  const charts = new Map();

  const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // Position 0..1 on the ramp of the theme: light steel blue for the smallest rho to midnight blue for the largest.
  function shade(position) {
    const stops = css("--ramp").split(",").map(stop => stop.trim());
    const at = position * (stops.length - 1), low = Math.min(Math.floor(at), stops.length - 2);
    const channel = (color, i) => parseInt(color.slice(1 + 2 * i, 3 + 2 * i), 16);
    const mix = i => Math.round(channel(stops[low], i) + (at - low) * (channel(stops[low + 1], i) - channel(stops[low], i)));
    return `#${[0, 1, 2].map(i => mix(i).toString(16).padStart(2, "0")).join("")}`;
  }

  const styleOf = (group, setting) => ({
    color: shade(group.settings.length < 2 ? 2 / 3 : setting / (group.settings.length - 1)),
    dash: dashes[setting % dashes.length],
    marker: markers[setting % markers.length],
  });

  function write(value, unit, digits = 4) {
    if (value === null || value === undefined) return "–";
    if (unit === "percent") return `${+(100 * value).toPrecision(digits)} %`;
    if (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e6)) return value.toExponential().replace("e+", "e").replace(/(\.\d{2})\d+/, "$1");
    return String(+value.toPrecision(digits));
  }

  // ---- Axes -----------------------------------------------------------------------------------------------------

  function scale(axis, range) {
    const options = {
      type: axis.logarithmic ? "logarithmic" : "linear",
      bounds: range && !axis.logarithmic ? "ticks" : "data",
      title: { display: true, text: axis.title, color: css("--muted") },
      grid: { color: css("--grid"), borderColor: css("--grid"), tickColor: css("--grid") },
      ticks: { color: css("--muted"), maxRotation: 0, callback: value => axis.categories ? axis.categories[value] ?? "" : write(value, axis.unit) },
    };
    if (axis.categories) {
      Object.assign(options, { min: -0.5, max: axis.categories.length - 0.5, afterBuildTicks: s => { s.ticks = axis.categories.map((_, value) => ({ value })); } });
      options.ticks.autoSkip = false;
      options.grid.display = false;
    }
    if (axis.logarithmic) options.afterBuildTicks = s => { s.ticks = roundTicks(s.min, s.max).map(value => ({ value })); };
    if (axis.unit === "count" && !axis.logarithmic) options.beginAtZero = true;
    if (range) Object.assign(options, range);
    return options;
  }

  const hasErrorBars = plot => ["rho", "relation", "depth", "line", "arms"].includes(plot.kind);

  // Vertical range: all of the values with their error bars or bands, single seeds too; of a spectrum at most six decades.
  function rangeOf(plot, panel) {
    if (plot.y.range) return linearRange(...plot.y.range, plot.y.unit);
    const points = panel.flatMap(series => [series.points, ...series.seeds].flat()).filter(point => point.y !== null);
    const bar = point => hasErrorBars(plot) || plot.kind === "band" ? point.deviation ?? 0 : 0;
    const low = points.map(point => point.y - bar(point)), high = Math.max(...points.map(point => point.y + bar(point)));
    if (!plot.y.logarithmic) return points.length > 0 ? linearRange(Math.min(...low), high, plot.y.unit) : null;
    const positive = low.filter(value => value > 0);
    if (positive.length === 0) return null;
    return { min: Math.max(Math.min(...positive), plot.kind === "spectrum" ? 1e-6 * high : 0) / 1.15, max: 1.15 * high };
  }

  // Horizontal range: that of the points where x is a measured quantity, which may lie far from 0; elsewhere Chart.js finds it.
  function spanOf(plot, panel) {
    if (plot.kind !== "relation") return null;
    const x = panel.flatMap(series => [series.points, ...series.seeds].flat()).map(point => point.x);
    return { suggestedMin: Math.min(...x), suggestedMax: Math.max(...x), grace: "6%", beginAtZero: false };
  }

  // Some room above and below, but none beyond 0 % and 100 %.
  function linearRange(low, high, unit) {
    const room = 0.06 * (high - low), range = { suggestedMin: low, suggestedMax: high, grace: unit === "count" ? 0 : "6%" };
    if (unit === "percent" && low - room < 0) range.min = 0;
    if (unit === "percent" && high + room > 1) range.max = 1;
    return range;
  }

  // Ticks of a logarithmic axis: even steps while the range is short, then 1 to 9 of each decade, 1, 2, 5, and 1 alone.
  function roundTicks(min, max) {
    const ticks = [];
    if (max / min < 3) {
      const decade = 10 ** Math.floor(Math.log10((max - min) / 4)), step = decade * [5, 2, 1].find(factor => factor * decade <= (max - min) / 4);
      for (let i = Math.ceil(min / step); i * step <= max; i++) ticks.push(+(i * step).toPrecision(12));
    } else {
      const digits = max / min < 7 ? [1, 2, 3, 4, 5, 6, 7, 8, 9] : max / min < 1000 ? [1, 2, 5] : [1];
      for (let exponent = Math.floor(Math.log10(min)); 10 ** exponent <= max; exponent++) ticks.push(...digits.map(digit => +`${digit}e${exponent}`));
    }
    return ticks.filter(value => value >= min && value <= max);
  }

  // ---- Series ---------------------------------------------------------------------------------------------------

  // category: where the point belongs on an axis of categories, however far aside it is drawn.
  const at = (points, y) => points.map(point => ({ x: point.x, y: y.logarithmic && !(point.y > 0) ? null : point.y, category: point.category ?? point.x }));
  const moved = (points, aside) => points.map(point => ({ ...point, x: point.x + aside, category: point.x }));

  // How far aside of its category a series of kind "arms" is drawn: every series has a lane, its mean to the left of its seeds.
  function lane(panel, series) {
    const width = 0.8 / panel.length, left = -0.4 + width * panel.indexOf(series);
    const seeds = Math.max(0, ...panel.map(other => other.seeds.length));
    return seeds === 0 ? { mean: left + width / 2 } : { mean: left + 0.3 * width, seed: number => left + 0.55 * width + Math.min(0.07, 0.4 * width / seeds) * number };
  }

  function datasets(group, plot, panel, visible) {
    const joined = !["rho", "relation", "arms"].includes(plot.kind);
    const sets = [];
    for (const series of visible) {
      const { color, dash, marker } = styleOf(group, series.setting);
      const name = group.settings[series.setting];
      // The error bars of one category are moved a little aside, so that they do not cover each other.
      const crowded = plot.kind === "depth" && visible.some(other => other.points.some(point => point.deviation));
      const aside = plot.kind === "arms" ? lane(panel, series).mean : crowded ? 0.07 * (series.setting - (group.settings.length - 1) / 2) : 0;
      const points = moved(series.points, aside);
      sets.push({
        name, data: at(points, plot.y), deviations: points.map(point => point.deviation ?? 0), order: 1,
        borderColor: color, backgroundColor: color, borderWidth: 2, borderDash: joined ? dash : [], showLine: joined,
        pointStyle: marker, pointBorderWidth: 2, pointHoverRadius: 6,
        pointRadius: context => radius(plot.kind, context.dataIndex, points.length),
      });
      if (plot.kind === "band") sets.push(...band(points, color));
      series.seeds.forEach((seed, number) => sets.push({
        name: `${name}, one seed`, order: 2, showLine: joined, borderColor: `${color}70`, backgroundColor: "transparent", borderWidth: 1, pointBorderWidth: 1.5,
        data: at(joined ? seed : moved(seed, besideMean(plot.kind, panel, series, number)), plot.y),
        pointStyle: marker, pointBorderColor: `${color}b0`, pointRadius: joined ? 0 : 4,
      }));
    }
    if (plot.kind === "rho" || plot.kind === "relation") sets.push({ name: null, order: 3, data: at(visible.flatMap(series => series.points), plot.y), borderColor: `${css("--muted")}90`, borderWidth: 1, pointRadius: 0, pointHitRadius: 0 });
    return sets;
  }

  // How far aside of the mean's category the point of a seed is drawn; where x is a quantity, it stays where it is.
  function besideMean(kind, panel, series, number) {
    if (kind === "relation") return 0;
    return kind === "arms" ? lane(panel, series).seed(number) : 0.16 + 0.07 * number;
  }

  // Mean ± deviation as a tinted area: its upper edge, and its lower edge filled up to the one before.
  function band(points, color) {
    const edge = (sign, fill) => ({
      name: null, order: 3, data: points.map(point => ({ x: point.x, y: point.y === null ? null : point.y + sign * (point.deviation ?? 0) })),
      borderWidth: 0, pointRadius: 0, pointHitRadius: 0, backgroundColor: `${color}30`, fill,
    });
    return [edge(1, false), edge(-1, "-1")];
  }

  // Long curves carry a marker here and there, short ones at every point.
  function radius(kind, index, count) {
    if (["rho", "relation", "arms"].includes(kind)) return 6;
    if (kind === "depth" || kind === "line" || kind === "band" && count <= 20) return 4.5;
    const every = kind === "spectrum" ? Math.ceil(count / 8) : Math.max(1, Math.ceil(count / 14));
    return index % every === Math.floor(every / 2) ? 3.5 : 0;
  }

  const errorBars = {
    id: "errorBars",
    afterDatasetsDraw(chart) {
      if (!chart.options.plugins.errorBars) return;
      chart.data.datasets.forEach((set, number) => set.deviations?.forEach((deviation, i) => {
        if (!deviation || set.data[i].y === null) return;
        const { ctx, scales } = chart, x = chart.getDatasetMeta(number).data[i].x;
        const [low, high] = [-1, 1].map(sign => scales.y.getPixelForValue(set.data[i].y + sign * deviation));
        ctx.save();
        ctx.strokeStyle = set.borderColor;
        ctx.lineWidth = 1.5;
        ctx.beginPath();
        ctx.moveTo(x, low); ctx.lineTo(x, high);
        for (const y of [low, high]) { ctx.moveTo(x - 5, y); ctx.lineTo(x + 5, y); }
        ctx.stroke();
        ctx.restore();
      }));
    },
  };

  // ---- One plot -------------------------------------------------------------------------------------------------

  function draw(group, plot, tap, hidden) {
    const figure = document.getElementById(plot.id), canvas = figure.querySelector("canvas");
    const panel = plot.panels[""] ?? plot.panels[tap] ?? [];
    // Not every quantity is measured at every tap.
    figure.hidden = !panel.some(series => series.points.some(point => point.y !== null));
    if (figure.hidden) return;
    figure.querySelectorAll(".tap").forEach(element => { element.textContent = tap; });
    charts.get(plot.id)?.destroy();
    const visible = panel.filter(series => !hidden.has(series.setting));
    charts.set(plot.id, new Chart(canvas, {
      type: "line",
      data: { datasets: datasets(group, plot, panel, visible) },
      plugins: [errorBars],
      options: {
        animation: false, responsive: true, maintainAspectRatio: false, spanGaps: false, clip: 10,
        layout: { padding: { top: 8, right: 8 } },
        interaction: { mode: "nearest", intersect: false },
        scales: { x: scale(plot.x, spanOf(plot, panel)), y: scale(plot.y, rangeOf(plot, panel)) },
        plugins: {
          legend: { display: false },
          errorBars: hasErrorBars(plot),
          tooltip: {
            filter: item => item.dataset.name !== null,
            callbacks: { title: items => title(plot.x, items), label: item => label(plot.y, item) },
          },
        },
      },
    }));
    fillTable(figure.querySelector("table"), group, plot, panel);
    canvas.dataset.drawn = "true";
    if (checking) Object.assign(canvas.dataset, { ink: ink(charts.get(plot.id)), ticks: charts.get(plot.id).scales.x.ticks.map(tick => tick.value).join(" ") });
  }

  const title = (axis, items) => items.length === 0 ? "" : axis.categories
    ? `${axis.title.split(/[ ,]/)[0]} ${axis.categories[items[0].raw.category]}`
    : `${axis.title} ${write(items[0].parsed.x, axis.unit)}`;

  function label(axis, item) {
    const deviation = item.dataset.deviations?.[item.dataIndex];
    return `${item.dataset.name}: ${write(item.parsed.y, axis.unit)}${deviation ? ` ± ${write(deviation, axis.unit, 2)}` : ""}`;
  }

  // Pixels of the plot area that series have coloured; grid lines are too transparent to count.
  function ink(chart) {
    const { left, top, width, height } = chart.chartArea, ratio = chart.currentDevicePixelRatio;
    const { data } = chart.ctx.getImageData(left * ratio, top * ratio, width * ratio, height * ratio);
    let count = 0;
    for (let i = 3; i < data.length; i += 4) if (data[i] >= 128) count++;
    return count;
  }

  // ---- The same numbers as a table ------------------------------------------------------------------------------

  function fillTable(table, group, plot, panel) {
    const rows = new Map();
    panel.forEach((series, column) => series.points.forEach(point => {
      if (!rows.has(point.x)) rows.set(point.x, []);
      rows.get(point.x)[column] = write(point.y, plot.y.unit) + (point.deviation ? ` ± ${write(point.deviation, plot.y.unit, 2)}` : "");
    }));
    const cell = (name, text, scope) => {
      const element = document.createElement(name);
      element.textContent = text;
      if (scope) element.scope = scope;
      return element;
    };
    const row = cells => {
      const element = document.createElement("tr");
      element.append(...cells);
      return element;
    };
    const head = document.createElement("thead"), body = document.createElement("tbody");
    head.append(row([cell("th", plot.x.title, "col"), ...panel.map(series => cell("th", group.settings[series.setting], "col"))]));
    for (const [x, values] of [...rows].sort((a, b) => a[0] - b[0]))
      body.append(row([cell("th", plot.x.categories ? plot.x.categories[x] : write(x, plot.x.unit), "row"), ...panel.map((_, column) => cell("td", values[column] ?? "–"))]));
    table.replaceChildren(head, body);
  }

  // ---- Legend, tap selector, theme ------------------------------------------------------------------------------

  function legendButton(group, setting, hidden, redraw) {
    const button = document.createElement("button"), { color, dash, marker } = styleOf(group, setting);
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 38 12");
    svg.setAttribute("aria-hidden", "true");
    for (const attributes of [{ d: "M0 6H38", "stroke-dasharray": dash.join(" ") }, { d: shapes[marker], fill: color }]) {
      const path = document.createElementNS(svg.namespaceURI, "path");
      for (const [name, value] of Object.entries({ fill: "none", stroke: color, "stroke-width": 2, ...attributes })) path.setAttribute(name, value);
      svg.append(path);
    }
    button.type = "button";
    button.append(svg, group.settings[setting]);
    button.setAttribute("aria-pressed", String(!hidden.has(setting)));
    button.addEventListener("click", () => {
      if (!hidden.delete(setting)) hidden.add(setting);
      redraw();
    });
    return button;
  }

  function start(group) {
    const section = document.getElementById(group.id), hidden = new Set();
    function redraw() {
      const tap = section.querySelector(".taps input:checked")?.value;
      section.querySelector(".legend")?.replaceChildren(...group.settings.map((_, setting) => legendButton(group, setting, hidden, redraw)));
      for (const plot of group.plots) draw(group, plot, tap, hidden);
    }
    section.querySelectorAll(".taps input").forEach(input => input.addEventListener("change", redraw));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
    redraw();
  }

  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.font.size = 12;
  page.groups.forEach(start);
})();
