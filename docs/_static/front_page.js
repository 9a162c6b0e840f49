/* The figure of the front page, live as soon as the page is there. */

import figure, { plainModel } from "./ravine_figure.js";

for (const el of document.querySelectorAll("[data-figure=ravine]")) {
    figure.render({ model: plainModel({ alpha: 0.05, beta: 0, w_1: -3, w_2: 1 }), el });
}
