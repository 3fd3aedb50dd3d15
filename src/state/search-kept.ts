/** Where a search is kept until the tab is closed. */
export const SEARCH_KEY = 'search';

/** Whether this tab has kept one, before anything of it is loaded. */
export function searchKept(): boolean {
  try {
    return (sessionStorage.getItem(SEARCH_KEY) ?? '') !== '';
  } catch {
    // Storage may be forbidden (private windows, sandboxed frames); then nothing is kept.
    return false;
  }
}
