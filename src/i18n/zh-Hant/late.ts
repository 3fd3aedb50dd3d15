import type { late as source } from '../en/late';

export const late: Readonly<Record<keyof typeof source, string>> = {
  'search.title': '搜尋係數',
  'search.about': '讓實驗室試很多組，看得到什麼、失去什麼',
};
