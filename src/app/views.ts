import { readAddress, type View } from '../state/address';

export const viewOf = (): View => readAddress(location.href).view;

/** Shows the page in another way; the address keeps the lesson or recipe. */
export function goToView(view: View): void {
  const url = new URL(location.href);
  // What the other views show is chosen for them alone.
  for (const name of ['view', 'show', 'hide', 'columns']) url.searchParams.delete(name);
  if (view !== 'bench') url.searchParams.set('view', view);
  // Only a new query loads the page anew, and a reload on top of it would bring the old one back.
  if (url.search === location.search) location.reload();
  else location.assign(url);
}
