import type { Step } from '../core/lesson/types';

/** What the present view can show, by the names that `show=` and `hide=` of the address take. */
export const PARTS = [
  'words',
  'claims',
  'formula',
  'method',
  'sliders',
  'prompt',
  'answers',
  'top5',
  'rates',
  'without',
  'microscope',
] as const;
export type Part = (typeof PARTS)[number];

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
  if (featuredSliders(step).length > 0) parts.push('sliders');
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

export function readChosen(href: string): Chosen {
  const { searchParams } = new URL(href);
  const list = (name: string): Part[] => {
    const names = (searchParams.get(name) ?? '').split(',').map((part) => part.trim());
    return PARTS.filter((part) => names.includes(part));
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

/** What is on the screen at a step. Chosen by hand comes before what the step is about. */
export function partsOf(step: Step | null, { show, hide }: Chosen): ReadonlySet<Part> {
  return new Set([...partsOfStep(step), ...show].filter((part) => !hide.includes(part)));
}

/** The choice after a part was switched on or off at a step. */
export function toggled(chosen: Chosen, step: Step | null, part: Part): Chosen {
  const without = (list: readonly Part[]): Part[] => list.filter((one) => one !== part);
  const next: Chosen = { show: without(chosen.show), hide: without(chosen.hide) };
  const wanted = !partsOf(step, chosen).has(part);
  if (partsOf(step, next).has(part) === wanted) return next;
  return wanted ? { ...next, show: [...next.show, part] } : { ...next, hide: [...next.hide, part] };
}

/** The address that others open: the bench, not the lecturer's view of it. */
export function forOthers(href: string): string {
  const url = new URL(href);
  for (const name of ['view', 'show', 'hide', 'columns']) url.searchParams.delete(name);
  return url.href;
}
