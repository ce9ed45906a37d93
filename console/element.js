/**
 * The element of the page that has this id; throws where there is none of the kind.
 *
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function element(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`The page has no ${kind.name} #${id}`);
  return found;
}

/**
 * A new element with text, which is never read as HTML.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {string | number} text
 */
export function textElement(name, text) {
  const made = document.createElement(name);
  made.textContent = String(text);
  return made;
}
