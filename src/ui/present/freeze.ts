import type { FocusKind } from '../../state/present-keys';

/** Tokens of an answer only choose what is looked at, and their letters must stay readable. */
const CONTROLS =
  'button, input, select, textarea, a[href], summary, [role="button"]:not(.token), [contenteditable="true"]';

/**
 * Locks every control below `root` that is not `allowed`, those that come later too: neither pointer, keyboard nor
 * reading aids find them.
 * @returns what unlocks them
 */
export function lockControls(root: Element, allowed: (control: Element) => boolean): () => void {
  const locked = new Set<HTMLElement>();
  const lock = (): void => {
    for (const control of root.querySelectorAll<HTMLElement>(CONTROLS)) {
      if (control.inert || allowed(control)) continue;
      control.inert = true;
      locked.add(control);
    }
  };
  lock();
  const observer = new MutationObserver(lock);
  observer.observe(root, { childList: true, subtree: true });
  return () => {
    observer.disconnect();
    for (const control of locked) control.inert = false;
  };
}

const BUTTON_TYPES = ['checkbox', 'button', 'submit', 'reset', 'file', 'color', 'image'];

/** @returns what has the focus, by the keys that it needs itself. */
export function focusKind(element: Element | null): FocusKind {
  if (element instanceof HTMLInputElement) {
    if (BUTTON_TYPES.includes(element.type)) return 'button';
    return ['range', 'radio'].includes(element.type) ? 'arrows' : 'text';
  }
  if (element instanceof HTMLTextAreaElement) return 'text';
  if (element instanceof HTMLElement && element.isContentEditable) return 'text';
  if (element instanceof HTMLSelectElement || element?.matches('.token, [role="slider"]')) return 'arrows';
  return element?.matches('button, a[href], summary, [role="button"]') ? 'button' : 'none';
}
