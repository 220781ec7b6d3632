// A learning rate in one dimension, to be tried: it grows beneath the figure of rates in note 05.
"use strict";

const PARABOLA = { start: -3, steps: 20 };

/** Return the places of gradient descent on x² / 2. */
function descend(alpha, start, steps) {
  const path = [start];
  for (let step = 0; step < steps; step++) path.push(path[step] - alpha * path[step]);
  return path;
}

function saysOfRate(alpha) {
  const factor = 1 - alpha;
  const words = `Each step multiplies the distance from the minimum by ${factor.toFixed(2)}: `;
  if (Math.abs(factor) < 1e-9) return words + "one step arrives.";
  if (Math.abs(Math.abs(factor) - 1) < 1e-9) return words + "it jumps between two places for ever.";
  if (factor < -1) return words + "every jump is longer than the last, and the loss grows.";
  const side = factor < 0 ? "it jumps from side to side" : "it stays on one side";
  const count = Math.ceil(Math.log(1000) / -Math.log(Math.abs(factor)));
  return `${words}${side}, and after ${count} steps less than a thousandth is left.`;
}

function growRate(picture) {
  const form = panel("Try a learning rate on a parabola");
  const svg = drawn("svg", { viewBox: "-6 -9.5 26 10.5", role: "img" });
  const bowl = [];
  for (let x = -4; x <= 4.001; x += 0.1) bowl.push([x, (-x * x) / 2]);
  svg.append(drawn("polyline", { points: asPoints(bowl), class: "quiet" }));
  svg.append(drawn("polyline", { points: "7,-9 7,0.5 19,0.5", class: "quiet" }));
  const walk = drawn("polyline", {});
  const curve = drawn("polyline", {});
  svg.append(walk, curve);
  const words = status();
  const show = () => {
    const path = descend(rate(), PARABOLA.start, PARABOLA.steps);
    walk.setAttribute("points", asPoints(path.map((x) => [x, (-x * x) / 2])));
    // The loss over the steps, on a logarithmic axis from a ten-thousandth to a hundred.
    const height = (x) => Math.max(-4, Math.min(2, Math.log10((x * x) / 2 + 1e-300)));
    curve.setAttribute("points", asPoints(path.map((x, step) => [7 + 0.6 * step, -1.5 * (height(x) + 4) + 0.2])));
    words.textContent = saysOfRate(rate());
    svg.setAttribute("aria-label", `Left, the steps on the parabola; right, the loss over 20 steps. ${words.textContent}`);
  };
  const rate = slider(form, "learning rate α ", 0.05, 2.2, 0.05, 0.3, show, 2);
  form.append(svg, words);
  below(picture, form);
  show();
}

for (const picture of document.querySelectorAll('img[src$="05-optimizers-rates.svg"]')) growRate(picture);
