import type { outputs as source } from '../en/outputs';

export const outputs: Readonly<Record<keyof typeof source, string>> = {
  'rates.starting': '準備開始數…',
  'rates.counting': '{column}：{total} 題已答 {done} 題',
  'rates.progress': '已經數過的回答',
};
