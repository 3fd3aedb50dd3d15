import { settings } from '../../state/settings.svelte';
import { showShare } from '../primitives/text';

const NOTHING = '–';

/** A share in a chart. @param share from 0 to 1; null where there is nothing to take a share of. */
export const showPart = (share: number | null): string => (share === null ? NOTHING : showShare(share));

/** A share in a table, with one decimal. */
export const showExact = (share: number | null): string =>
  share === null
    ? NOTHING
    : new Intl.NumberFormat(settings.lang, {
        style: 'percent',
        minimumFractionDigits: 1,
        maximumFractionDigits: 1,
      }).format(share);

const length = (digits: number) => (value: number) =>
  new Intl.NumberFormat(settings.lang, { maximumSignificantDigits: digits, minimumSignificantDigits: digits }).format(
    value,
  );
export const showCosine = (cosine: number): string =>
  new Intl.NumberFormat(settings.lang, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(cosine);

/** The length of a vector in words, and in a table. */
export const showLength = length(2);
export const showExactLength = length(4);
