import { showNumberAs, showShare } from '../primitives/text';

const NOTHING = '–';

/** A share in a chart. @param share from 0 to 1; null where there is nothing to take a share of. */
export const showPart = (share: number | null): string => (share === null ? NOTHING : showShare(share));

const fixed = (digits: number, style: 'decimal' | 'percent' = 'decimal') => {
  const options = { style, minimumFractionDigits: digits, maximumFractionDigits: digits };
  return (value: number) => showNumberAs(value, options);
};
const exactPercent = fixed(1, 'percent');

/** A share in a table, with one decimal. */
export const showExact = (share: number | null): string => (share === null ? NOTHING : exactPercent(share));
export const showCosine = fixed(2);
export const showTimes = fixed(1);

const significant = (digits: number) => (value: number) =>
  showNumberAs(value, { maximumSignificantDigits: digits, minimumSignificantDigits: digits });
/** The length of a vector in words, and in a table. */
export const showLength = significant(2);
export const showExactLength = significant(4);

/** Any number, however small, in three digits. */
export const showSmall = (value: number): string =>
  value !== 0 && Math.abs(value) < 1e-4
    ? showNumberAs(value, { notation: 'scientific', maximumSignificantDigits: 2 })
    : showNumberAs(value, { maximumSignificantDigits: 3 });
