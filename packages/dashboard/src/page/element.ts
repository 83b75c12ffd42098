/** An element of the page's own HTML. */
export function elementById(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

/** A new element with children; text is always text, never HTML. */
export function element(tag: string, children: readonly (Node | string)[] = [], className = ""): HTMLElement {
  const made = document.createElement(tag);
  if (className !== "") made.className = className;
  made.append(...children);
  return made;
}
