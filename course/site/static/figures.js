// What the figures that can be moved share. Without scripts the pictures above them stand alone.
"use strict";

/** Return an empty panel with a name for those who hear the page. */
function panel(name) {
  const form = document.createElement("form");
  form.className = "try";
  form.setAttribute("aria-label", name);
  form.addEventListener("submit", (event) => event.preventDefault());
  return form;
}

/** Add a slider to a panel; return a function that gives its number, and shows it with so many digits. */
function slider(form, words, min, max, step, value, show, digits = 3) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  const out = document.createElement("output");
  Object.assign(input, { type: "range", min, max, step, value });
  label.append(words, input, out);
  form.append(label);
  input.addEventListener("input", show);
  return () => {
    out.value = Number(input.value).toFixed(digits);
    return Number(input.value);
  };
}

/** Return an element of SVG. */
function drawn(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** Return the line that says what is to be seen, and is read aloud when it changes. */
function status() {
  const words = document.createElement("p");
  words.setAttribute("role", "status");
  return words;
}

/** Put a panel beneath a picture of the page. */
function below(picture, form) {
  (picture.closest("figure, p") || picture).after(form);
}

/** Return points as SVG reads them; what lies far outside is drawn at the edge. */
function asPoints(path, most = 99) {
  const kept = (number) => Math.max(-most, Math.min(most, number)).toFixed(3);
  return path.map((point) => point.map(kept).join()).join(" ");
}
