import type { Step } from '../core/lesson/types';

/** What the present view can show, by the names that `show=` and `hide=` of the address take. */
export const PARTS = [
  'words',
  'claims',
  'formula',
  'method',
  'arrows',
  'sliders',
  'prompt',
  'answers',
  'top5',
  'rates',
  'without',
  'microscope',
] as const;
/** A column is a part of its own: `column-base`. */
export type Part = (typeof PARTS)[number] | `column-${string}`;
export const columnPart = (alias: string): Part => `column-${alias}`;

const USUAL: readonly Part[] = ['words', 'claims', 'formula', 'prompt', 'answers'];

const SLIDER = /^slider-(\w+)$/;

/** The sliders that a step is about: those it highlights, else those it asks to move; none: it is about something else. */
export function featuredSliders(step: Pick<Step, 'highlight' | 'move'> | null): string[] {
  const lit = (step?.highlight ?? []).flatMap((id) => SLIDER.exec(id)?.[1] ?? []);
  if (lit.length > 0) return lit;
  return [...new Set((step?.move ?? []).flatMap((action) => (action.kind === 'set' ? [action.alias] : [])))];
}

/** What a step is about. */
function partsOfStep(step: Step | null): Part[] {
  if (!step) return [...USUAL, 'sliders'];
  const lit = step.highlight ?? [];
  const about = (test: RegExp): boolean => lit.some((id) => test.test(id));
  // A table or a map that fills the screen says itself what the claims say of it.
  if (about(/^rates/)) return ['words', 'rates'];
  if (about(/^(microscope|scope)/)) return ['words', 'formula', 'microscope'];
  if (step.check.length === 0 && lit.length === 0) return ['words', 'claims'];
  const parts: Part[] = [...USUAL];
  const hasSliders = featuredSliders(step).length > 0;
  if (hasSliders) parts.push('sliders');
  // A slider stretches an arrow; a step that compares models says how they are added up.
  if (hasSliders || (about(/^column-/) && !about(/^(prompt|formula)/))) parts.push('arrows');
  if (step.check.some(({ kind }) => kind === 'rate')) parts.push('rates');
  if (about(/^method/)) parts.push('method');
  if (about(/^ablation/)) parts.push('without');
  return parts;
}

/** The person's own choice, as the address has it. */
export interface Chosen {
  readonly show: readonly Part[];
  readonly hide: readonly Part[];
}

const COLUMN = /^column-\w+$/;

export function readChosen(href: string): Chosen {
  const { searchParams } = new URL(href);
  const list = (name: string): Part[] => {
    const names = (searchParams.get(name) ?? '').split(',').map((part) => part.trim());
    const columns = [...new Set(names)].filter((one): one is Part => COLUMN.test(one));
    return [...PARTS.filter((part) => names.includes(part)), ...columns];
  };
  return { show: list('show'), hide: list('hide') };
}

/** The address with that choice, and all else as it was. */
export function writeChosen(href: string, { show, hide }: Chosen): string {
  const url = new URL(href);
  for (const [name, parts] of [
    ['show', show],
    ['hide', hide],
  ] as const)
    if (parts.length > 0) url.searchParams.set(name, parts.join(','));
    else url.searchParams.delete(name);
  return url.href;
}

/**
 * What is on the screen at a step. Chosen by hand comes before what the step is about.
 * @param columns those that the step speaks of
 */
export function partsOf(step: Step | null, { show, hide }: Chosen, columns: readonly string[] = []): ReadonlySet<Part> {
  const own = [...partsOfStep(step), ...columns.map(columnPart)];
  return new Set([...own, ...show].filter((part) => !hide.includes(part)));
}

/** The choice after a part was switched on or off at a step. */
export function toggled(chosen: Chosen, step: Step | null, part: Part, columns: readonly string[] = []): Chosen {
  const without = (list: readonly Part[]): Part[] => list.filter((one) => one !== part);
  const next: Chosen = { show: without(chosen.show), hide: without(chosen.hide) };
  const wanted = !partsOf(step, chosen, columns).has(part);
  if (partsOf(step, next, columns).has(part) === wanted) return next;
  return wanted ? { ...next, show: [...next.show, part] } : { ...next, hide: [...next.hide, part] };
}

/** The address that others open: the bench, not the lecturer's view of it. */
export function forOthers(href: string): string {
  const url = new URL(href);
  for (const name of ['view', 'show', 'hide', 'columns']) url.searchParams.delete(name);
  return url.href;
}
