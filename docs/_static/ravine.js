/* The ravine of lecture 6: the numbers. The same as nnlib's: SGD in nnlib/optimizers.py, and nnlib/widgets/ravine/.

   The loss is ½ wᵀHw with the eigenvalues LAM of H; the flat direction lies at ANGLE to the w₁ axis. */

export const LAM = [1, 9];
export const ANGLE = Math.PI / 6;
export const STEPS = 50;
const [COS, SIN] = [Math.cos(ANGLE), Math.sin(ANGLE)];
export const H = [
    [COS * LAM[0] * COS + SIN * LAM[1] * SIN, COS * LAM[0] * SIN - SIN * LAM[1] * COS],
    [SIN * LAM[0] * COS - COS * LAM[1] * SIN, SIN * LAM[0] * SIN + COS * LAM[1] * COS],
];

/** The path w_0, …, w_STEPS of G ← βG + g, w ← w - αG with g = Hw, as a list of points [w₁, w₂]. */
export function momentumPath(start, alpha, beta, steps = STEPS) {
    let [w1, w2] = start;
    let [G1, G2] = [0, 0];
    const path = [[w1, w2]];
    for (let t = 0; t < steps; t += 1) {
        G1 = beta * G1 + (H[0][0] * w1 + H[0][1] * w2);
        G2 = beta * G2 + (H[1][0] * w1 + H[1][1] * w2);
        w1 -= alpha * G1;
        w2 -= alpha * G2;
        path.push([w1, w2]);
    }
    return path;
}

/** The share ½ λ_i q_i² of the flat and of the steep direction in the loss of a point, where q = Qᵀw. */
export function lossByDirection([w1, w2]) {
    const q = [COS * w1 + SIN * w2, COS * w2 - SIN * w1];
    return q.map((q_i, i) => (LAM[i] * q_i ** 2) / 2);
}

/** The factor by which a direction shrinks a step in the long run: the larger |r| of r² - (1 + β - αλ) r + β = 0. */
export function rate(alphaLam, beta) {
    const half = (1 + beta - alphaLam) / 2;
    const discriminant = half ** 2 - beta;
    return discriminant < 0 ? Math.sqrt(beta) : Math.abs(half) + Math.sqrt(discriminant);
}

/** What a direction does, in a word, as lecture 6 calls it. */
export function regime(alphaLam, beta) {
    const toLimit = rounded(2 * (1 + beta) - alphaLam);
    if (toLimit <= 0) return toLimit ? "diverges" : "stalls";
    const half = rounded((1 + beta - alphaLam) / 2);
    const discriminant = rounded(half ** 2 - beta);
    if (discriminant === 0) return "is critical";
    if (discriminant < 0) return "swings";
    return half > 0 ? "creeps" : "flips";
}

/** What the figure of lecture 6 says under its picture. */
export function caption(alpha, beta, path) {
    const rates = LAM.map((lam) => rate(alpha * lam, beta));
    const [flat, steep] = LAM.map((lam, i) =>
        `${regime(alpha * lam, beta)} (α·λ = ${general(alpha * lam, 3)}, rate ${rates[i].toFixed(3)})`);
    const limit = (2 * (1 + beta)) / LAM[1];
    const verdict = rounded(alpha - limit) >= 0
        ? `No convergence: α·λ₂ = ${general(alpha * LAM[1], 3)} is not below 2(1 + β) = ${general(2 * (1 + beta), 3)}.`
        : `Stable, α is below 2(1 + β)/λ₂ = ${limit.toFixed(3)}; the larger rate decides, ${Math.max(...rates).toFixed(3)} a step.`;
    const [lossFlat, lossSteep] = lossByDirection(path.at(-1));
    return `The flat direction ${flat}, the steep one ${steep}. ${verdict} `
        + `Loss after ${path.length - 1} steps: ${number(lossFlat + lossSteep)}.`;
}

/** A number with so many digits at most, 0.5 and 1.2e-7, as Python's format "g" writes it. */
function general(x, digits) {
    if (x === 0) return "0";
    let [mantissa, exponent] = halfToEven(x, digits).split("e");
    exponent = Number(exponent);
    const shortest = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
    if (exponent < -4 || exponent >= digits) return `${shortest(mantissa)}e${exponent}`;
    return shortest(Number(`${mantissa}e${exponent}`).toFixed(Math.max(0, digits - 1 - exponent)));
}

/** x in exponential notation; a number halfway between two goes to the even one, as in Python. */
function halfToEven(x, digits) {
    const text = x.toExponential(digits - 1);
    const finer = x.toExponential(digits);
    const even = /[02468]e/.test(text);
    if (even || !/5e/.test(finer) || Number(finer) !== x) return text;
    return finer.replace(/\.?5e/, "e");
}

/** A number as captions show it: two digits, a power of ten written out. */
export function number(x) {
    const [mantissa, exponent] = general(x, 2).split("e");
    if (exponent === undefined) return mantissa.replace("-", "−");
    return `${mantissa.replace("-", "−")}·10${[...exponent].map((c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]).join("")}`;
}

/** Without what the arithmetic leaves behind the ninth decimal. */
function rounded(x) {
    return Number(x.toFixed(9));
}
