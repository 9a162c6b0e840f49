"""What would keep somebody from reading a page: the findings that axe calls serious or critical."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# Contrast takes most of axe's time: a lecture has thousands of words and symbols, in few colours. Of the texts that
# look the same before the same elements, as axe itself finds them, it measures the first one.
RUN = """within => {
    const LOOK = ['color', 'backgroundColor', 'backgroundImage', 'opacity', 'filter', 'mixBlendMode', 'textShadow',
                  'fontSize', 'fontWeight', 'visibility'];
    const looks = new Map();
    const lookOf = element => {
        if (!looks.has(element)) {
            const style = getComputedStyle(element);
            looks.set(element, [element.tagName, element.getAttribute('class'), ...LOOK.map(name => style[name])]);
        }
        return looks.get(element);
    };
    const textOf = element => [...element.childNodes].filter(node => node.nodeType === Node.TEXT_NODE)
        .map(node => node.data.trim()).join('');

    document.querySelectorAll('[data-looks-like-another]').forEach(e => e.removeAttribute('data-looks-like-another'));
    axe.setup(document.documentElement);
    const seen = new Set();
    for (const element of [...document.querySelectorAll(`:is(${within}), :is(${within}) *`)].filter(textOf)) {
        const behind = axe.commons.dom.getTextElementStack(element).map(line => line.map(lookOf));
        // axe is not sure about a single character
        const look = JSON.stringify([textOf(element).length > 1, lookOf(element), behind]);
        if (seen.has(look)) element.setAttribute('data-looks-like-another', '');
        seen.add(look);
    }
    axe.teardown();
    axe.configure({rules: [{id: 'color-contrast', selector: ':not([data-looks-like-another])'}]});
    return axe.run(within, {resultTypes: ['violations']}).then(results => results.violations);
}"""


def barriers(page: Page, within: str = "html") -> list[str]:
    """What axe calls serious or critical in the elements that a selector chooses: rule and element of each finding."""
    page.evaluate(Axe().axe_script)
    return [
        f"{violation['id']}: {node['html']}"
        for violation in page.evaluate(RUN, within)
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
