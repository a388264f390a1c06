/** What can be measured on any screen. */

/** What can be tapped, each with its size in pixels and a name to report it by. */
export async function targets(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll("button, a[href], input, label:has(input)")]
      .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !(one.matches("input") && one.closest("label")))
      .map((one) => {
        const box = one.getBoundingClientRect();
        const primary = one.matches(".button-primary, .next");
        return { name: one.ariaLabel ?? one.textContent ?? one.className, width: box.width, height: box.height, primary };
      }),
  );
}

/** Runs in the page: what is wider than its place, or beyond the page's edge. */
export function overflowing() {
  const found = [];
  const kiosk = document.querySelector(".kiosk");
  if (kiosk.scrollWidth > kiosk.clientWidth + 1) {
    found.push(`the page is ${kiosk.scrollWidth} px wide in ${kiosk.clientWidth}`);
  }
  for (const one of kiosk.querySelectorAll("button, h1, h2, p, .line-amount, .total-amount")) {
    if (one.closest(".hidden") || one.matches(".hidden, .label") || !one.checkVisibility()) {
      continue;
    }
    if (one.scrollWidth > one.clientWidth + 2 && getComputedStyle(one).display !== "inline") {
      found.push(`“${one.textContent.slice(0, 40)}” needs ${one.scrollWidth} px and has ${one.clientWidth}`);
    }
  }
  return found;
}
