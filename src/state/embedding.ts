import type { Step } from '../core/lesson/types';
import type { Recipe } from '../core/recipe/types';
import { defaultColumns, MERGED, referenceColumn } from './keys';
import { forOthers } from './parts';

/** As many answers as stand beside each other in 600 px. */
const MAX_COLUMNS = 4;
const COLUMN = /^column-(\w+)$/;

/**
 * The answers of an embedded panel: those that the address names in `columns=`, else those that the step is about, else
 * the reference and the merged one. The merged one is always among them.
 */
export function embedColumns(recipe: Recipe, step: Pick<Step, 'highlight'> | null, href: string): string[] {
  const all = [...Object.keys(recipe.models), MERGED];
  const own = recipe.view?.columns ?? defaultColumns(recipe, all.length);
  const named = (new URL(href).searchParams.get('columns') ?? '').split(',');
  const lit = (step?.highlight ?? []).flatMap((id) => COLUMN.exec(id)?.[1] ?? []);
  const usual = step === null && own.length <= MAX_COLUMNS ? own : [referenceColumn(recipe, own)];
  const wanted = [named, lit, usual]
    .map((list) => all.filter((alias) => alias !== MERGED && list.includes(alias)))
    .find((list) => list.length > 0);
  return [...(wanted ?? []).slice(0, MAX_COLUMNS - 1), MERGED];
}

/** The address of the embedded panel. @param href of a step or a bench, as it is shared */
export function embedAddress(href: string, columns: readonly string[]): string {
  const url = new URL(forOthers(href));
  url.searchParams.set('view', 'embed');
  url.searchParams.set('columns', columns.join(','));
  return url.href.replaceAll('%2C', ',');
}

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/**
 * HTML for another page. Scripts need the lab's own origin for its workers and files; links open outside the sandbox; no
 * `allow`, because the panel uses nothing that a frame must be allowed.
 */
export const embedHtml = (address: string, title: string): string =>
  [
    `<iframe src="${escapeHtml(address)}"`,
    `title="${escapeHtml(title)}"`,
    'width="600" height="400" loading="lazy" referrerpolicy="no-referrer"',
    'sandbox="allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox"',
    'style="border: 0; max-width: 100%"></iframe>',
  ].join('\n  ');
