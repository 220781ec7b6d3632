// Momentum in a ravine, to be tried: it grows beneath the figure of damping in note 05. Without scripts the figure stands alone.
"use strict";

const RAVINE = { along: 1, across: 50, start: [-10, 1], steps: 120 };

/** Return the walk of gradient descent with momentum on (along x² + across y²) / 2. */
function walk(alpha, rho, along, across, start, steps) {
  let [x, y] = start;
  let [v, u] = [0, 0];
  const path = [[x, y]];
  for (let step = 0; step < steps; step++) {
    v = rho * v + along * x;
    u = rho * u + across * y;
    x -= alpha * v;
    y -= alpha * u;
    path.push([x, y]);
  }
  return path;
}

/** Return the factor a step in the long run: the larger modulus of the roots of r² - (1 + rho - a) r + rho. */
function factor(a, rho) {
  const half = (1 + rho - a) / 2;
  const inside = half * half - rho;
  return inside < 0 ? Math.sqrt(rho) : Math.abs(half) + Math.sqrt(inside);
}

function saysOfRavine(alpha, rho) {
  const across = factor(alpha * RAVINE.across, rho);
  const along = factor(alpha * RAVINE.along, rho);
  const worst = Math.max(across, along);
  if (worst >= 1) return `It does not arrive: the distance across grows by ${across.toFixed(2)} a step.`;
  const steps = Math.ceil(Math.log(1000) / -Math.log(worst));
  return `In the long run, a step multiplies the distance across by ${across.toFixed(3)} and along by ` +
    `${along.toFixed(3)}. After about ${steps} steps, a thousandth is left.`;
}

function growRavine(picture) {
  const form = panel("Try momentum in a ravine");
  const svg = drawn("svg", { viewBox: "-11 -3.2 22 6.4", role: "img" });
  for (const level of [1, 4, 10, 22, 40]) {
    const rx = Math.sqrt((2 * level) / RAVINE.along);
    const ry = Math.sqrt((2 * level) / RAVINE.across);
    svg.append(drawn("ellipse", { rx, ry }));
  }
  const line = drawn("polyline", {});
  svg.append(line);
  const words = status();
  const show = () => {
    const [alpha, rho] = [rate(), momentum()];
    const path = walk(alpha, rho, RAVINE.along, RAVINE.across, RAVINE.start, RAVINE.steps);
    line.setAttribute("points", asPoints(path));
    words.textContent = saysOfRavine(alpha, rho);
    svg.setAttribute("aria-label", `The walk from the left over the contours. ${words.textContent}`);
  };
  const rate = slider(form, "learning rate α ", 0.001, 0.08, 0.001, 0.038, show);
  const momentum = slider(form, "momentum ρ ", 0, 0.99, 0.01, 0, show);
  form.append(svg, words);
  below(picture, form);
  show();
}

for (const picture of document.querySelectorAll('img[src$="05-optimizers-damping.svg"]')) growRavine(picture);
