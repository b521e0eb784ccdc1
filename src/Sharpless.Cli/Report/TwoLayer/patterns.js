// Draws activation patterns of two students side by side, at the time that a slider tells (see PatternPanel.cs).
"use strict";
(() => {
  const experiments = JSON.parse(document.getElementById("patterns").textContent);
  const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const isOn = (bytes, bit) => bytes[bit >> 3] >> (bit & 7) & 1;
  const bytesOf = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));

  function start(panel) {
    const experiment = experiments[panel.dataset.experiment], { units, students } = experiment;
    const choice = panel.querySelector("select"), slider = panel.querySelector("input"), output = panel.querySelector("output");
    const first = bytesOf(students[0].on[0]), points = first.length * 8 / units | 0;
    const column = Array.from({ length: units }, (_, unit) => unit);
    const busy = column.map(unit => { let count = 0; for (let point = 0; point < points; point++) count += isOn(first, point * units + unit); return count; });
    column.sort((a, b) => busy[b] - busy[a] || a - b);

    function canvasOf(figure, kind, height) {
      const canvas = figure.querySelector(kind), ratio = devicePixelRatio || 1, width = canvas.clientWidth || 600;
      canvas.width = width * ratio;
      canvas.height = height * ratio;
      const context = canvas.getContext("2d");
      context.scale(ratio, ratio);
      return { canvas, context, width, height };
    }

    function drawPattern(figure, student, time) {
      const { canvas, context, width, height } = canvasOf(figure, ".pattern", 10 * points), bytes = bytesOf(student.on[time]), wide = width / units, high = height / points;
      const on = css("--accent"), off = css("--line");
      let ink = 0;
      for (let point = 0; point < points; point++) {
        for (let place = 0; place < units; place++) {
          const lit = isOn(bytes, point * units + column[place]);
          ink += lit;
          context.fillStyle = lit ? on : off;
          context.fillRect(place * wide, point * high, Math.max(wide - 1, 1), high - 1);
        }
      }
      canvas.dataset.on = ink;
    }

    function drawHistogram(figure, student, time) {
      const { context, width, height } = canvasOf(figure, ".histogram", 90), bins = student.histograms[time], high = Math.max(...bins), wide = width / bins.length;
      bins.forEach((count, bin) => {
        context.fillStyle = css(bin < bins.length / 2 ? "--muted" : "--accent");
        context.fillRect(bin * wide, height - count / high * height, wide - 1, count / high * height);
      });
      context.fillStyle = css("--ink");
      context.fillRect(width / 2 - 0.5, 0, 1, height);
    }

    function draw() {
      const time = +slider.value, shown = [students[0], students[choice.selectedIndex + 1]];
      output.textContent = shown[0].at[time].iteration;
      panel.querySelectorAll("figure").forEach((figure, side) => {
        const { active, rank, trainLoss } = shown[side].at[time];
        figure.querySelector("span").textContent = `${active} active units, rank ${rank}, train loss ${trainLoss.toPrecision(2)}`;
        drawPattern(figure, shown[side], time);
        drawHistogram(figure, shown[side], time);
      });
    }

    choice.selectedIndex = choice.length - 1;
    // The middle is where the regularizer ends.
    slider.value = Math.round(slider.max / 2);
    choice.addEventListener("change", draw);
    slider.addEventListener("input", draw);
    addEventListener("resize", draw);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    draw();
  }

  document.querySelectorAll(".patterns").forEach(start);
})();
