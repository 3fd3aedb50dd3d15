import type { flips as source } from '../en/flips';

export const flips: Readonly<Record<keyof typeof source, string>> = {
  'flips.title': '在这里改变',
  'flips.at': '到 {at}，答案变成：{text}',
  'flips.search': '寻找中，{done}／{total}',
};
