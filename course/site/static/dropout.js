// Dropout's keep_prob, to be tried: it grows beneath the figure of thinned networks in note 07.
"use strict";

const UNITS = { x: [0.5, -1, 2, 1.5, 0.25, -0.5, 1, 3, -2, 0.75, 1.25, -1.5], masks: 2000, seed: 7 };

/** Return a generator of numbers in [0, 1): a linear congruence, which NumPy repeats to the last bit. */
function congruence(seed) {
  let state = seed;
  return () => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647;
  };
}

/** Return what dropout makes of x in training, where `chances` holds a number in [0, 1) for each unit. */
function drop(x, keep, chances) {
  return x.map((value, unit) => (chances[unit] < keep ? value / keep : 0));
}

/** Return the mean and the variance of the sum of all units, over many masks. */
function overMasks(x, keep, masks, seed) {
  const random = congruence(seed);
  const sums = [];
  for (let mask = 0; mask < masks; mask++) {
    const out = drop(x, keep, x.map(random));
    sums.push(out.reduce((total, value) => total + value, 0));
  }
  const mean = sums.reduce((total, sum) => total + sum, 0) / masks;
  return [mean, sums.reduce((total, sum) => total + (sum - mean) ** 2, 0) / masks];
}

function saysOfDropout(keep, kept, mean, deviation) {
  const total = UNITS.x.reduce((sum, value) => sum + value, 0);
  return `${kept} of ${UNITS.x.length} units are kept, each multiplied by ${(1 / keep).toFixed(2)}. Over ` +
    `${UNITS.masks} masks their sum is ${mean.toFixed(2)} on average, with a standard deviation of ` +
    `${deviation.toFixed(2)}; at test time it is ${total.toFixed(2)}.`;
}

function growDropout(picture) {
  const form = panel("Try keep_prob in dropout");
  const svg = drawn("svg", { viewBox: "-0.5 -7 25 14", role: "img" });
  svg.append(drawn("polyline", { points: "0,0 24,0", class: "quiet" }));
  const bars = UNITS.x.map((value, unit) => {
    const before = drawn("rect", { x: 2 * unit + 0.2, width: 0.7, y: Math.min(0, -value), height: Math.abs(value), class: "quiet" });
    const after = drawn("rect", { x: 2 * unit + 1, width: 0.7 });
    svg.append(before, after);
    return after;
  });
  const words = status();
  let draws = 0;
  const show = () => {
    const keep = probability();
    const chances = UNITS.x.map(congruence(UNITS.seed + 7919 * draws));
    const out = drop(UNITS.x, keep, chances);
    out.forEach((value, unit) => {
      const shown = Math.max(-7, Math.min(7, value));
      bars[unit].setAttribute("y", Math.min(0, -shown));
      bars[unit].setAttribute("height", Math.abs(shown));
    });
    const kept = chances.filter((chance) => chance < keep).length;
    const [mean, variance] = overMasks(UNITS.x, keep, UNITS.masks, UNITS.seed);
    words.textContent = saysOfDropout(keep, kept, mean, Math.sqrt(variance));
    svg.setAttribute("aria-label", `Twelve units before and after dropout, as bars. ${words.textContent}`);
  };
  const probability = slider(form, "keep_prob ", 0.1, 1, 0.05, 0.6, show, 2);
  const again = document.createElement("button");
  again.type = "button";
  again.textContent = "Draw another mask";
  again.addEventListener("click", () => {
    draws += 1;
    show();
  });
  form.append(again, svg, words);
  below(picture, form);
  show();
}

for (const picture of document.querySelectorAll('img[src$="07-regularisation-thinned.svg"]')) growDropout(picture);
