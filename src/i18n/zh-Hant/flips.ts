import type { flips as source } from '../en/flips';

export const flips: Readonly<Record<keyof typeof source, string>> = {
  'flips.title': '在這裡改變',
  'flips.at': '到 {at}，答案變成：{text}',
  'flips.search': '找尋中，{done}／{total}',
};
