/** How the page is shown: the lab, to a class, inside another page, or the lecturer's notes. */
export type View = (typeof VIEWS)[number];
const VIEWS = ['bench', 'present', 'embed', 'notes'] as const;

/** What the address asks for (contract C3): a recipe in `#` wins over a lesson in `?`. */
export interface Address {
  lesson: string | null;
  /** The step's number as people count, from 1. */
  step: number;
  lang: string | null;
  view: View;
  fragment: string | null;
}

export function readAddress(href: string): Address {
  const url = new URL(href);
  const fragment = /^#\d+\./.test(url.hash) ? url.hash : null;
  const step = Number(url.searchParams.get('step') ?? 1);
  const view = VIEWS.find((one) => one === url.searchParams.get('view')) ?? 'bench';
  return {
    lesson: url.searchParams.get('lesson'),
    step: Number.isInteger(step) && step > 0 ? step : 1,
    lang: url.searchParams.get('lang'),
    view,
    fragment,
  };
}

/** The address of a step of a lesson, with the other switches of `href`. */
export function lessonAddress(href: string, lesson: string, step: number): string {
  const url = new URL(href);
  url.searchParams.set('lesson', lesson);
  if (step > 1) url.searchParams.set('step', String(step));
  else url.searchParams.delete('step');
  url.hash = '';
  return url.href;
}
