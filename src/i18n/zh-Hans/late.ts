import type { late as source } from '../en/late';

export const late: Readonly<Record<keyof typeof source, string>> = {
  'search.title': '搜索系数',
  'search.about': '让实验室试很多组，看得到什么、失去什么',
};
