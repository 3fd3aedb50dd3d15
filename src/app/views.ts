import { readAddress, type View } from '../state/address';

export const viewOf = (): View => readAddress(location.href).view;

/** Shows the page in another way; the address keeps the lesson or recipe. */
export function goToView(view: View): void {
  const url = new URL(location.href);
  // What the other views show is chosen for them alone.
  for (const name of ['view', 'show', 'hide', 'columns']) url.searchParams.delete(name);
  if (view !== 'bench') url.searchParams.set('view', view);
  location.assign(url);
  // Only a new query loads the page anew; with a fragment in it, that has to be asked for.
  if (url.hash !== '') location.reload();
}
