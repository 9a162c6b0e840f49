/* The ravine of lecture 6 as a figure that is computed in the page: sliders for α and β, a start to drag, path and loss.

   An anywidget module (https://anywidget.dev/en/afm/): `render({model, el})`, where the model holds alpha, beta, w_1 and
   w_2. The front page of the book calls it with a plain model; a notebook could with a traitlets one. */

import { ANGLE, LAM, STEPS, caption, lossByDirection, momentumPath } from "./ravine.js";

const HALF = [4.9, 2.9]; // what the plane shows: |w₁|, |w₂|
const PLANE = { width: 440, height: 300, left: 34, right: 6, top: 10, bottom: 32 };
const LOSS = { width: 360, height: 300, left: 52, right: 10, top: 10, bottom: 32 };
const LEVELS = [...Array(7).keys()].map((k) => 0.3 * 2.4 ** k);
const [SMALLEST, LARGEST] = [-9, 3]; // powers of ten on the axis of the loss
const OUTSIDE = 1e3; // a path that leaves the picture ends there
const CHOICES = [
    ["Small steps", 0.05, 0],
    ["Too large", 0.23, 0],
    ["With momentum", 0.05, 0.6],
    ["The best pair", 0.25, 0.25],
];

/** Build the figure in `el`, and draw it anew whenever the model changes. */
function render({ model, el }) {
    el.classList.add("ravine");
    el.replaceChildren();
    const plane = planePanel();
    const loss = lossPanel();
    const handle = startHandle(plane, model);
    const alpha = slider("step size α", "alpha", 0.005, 0.45, 0.005, model);
    const beta = slider("momentum β", "beta", 0, 0.99, 0.01, model);
    const text = html("p", { role: "status", class: "ravine-caption" });
    el.append(
        html("div", { class: "ravine-controls" }, alpha, beta, choices(model)),
        html("div", { class: "ravine-panels" }, plane.svg, loss.svg),
        legend(),
        text,
    );

    const draw = () => {
        const [a, b] = [model.get("alpha"), model.get("beta")];
        const start = [model.get("w_1"), model.get("w_2")];
        const path = momentumPath(start, a, b);
        drawPath(plane, path);
        drawLosses(loss, path.map(lossByDirection));
        place(handle, plane, start);
        text.textContent = caption(a, b, path);
    };
    for (const name of ["alpha", "beta", "w_1", "w_2"]) model.on(`change:${name}`, draw);
    draw();
}

export default { render };

/** A model without a kernel: what anywidget's has, for values that live in the page. */
export function plainModel(values) {
    const listeners = {};
    return {
        get: (name) => values[name],
        set: (name, value) => {
            values[name] = value;
            for (const listener of listeners[`change:${name}`] ?? []) listener();
        },
        save_changes: () => {},
        on: (event, listener) => (listeners[event] ??= []).push(listener),
    };
}

function html(tag, attributes = {}, ...children) {
    return filled(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, ...children) {
    return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
}

/** A labelled slider for one value of the model, with a read-out. */
function slider(label, name, min, max, step, model) {
    const input = html("input", { type: "range", min, max, step, id: `ravine-${name}` });
    const output = html("output", { for: input.id });
    const show = () => {
        input.value = model.get(name);
        output.textContent = model.get(name).toFixed(String(step).split(".")[1].length);
    };
    input.addEventListener("input", () => {
        model.set(name, Number(input.value));
        model.save_changes();
    });
    model.on(`change:${name}`, show);
    show();
    return html("div", { class: "ravine-slider" }, html("label", { for: input.id }, label), input, output);
}

/** Buttons for pairs of α and β worth looking at. */
function choices(model) {
    const buttons = CHOICES.map(([name, alpha, beta]) => {
        const button = html("button", { type: "button" }, name);
        button.addEventListener("click", () => {
            model.set("alpha", alpha);
            model.set("beta", beta);
            model.save_changes();
        });
        return button;
    });
    return html("div", { class: "ravine-choices", role: "group", "aria-label": "Pairs to try" }, ...buttons);
}

function legend() {
    const entry = (look, text) => html("span", { class: `ravine-key ${look}` }, text);
    return html("p", { class: "ravine-legend", "aria-hidden": "true" },
        entry("flat", "flat direction, λ₁ = 1"), entry("steep", "steep direction, λ₂ = 9"));
}

/** A panel: its svg, and x and y from values to places in it. */
function panel(box, name, [x0, x1], [y0, y1], xTicks, yTicks, xLabel, yLabel) {
    const x = (value) => box.left + ((value - x0) / (x1 - x0)) * (box.width - box.left - box.right);
    const y = (value) => box.height - box.bottom - ((value - y0) / (y1 - y0)) * (box.height - box.top - box.bottom);
    const [right, bottom] = [box.width - box.right, box.height - box.bottom];
    const id = `ravine-clip-${name}`;
    const frame = { x: box.left, y: box.top, width: right - box.left, height: bottom - box.top };
    const inside = svg("g", { "clip-path": `url(#${id})` });
    const texts = [
        ...xTicks.map(([value, text]) => svg("text", { x: x(value), y: bottom + 15, class: "middle" }, text)),
        ...yTicks.map(([value, text]) => svg("text", { x: box.left - 5, y: y(value) + 4, class: "end" }, text)),
        svg("text", { x: right, y: box.height - 4, class: "end label" }, xLabel),
        svg("text", { x: box.left + 6, y: box.top + 14, class: "label" }, yLabel),
    ];
    const root = svg("svg", { viewBox: `0 0 ${box.width} ${box.height}`, class: name },
        svg("clipPath", { id }, svg("rect", frame)), svg("rect", { ...frame, class: "frame" }), inside, ...texts);
    return { svg: root, inside, x, y, x0, x1, y0, y1, box };
}

/** The plane of w: level lines, which are ellipses, and the two directions. */
function planePanel() {
    const ticks = (values) => values.map((value) => [value, String(value).replace("-", "−")]);
    const limits = HALF.map((half) => [-half, half]);
    const made = panel(PLANE, "ravine-plane", ...limits, ticks([-4, -2, 0, 2, 4]), ticks([-2, 0, 2]), "w₁", "w₂");
    const { x, y, inside } = made;
    const turn = `rotate(${(-ANGLE * 180) / Math.PI} ${x(0)} ${y(0)})`;
    const radii = (level) => {
        const [flat, steep] = LAM.map((lam) => Math.sqrt((2 * level) / lam));
        return { rx: x(flat) - x(0), ry: y(0) - y(steep) };
    };
    for (const level of LEVELS) {
        inside.append(svg("ellipse", { cx: x(0), cy: y(0), ...radii(level), transform: turn, class: "level" }));
    }
    const line = (dx, dy, look) => svg("line",
        { x1: x(-dx), y1: y(-dy), x2: x(dx), y2: y(dy), class: `direction ${look}` });
    const [cos, sin] = [6 * Math.cos(ANGLE), 6 * Math.sin(ANGLE)];
    made.path = svg("polyline", { class: "path" });
    made.points = svg("g", { class: "points" });
    inside.append(line(cos, sin, "flat"), line(-sin, cos, "steep"), made.path, made.points);
    made.svg.setAttribute("role", "group");
    made.svg.setAttribute("aria-label", "The path of w on the level lines of the loss");
    return made;
}

/** The loss of each direction over the steps, on a logarithmic axis. */
function lossPanel() {
    const xTicks = [0, 10, 20, 30, 40, 50].map((step) => [step, String(step)]);
    const yTicks = [[-9, "10⁻⁹"], [-6, "10⁻⁶"], [-3, "10⁻³"], [0, "1"], [3, "10³"]];
    const made = panel(LOSS, "ravine-loss", [0, STEPS], [SMALLEST, LARGEST], xTicks, yTicks, "step t", "");
    made.lines = ["flat", "steep"].map((look) => svg("polyline", { class: `loss ${look}` }));
    made.marks = ["flat", "steep"].map((look) => svg("g", { class: `marks ${look}` }));
    made.inside.append(...made.lines, ...made.marks);
    made.svg.append(svg("text", { x: LOSS.width - LOSS.right - 6, y: LOSS.top + 14, class: "end label" }, "loss ½ λᵢ qᵢ²"));
    made.svg.setAttribute("role", "img");
    made.svg.setAttribute("aria-label", "The loss of both directions at each step, which the text below sums up");
    return made;
}

/** The start of the path: a diamond to drag, or to move with the arrow keys. */
function startHandle(plane, model) {
    const diamond = svg("path", { d: "M0,-9 L9,0 L0,9 L-9,0 Z" });
    const handle = svg("g", { class: "start", tabindex: 0, role: "slider", "aria-label": "start of the path, w",
        "aria-valuemin": -HALF[0], "aria-valuemax": HALF[0] }, svg("circle", { r: 20, class: "reach" }), diamond);
    plane.svg.append(handle);
    const move = (w_1, w_2) => {
        const inside = (value, half) => Number(Math.min(half - 0.1, Math.max(0.1 - half, value)).toFixed(2));
        model.set("w_1", inside(w_1, HALF[0]));
        model.set("w_2", inside(w_2, HALF[1]));
        model.save_changes();
    };
    const moveTo = (event) => {
        const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(plane.svg.getScreenCTM().inverse());
        move(valueAt(at.x, plane.x, plane.x0, plane.x1), valueAt(at.y, plane.y, plane.y0, plane.y1));
    };
    handle.addEventListener("pointerdown", (event) => handle.setPointerCapture(event.pointerId));
    handle.addEventListener("pointermove", (event) => handle.hasPointerCapture(event.pointerId) && moveTo(event));
    plane.inside.addEventListener("click", moveTo);
    handle.addEventListener("keydown", (event) => {
        const arrow = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] }[event.key];
        if (!arrow) return;
        event.preventDefault();
        move(model.get("w_1") + arrow[0], model.get("w_2") + arrow[1]);
    });
    return handle;
}

/** The inverse of the linear map `place` from [low, high]. */
function valueAt(position, place, low, high) {
    return low + ((position - place(low)) / (place(high) - place(low))) * (high - low);
}

function place(handle, { x, y }, [w_1, w_2]) {
    handle.setAttribute("transform", `translate(${x(w_1)} ${y(w_2)})`);
    const text = [w_1, w_2].map((value) => value.toFixed(1).replace("-", "−"));
    handle.setAttribute("aria-valuenow", w_1);
    handle.setAttribute("aria-valuetext", `w₁ = ${text[0]}, w₂ = ${text[1]}`);
}

function drawPath({ path, points, x, y }, iterates) {
    const last = iterates.findIndex((w) => Math.max(...w.map(Math.abs)) > OUTSIDE);
    const shown = last < 0 ? iterates : iterates.slice(0, last + 1);
    path.setAttribute("points", shown.map(([w_1, w_2]) => `${x(w_1)},${y(w_2)}`).join(" "));
    points.replaceChildren(...shown.map(([w_1, w_2]) => svg("circle", { cx: x(w_1), cy: y(w_2), r: 2.4 })));
}

function drawLosses({ lines, marks, x, y }, losses) {
    for (const [i, line] of lines.entries()) {
        const at = losses.map((loss, t) => [x(t), y(Math.min(6, Math.max(-12, Math.log10(loss[i] || 1e-12))))]);
        line.setAttribute("points", at.map((point) => point.join(",")).join(" "));
        const marked = at.filter((_, t) => t % 10 === 5 * i);
        marks[i].replaceChildren(...marked.map(([cx, cy]) => (i
            ? svg("rect", { x: cx - 3.2, y: cy - 3.2, width: 6.4, height: 6.4 })
            : svg("circle", { cx, cy, r: 3.4 }))));
    }
}
